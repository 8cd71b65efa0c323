//! A shard: books under a lock, with lanes in front where requests wait that did not get it.
//!
//! Whoever gets the lock works for everybody: it drains the lanes and looks again after
//! unlocking, so that a request pushed by someone who did not get the lock is never left behind.

use crate::commit::Records;
use crate::lanes::Lanes;
use crate::remembered::RememberedRefusals;
use crate::request::Request;
use crate::routing::Place;
use crate::sync::Mutex;
use crate::{Port, Ticket};
use ledger::{Ledger, Millis, Reservation, ReservationId, State};
use std::collections::BTreeSet;
use std::sync::Arc;
use wal::Lsn;

/// A request on its way through a shard.
pub(crate) struct Job {
    pub(crate) request: Request,
    pub(crate) place: Place,
    pub(crate) port: Arc<Port>,
    pub(crate) ticket: Ticket,
    pub(crate) pushed_us: u64,
}

/// What the lock guards.
#[derive(Default)]
pub(crate) struct Books {
    pub(crate) ledger: Ledger,
    pub(crate) refusals: RememberedRefusals,
    /// Holds with lines here whose home is another shard, by deadline.
    pub(crate) away: BTreeSet<(Millis, ReservationId)>,
    /// The last event that touched these books.
    pub(crate) last_lsn: Lsn,
    /// The time of the last step; no step is earlier.
    pub(crate) last_step: Millis,
    /// Up to when the projection has everything.
    pub(crate) stored: StoredMark,
    /// Record bytes, kept for their memory.
    pub(crate) scratch: Records,
}

/// Up to which time of a shard the projection has everything: what ended earlier can be read there.
#[derive(Debug, Default)]
pub(crate) struct StoredMark {
    waiting: (Lsn, Millis),
    until: Millis,
}

impl Books {
    /// What ended before this time is in the projection, which has all records up to `applied`.
    pub(crate) fn stored_until(&mut self, applied: Lsn) -> Millis {
        let mark = &mut self.stored;
        if mark.waiting.0 <= applied {
            mark.until = mark.waiting.1;
            // A later event of these books is not earlier than their last step.
            mark.waiting = (self.last_lsn, self.last_step);
        }
        mark.until
    }

    /// Keeps the deadline of a cart whose home is another shard; `known` is the one it had so far.
    pub(crate) fn note_away(&mut self, reservation: &Reservation, known: Option<Millis>) {
        if let Some(deadline) = known {
            self.away.remove(&(deadline, reservation.id.clone()));
        }
        if reservation.state == State::Held {
            self.away.insert((reservation.expires, reservation.id.clone()));
        }
    }
}

pub(crate) struct Shard {
    pub(crate) books: Mutex<Books>,
    pub(crate) lanes: Lanes<Box<Job>>,
}

impl Shard {
    pub(crate) fn new(books: Books, queue_capacity: usize) -> Self {
        Self { books: Mutex::new(books), lanes: Lanes::new(queue_capacity) }
    }
}
