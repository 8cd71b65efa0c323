//! One step: stamp the time, look the request up, decide, log, apply. Written once for one shard
//! and for several; runs under the locks of a [`Section`] and does no I/O.

use crate::Engine;
use crate::records;
use crate::request::{Answer, Request, StockView, Unavailable};
use crate::routing::{Place, ShardSet};
use crate::section::Section;
use ledger::{Applied, Books, Command, Event, EventKind, Millis, Outcome, Refusal, ReservationId, Reserve, Sku, State};
use std::sync::atomic::Ordering;
use wal::Lsn;

/// What later verbs may add to a reservation's record, an order above all: a hold that is taken can
/// always be settled.
const VERB_HEADROOM_BYTES: usize = 1024;

/// What a step came to.
pub(crate) enum Verdict {
    /// The answer, to be given once the LSN is durable.
    Answered(Lsn, Answer),
    /// The request touches shards that are not locked: lock these too.
    Wider(ShardSet),
    /// It falls short, and holds are due: sweep, then decide again.
    SweepFirst,
}

impl Engine {
    pub(crate) fn step(&self, section: &mut Section<'_>, request: &Request, may_sweep: bool) -> Verdict {
        let now = section.stamp(self.clock.now());
        match request {
            Request::Command(command) => self.step_command(section, command, now, may_sweep),
            Request::Reservation(id) => {
                let seen = section.reservation(id).map(|known| Box::new(ledger::view(known, now)));
                Verdict::Answered(section.mark(), Answer::Reservation(seen))
            }
            Request::Stock(skus) => {
                let found = skus.iter().map(|sku: &Sku| section.stock(sku).cloned()).collect();
                let as_of = section.mark();
                Verdict::Answered(as_of, Answer::Stock(StockView { found, as_of }))
            }
        }
    }

    fn step_command(&self, section: &mut Section<'_>, command: &Command, now: Millis, may_sweep: bool) -> Verdict {
        if let Some(wider) = self.missing_shards(section, command) {
            return Verdict::Wider(wider);
        }
        if let Command::Reserve(reserve) = command {
            return self.step_reserve(section, command, reserve, now, may_sweep);
        }
        let (gate, answer) = self.carry_out(section, command, now);
        Verdict::Answered(gate, answer)
    }

    /// A verb on a reservation touches the buckets of its lines, wherever they are.
    fn missing_shards(&self, section: &Section<'_>, command: &Command) -> Option<ShardSet> {
        if self.routing.shards() == 1 {
            return None;
        }
        let id = match command {
            Command::Confirm(confirm) => &confirm.id,
            Command::Release(id) | Command::Extend(id, _) | Command::Expire(id) => id,
            Command::Reserve(_) | Command::SetStock(_) | Command::Adjust(_) => return None,
        };
        let shards = self.routing.of_reservation(section.reservation(id)?).shards;
        (!section.shards().covers(shards)).then_some(shards)
    }

    fn step_reserve(
        &self,
        section: &mut Section<'_>,
        command: &Command,
        reserve: &Reserve,
        now: Millis,
        may_sweep: bool,
    ) -> Verdict {
        if let Some(refusal) = section.home_books().refusals.replay(&reserve.id, &reserve.print) {
            self.directory.settle(&reserve.id, None);
            self.metrics.replayed.increment(1);
            return Verdict::Answered(section.mark(), Answer::Outcome(Outcome::Refused(refusal)));
        }
        let (gate, answer) = self.carry_out(section, command, now);
        let kept = match &answer {
            Answer::Outcome(Outcome::Refused(Refusal::InsufficientStock { shortfalls, .. })) => {
                if section.has_due(now) {
                    if may_sweep {
                        return Verdict::SweepFirst;
                    }
                    // More is due than one request may sweep, or there is no room to log it:
                    // "sold out" would be remembered, and untrue.
                    let unavailable = self.may_change(section, command).err().unwrap_or(Unavailable::QueueFull);
                    self.directory.settle(&reserve.id, None);
                    return Verdict::Answered(Lsn::default(), Answer::Unavailable(unavailable));
                }
                self.metrics.insufficient_stock.increment(1);
                section.home_books().refusals.put(&reserve.id, reserve.print, shortfalls, now);
                Some(Place::at(section.home()))
            }
            Answer::Outcome(Outcome::Reserved(reservation)) => {
                let shards = self.routing.of_reservation(reservation).shards.with(ShardSet::one(section.home()));
                Some(Place { home: section.home(), shards })
            }
            _ => None,
        };
        self.directory.settle(&reserve.id, kept);
        Verdict::Answered(gate, answer)
    }

    /// Decides, and if something changes: logs and applies it.
    fn carry_out(&self, section: &mut Section<'_>, command: &Command, now: Millis) -> (Lsn, Answer) {
        let decision = ledger::decide(section, &self.options.policy, command, now);
        let Some(event) = decision.event else {
            self.count_unchanged(&decision.outcome);
            return (section.mark(), Answer::Outcome(decision.outcome));
        };
        if let Err(unavailable) = self.may_change(section, command) {
            return (Lsn::default(), Answer::Unavailable(unavailable));
        }
        match self.commit_event(section, &event, now) {
            Some(lsn) => (lsn, Answer::Outcome(decision.outcome)),
            None => (Lsn::default(), Answer::Outcome(Outcome::Refused(records::too_large()))),
        }
    }

    /// Whether there is room for what a command decided. Settling goes on when new holds cannot.
    fn may_change(&self, section: &Section<'_>, command: &Command) -> Result<(), Unavailable> {
        let waiting = self.commit.waiting_bytes();
        let settles =
            matches!(command, Command::Confirm(_) | Command::Release(_) | Command::Extend(..) | Command::Expire(_));
        let most = if settles { self.options.commit_buffer_bytes * 2 } else { self.options.commit_buffer_bytes };
        let low = self.space.is_low();
        let capped = match command {
            Command::Reserve(_) => self.live.load(Ordering::Relaxed) >= self.options.max_reservations,
            Command::SetStock(set) => section.stock(&set.sku).is_none() && section.skus() >= self.skus_per_shard(),
            _ => false,
        };
        if capped || (low && (!settles || waiting >= most)) {
            self.metrics.storage_full.increment(1);
            return Err(Unavailable::StorageFull);
        }
        if waiting >= most {
            self.metrics.queue_full.increment(1);
            return Err(Unavailable::QueueFull);
        }
        Ok(())
    }

    /// Hashing spreads the SKUs evenly; a shard of a few need not be full to the unit.
    fn skus_per_shard(&self) -> u64 {
        self.options.max_skus.div_ceil(u64::from(self.routing.shards()))
    }

    /// `None`, and nothing has changed, when the event does not fit a frame.
    fn commit_event(&self, section: &mut Section<'_>, event: &Event, now: Millis) -> Option<Lsn> {
        let mut scratch = std::mem::take(&mut section.home_books().scratch);
        scratch.clear();
        records::encode(event, &mut scratch);
        let headroom = if event.kind == EventKind::Held { VERB_HEADROOM_BYTES } else { 0 };
        let lsn = self.commit.can_hold(scratch.len() + headroom).then(|| self.commit.append(&scratch));
        section.home_books().scratch = scratch;
        let lsn = lsn?;
        section.apply(event, lsn);
        self.count_event(event, now);
        Some(lsn)
    }

    /// Ends one hold that is due, if it still is. Says whether it did; `Err` with the shards that
    /// must be locked too.
    pub(crate) fn expire(&self, section: &mut Section<'_>, id: &ReservationId, now: Millis) -> Result<bool, ShardSet> {
        let command = Command::Expire(id.clone());
        if let Some(wider) = self.missing_shards(section, &command) {
            return Err(wider);
        }
        let (_, answer) = self.carry_out(section, &command, now);
        Ok(matches!(answer, Answer::Outcome(Outcome::Reservation { .. })))
    }

    fn count_event(&self, event: &Event, now: Millis) {
        let metrics = &self.metrics;
        match event.kind {
            EventKind::Held => {
                metrics.held.increment(1);
                self.live.fetch_add(1, Ordering::Relaxed);
            }
            EventKind::Confirmed => metrics.confirmed.increment(1),
            EventKind::Released => metrics.released.increment(1),
            EventKind::Expired => metrics.expired.increment(1),
            EventKind::Extended => metrics.extended.increment(1),
            EventKind::StockSet | EventKind::StockAdjusted => metrics.stock_writes.increment(1),
        }
        let Some(reservation) = &event.reservation else { return };
        if !reservation.state.is_live() {
            self.live.fetch_sub(1, Ordering::Relaxed);
        }
        if reservation.state == State::Expired {
            metrics.expiry_lag.record(now.since(reservation.expires).0 as f64 / 1e3);
        }
    }

    fn count_unchanged(&self, outcome: &Outcome) {
        match outcome {
            Outcome::Reservation { replayed: true, .. } | Outcome::Stock { applied: Applied::Before, .. } => {
                self.metrics.replayed.increment(1);
            }
            // Insufficient stock is counted when it stands: a sweep may still turn it round.
            Outcome::Refused(refusal) if !refusal.is_remembered() => self.metrics.refused_otherwise.increment(1),
            Outcome::Refused(_) | Outcome::Reserved(_) | Outcome::Reservation { .. } | Outcome::Stock { .. } => {}
        }
    }
}
