//! The queues before one listener, each with a detector of its own: the loop of each thread, and what its requests wait for
//! elsewhere. A thread that is idle says nothing of one that is late, so that one standing queue is enough.
//! Must not know which queue is which.

use crate::delay::{Delay, Settings};
use crate::time::Nanos;

/// As many detectors as there are queues.
#[derive(Debug)]
pub struct Queues(Box<[Delay]>);

impl Queues {
    /// Detectors for so many queues.
    pub fn new(queues: usize) -> Self {
        Self((0..queues).map(|_| Delay::default()).collect())
    }

    /// Takes note of how long something waited in one of them; `queue` is below the number of queues.
    pub fn observe(&self, settings: &Settings, queue: usize, delay: Nanos, now: Nanos) {
        self.0[queue].observe(settings, delay, now);
    }

    /// The smallest delay of the latest interval that is over, in the queue where that is the largest.
    pub fn smallest(&self, settings: &Settings, now: Nanos) -> Option<Nanos> {
        self.0.iter().filter_map(|delay| delay.smallest(settings, now)).max()
    }

    /// Whether any of them is standing.
    pub fn is_overloaded(&self, settings: &Settings, now: Nanos) -> bool {
        self.0.iter().any(|delay| delay.is_overloaded(settings, now))
    }

    /// Whether to drop what waited for so long: its client has the least use of it, and a queue gets shorter.
    pub fn is_to_drop(&self, settings: &Settings, waited: Nanos, now: Nanos) -> bool {
        waited > settings.drop && self.is_overloaded(settings, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: Settings =
        Settings { interval: Nanos::from_millis(100), target: Nanos::from_millis(5), drop: Nanos::from_millis(10) };

    #[test]
    fn an_idle_thread_does_not_hide_late_ones() {
        let queues = Queues::new(4);
        for (queue, late_ms) in [50, 60, 70, 0].into_iter().enumerate() {
            queues.observe(&SETTINGS, queue, Nanos::from_millis(late_ms), Nanos(0));
        }
        let now = Nanos::from_millis(100);
        assert!(queues.is_overloaded(&SETTINGS, now));
        assert_eq!(queues.smallest(&SETTINGS, now), Some(Nanos::from_millis(70)));
    }

    #[test]
    fn only_what_itself_waited_long_is_dropped() {
        let queues = Queues::new(1);
        let now = Nanos::from_millis(100);
        queues.observe(&SETTINGS, 0, Nanos::from_millis(20), Nanos(0));
        assert!(queues.is_to_drop(&SETTINGS, Nanos(10_000_001), now));
        assert!(!queues.is_to_drop(&SETTINGS, Nanos::from_millis(10), now));
        assert!(
            !queues.is_to_drop(&SETTINGS, Nanos::from_millis(500), Nanos::from_millis(400)),
            "not without overload"
        );
    }
}
