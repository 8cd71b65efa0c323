//! What happens when, in order; what happens at the same time happens in the order in which it was planned.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use admission::Nanos;

/// The events to come.
pub struct Timeline<E> {
    heap: BinaryHeap<Reverse<(Nanos, u64, E)>>,
    planned: u64,
}

impl<E: Ord> Timeline<E> {
    pub fn new() -> Self {
        Self { heap: BinaryHeap::new(), planned: 0 }
    }

    pub fn plan(&mut self, at: Nanos, event: E) {
        self.planned += 1;
        self.heap.push(Reverse((at, self.planned, event)));
    }

    pub fn next(&mut self) -> Option<(Nanos, E)> {
        self.heap.pop().map(|Reverse((at, _, event))| (at, event))
    }
}
