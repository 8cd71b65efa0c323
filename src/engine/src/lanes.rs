//! The queue in front of a shard: bounded, lock-free, of two lanes. It must not know what waits.
//!
//! The protocol that leaves nobody behind: who has pushed, and who has unlocked the shard, asks
//! `has_waiting` and then tries the lock. One of them sees the other, and works it off.

use crate::Lane;
use crate::sync::{ArrayQueue, AtomicU64, Ordering, fence};

pub(crate) struct Lanes<T> {
    settle: ArrayQueue<T>,
    reserve: ArrayQueue<T>,
    waits: AtomicU64,
}

impl<T> Lanes<T> {
    /// So many places in each lane.
    pub(crate) fn new(capacity: usize) -> Self {
        Self { settle: ArrayQueue::new(capacity), reserve: ArrayQueue::new(capacity), waits: AtomicU64::new(0) }
    }

    /// Queues an item, or gives it back when its lane is full.
    pub(crate) fn push(&self, lane: Lane, item: T) -> Result<(), T> {
        match lane {
            Lane::Settle => self.settle.push(item),
            Lane::Reserve => self.reserve.push(item),
        }?;
        self.waits.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    pub(crate) fn pop(&self) -> Option<T> {
        self.settle.pop().or_else(|| self.reserve.pop())
    }

    /// To be asked after a push, before the lock is tried, and again after unlocking: of two who
    /// come here at once, the pusher finds the lock free or the holder sees what was pushed.
    pub(crate) fn has_waiting(&self) -> bool {
        fence(Ordering::SeqCst);
        !self.settle.is_empty() || !self.reserve.is_empty()
    }

    /// How many wait to settle, and how many else.
    pub(crate) fn depth(&self) -> (usize, usize) {
        (self.settle.len(), self.reserve.len())
    }

    /// The places of each lane.
    pub(crate) fn capacity(&self) -> usize {
        self.reserve.capacity()
    }

    /// How many ever waited.
    pub(crate) fn waits(&self) -> u64 {
        self.waits.load(Ordering::Relaxed)
    }
}
