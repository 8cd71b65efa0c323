//! When a call will be done: workers that take one call each, and a bounded line before them. It is a plan and no machine:
//! time comes in as a value, and a call that its client has left is worked off all the same, as by a real platform.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

/// The plan of all workers. Below their capacity a call takes its service time; above it the line grows, and the wait with
/// it, to its bound.
#[derive(Debug, Default)]
pub struct Knee {
    /// From when on each worker is free.
    free_at: BinaryHeap<Reverse<Duration>>,
    /// When each call in the line will begin, the next one first.
    begins: VecDeque<Duration>,
}

impl Knee {
    /// When a call that comes `now` and takes `service` will be done; nothing if `queue` calls wait already.
    pub fn arrive(&mut self, now: Duration, workers: usize, queue: usize, service: Duration) -> Option<Duration> {
        self.employ(workers.max(1), now);
        while self.begins.front().is_some_and(|begin| *begin <= now) {
            self.begins.pop_front();
        }
        let Reverse(free) = *self.free_at.peek()?;
        let begin = free.max(now);
        if begin > now {
            if self.begins.len() >= queue {
                return None;
            }
            self.begins.push_back(begin);
        }
        self.free_at.pop();
        let done = begin + service;
        self.free_at.push(Reverse(done));
        Some(done)
    }

    /// Those who leave are those who are free the soonest: nobody drops what it has begun.
    fn employ(&mut self, workers: usize, now: Duration) {
        while self.free_at.len() < workers {
            self.free_at.push(Reverse(now));
        }
        while self.free_at.len() > workers {
            self.free_at.pop();
        }
    }
}
