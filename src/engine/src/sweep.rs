//! What time does to the books: holds past their deadline give their units back, and what was
//! remembered long enough is forgotten. Bounded work per lock.

use crate::Engine;
use crate::routing::ShardSet;
use crate::section::Section;
use crate::shard::Books;
use ledger::{Command, Millis, ReservationId};

/// The most holds that one step gives back: a shard is locked meanwhile.
const STEP_EXPIRIES: usize = 128;

/// While so much waits for the disk, a tick is one step: what is asked meanwhile would wait for all of it.
const PRESSED_BYTES: usize = 128 << 10;

/// The most sales that one step turns.
const STEP_TURNS: usize = 100;

/// The most remembered things that one step forgets.
const STEP_FORGOTTEN: usize = 2_000;

impl Engine {
    /// One pass over all shards; to be called every few milliseconds. Says whether there is more
    /// to do sooner.
    pub fn tick(&self) -> bool {
        let mut more = false;
        let mut unlocked = ShardSet::default();
        for shard in 0..self.routing.shards() {
            // The buffer belongs to requests first.
            let waiting = self.commit.waiting_bytes();
            if waiting < self.options.commit_buffer_bytes {
                more |= self.sweep_shard(shard, &mut unlocked) >= STEP_EXPIRIES && waiting < PRESSED_BYTES;
            }
            more |= self.forget(shard);
            unlocked = unlocked.with(ShardSet::one(shard));
        }
        self.look_again(unlocked);
        more
    }

    /// Sweeps one step in each of these shards. Returns how many holds gave their units back.
    pub(crate) fn sweep_shards(&self, shards: ShardSet, unlocked: &mut ShardSet) -> usize {
        shards.iter().map(|shard| self.sweep_shard(shard, unlocked)).sum()
    }

    fn sweep_shard(&self, shard: u8, unlocked: &mut ShardSet) -> usize {
        let mut section = Section::lock(self, shard, ShardSet::one(shard));
        let now = section.stamp(self.clock.now());
        self.turn_sales(&mut section, now);
        let due = due(section.home_books(), now);
        let mut expired = 0;
        let mut over_several = Vec::new();
        for id in due {
            match self.expire(&mut section, &id, now) {
                Ok(done) => expired += usize::from(done),
                Err(_wider) => over_several.push(id),
            }
        }
        // Carts whose home is elsewhere: their row is not in these books.
        let away = section.home_books().away.range(..=(now, max_id()));
        over_several.extend(away.take(STEP_EXPIRIES).map(|(_, id)| id.clone()));
        drop(section);
        *unlocked = unlocked.with(ShardSet::one(shard));
        expired + over_several.iter().filter(|id| self.expire_over_several(id, unlocked)).count()
    }

    /// Tells what time has done to the sales of a shard.
    fn turn_sales(&self, section: &mut Section<'_>, now: Millis) {
        if self.space.is_low() {
            // Told when there is room for it again; what is asked meanwhile is judged by the time.
            return;
        }
        let keep = self.options.policy.keep_history;
        let due: Vec<_> = section.home_books().ledger.due_sales(now, keep).take(STEP_TURNS).cloned().collect();
        for sale in due {
            // Where there is no room for it now, the next tick tells it.
            self.carry_out(section, &Command::TurnSale(sale), now);
        }
    }

    fn expire_over_several(&self, id: &ReservationId, unlocked: &mut ShardSet) -> bool {
        let Some(place) = self.directory.find(id) else { return false };
        let mut shards = place.shards;
        loop {
            let mut section = Section::lock(self, place.home, shards);
            let now = section.stamp(self.clock.now());
            let outcome = self.expire(&mut section, id, now);
            drop(section);
            *unlocked = unlocked.with(shards);
            match outcome {
                Ok(done) => return done,
                Err(wider) => shards = shards.with(wider),
            }
        }
    }

    /// Forgets what is older than the window or over the cap.
    fn forget(&self, shard: u8) -> bool {
        let horizon = Millis(self.clock.now().0.saturating_sub(self.options.idempotency_window.0));
        let most = self.options.keys_per_shard(self.routing);
        let mut books = self.shards[shard as usize].books.lock();
        let stored = books.stored_until(self.applied_mark());
        if books.ledger.totals().ended_reservations > most.saturating_mul(2) as u64 {
            // They go, whether or not the projection has them: who asks for one must wait for it.
            self.note_forgotten(books.last_lsn);
        }
        let mut forgotten = 0;
        while forgotten < STEP_FORGOTTEN {
            let ended = books.ledger.forget_ended(horizon, most, stored);
            let refused = books.refusals.forget(horizon, most);
            let adjusted = books.ledger.forget_adjusted(horizon, most);
            for id in ended.iter().chain(&refused) {
                self.directory.forget(id);
            }
            if ended.is_none() && refused.is_none() && !adjusted {
                break;
            }
            forgotten += 1;
        }
        forgotten == STEP_FORGOTTEN
    }
}

fn due(books: &Books, now: Millis) -> Vec<ReservationId> {
    books.ledger.due(now).take(STEP_EXPIRIES).map(|(_, id)| id).collect()
}

/// Sorts after every id.
fn max_id() -> ReservationId {
    ReservationId::parse(&"z".repeat(64)).expect("64 letters are an identifier, and none sorts after it")
}
