//! One shard's books while they are recovered: the rows of events that are the shard's own, put one
//! after the other. Nothing is decided again. It must not know where the events come from.

use crate::Options;
use crate::claims::Directory;
use crate::routing::Routing;
use crate::shard::Books;
use ledger::{Event, EventKind, Millis, ReservationId, Row};
use wal::Lsn;

/// A stretch of events, for every lane to take its own from.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) events: Vec<(Lsn, Event)>,
    /// The latest time so far.
    pub(super) time: Millis,
}

pub(super) struct Lane {
    shard: u8,
    routing: Routing,
    books: Books,
    window: Millis,
    most: usize,
}

/// A deadline to be known in another shard than the reservation's home.
type Away = (u8, Millis, ReservationId);

/// Recovered books.
pub(super) struct Finished {
    pub(super) books: Books,
    pub(super) away: Vec<Away>,
}

impl Lane {
    pub(super) fn new(shard: u8, routing: Routing, options: &Options) -> Self {
        let most = options.keys_per_shard(routing);
        Self { shard, routing, books: Books::default(), window: options.idempotency_window, most }
    }

    pub(super) fn put(&mut self, batch: &Batch) {
        for (lsn, event) in &batch.events {
            for row in event.rows() {
                if self.routing.of_owner(row.owner()) == self.shard {
                    self.books.ledger.put(row);
                    self.books.last_lsn = *lsn;
                } else if let Row::Reservation(taken) = row
                    && event.kind == EventKind::Held
                {
                    // The name was forgotten and used again elsewhere; these books may remember longer than
                    // their writer did.
                    self.books.ledger.forget_reservation(&taken.id);
                }
            }
        }
        self.forget(batch.time);
    }

    /// As the running engine would have forgotten by then, so that a long log fits the memory.
    fn forget(&mut self, now: Millis) {
        let horizon = Millis(now.0.saturating_sub(self.window.0));
        while self.books.ledger.forget_ended(horizon, self.most, now).is_some() {}
        while self.books.ledger.forget_adjusted(horizon, self.most) {}
    }

    pub(super) fn digest(&self) -> u64 {
        self.books.ledger.digest()
    }

    pub(super) fn finish(self, directory: &Directory) -> Finished {
        let mut away = Vec::new();
        for reservation in self.books.ledger.reservations() {
            let place = self.routing.of_reservation(&reservation);
            directory.restore(&reservation.id, place);
            if reservation.state == ledger::State::Held {
                let others = place.shards.without(self.shard).iter();
                away.extend(others.map(|shard| (shard, reservation.expires, reservation.id.clone())));
            }
        }
        Finished { books: self.books, away }
    }
}
