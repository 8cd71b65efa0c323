//! What of the engine is measured by itself and has no other way in from outside: a shard's queue, and the wake of a
//! port. Nobody serves through this, and it decides nothing.

use crate::lanes::Lanes;
use crate::{Lane, Port};

/// The queue in front of a shard, with numbers in the place of requests.
pub struct Queue(Lanes<Box<u64>>);

impl Queue {
    /// So many places.
    pub fn new(capacity: usize) -> Self {
        Self(Lanes::new(capacity))
    }

    /// Queues a number; says whether there was room.
    pub fn push(&self, number: u64) -> bool {
        self.0.push(Lane::Reserve, Box::new(number)).is_ok()
    }

    /// The number that waits longest.
    pub fn pop(&self) -> Option<u64> {
        self.0.pop().map(|number| *number)
    }
}

/// Wakes who listens at a port, as the committer does after a group.
pub fn wake(port: &Port) {
    port.listen();
    port.wake();
}
