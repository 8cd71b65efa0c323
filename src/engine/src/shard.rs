//! A shard: books under a lock, with a bounded lock-free queue of two lanes in front.
//!
//! Whoever gets the lock works for everybody: it drains the queue and looks again after
//! unlocking, so that a request pushed by someone who did not get the lock is never left behind.

use crate::commit::Records;
use crate::remembered::RememberedRefusals;
use crate::request::{Lane, Request};
use crate::routing::Place;
use crate::{Port, Ticket};
use crossbeam::queue::ArrayQueue;
use ledger::{Ledger, Millis, Reservation, ReservationId, State};
use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering, fence};
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
    settle: ArrayQueue<Box<Job>>,
    reserve: ArrayQueue<Box<Job>>,
    waits: AtomicU64,
}

impl Shard {
    pub(crate) fn new(books: Books, queue_capacity: usize) -> Self {
        Self {
            books: Mutex::new(books),
            settle: ArrayQueue::new(queue_capacity),
            reserve: ArrayQueue::new(queue_capacity),
            waits: AtomicU64::new(0),
        }
    }

    /// Queues a request, or gives it back when its lane is full.
    pub(crate) fn push(&self, job: Box<Job>) -> Result<(), Box<Job>> {
        match job.request.lane() {
            Lane::Settle => self.settle.push(job),
            Lane::Reserve => self.reserve.push(job),
        }?;
        self.waits.fetch_add(1, Ordering::Relaxed);
        // Orders the push before the try-lock that follows: see `has_waiting`.
        fence(Ordering::SeqCst);
        Ok(())
    }

    pub(crate) fn pop(&self) -> Option<Box<Job>> {
        self.settle.pop().or_else(|| self.reserve.pop())
    }

    /// To be asked after unlocking. Pairs with the fence in `push`: either the pusher gets the
    /// lock, or the holder sees what was pushed.
    pub(crate) fn has_waiting(&self) -> bool {
        fence(Ordering::SeqCst);
        !self.settle.is_empty() || !self.reserve.is_empty()
    }

    pub(crate) fn depth(&self) -> (usize, usize) {
        (self.settle.len(), self.reserve.len())
    }

    pub(crate) fn capacity(&self) -> usize {
        self.reserve.capacity()
    }

    pub(crate) fn waits(&self) -> u64 {
        self.waits.load(Ordering::Relaxed)
    }
}
