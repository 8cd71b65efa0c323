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
    /// Record bytes, kept for their memory.
    pub(crate) scratch: Records,
}

impl Books {
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
