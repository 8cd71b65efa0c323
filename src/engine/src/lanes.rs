//! The queue in front of a shard: bounded, lock-free, of two lanes. It must not know what waits.
//!
//! The protocol that leaves nobody behind: who pushes tries the shard's lock afterwards; who had
//! the lock asks `has_waiting` after unlocking. One of them sees the other, and works it off.

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
        // Orders the push before the try-lock that follows: see `has_waiting`.
        fence(Ordering::SeqCst);
        Ok(())
    }

    pub(crate) fn pop(&self) -> Option<T> {
        self.settle.pop().or_else(|| self.reserve.pop())
    }

    /// To be asked after unlocking. Pairs with the fence in `push`: either the pusher gets the
    /// lock, or the holder sees what was pushed.
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
