//! When requests are due. In the open loop that is decided before the first is sent, so that a server that stalls finds in
//! its latencies all that was due meanwhile ("coordinated omission", Gil Tene). Pure: time comes in as a value.

use std::time::{Duration, Instant};

/// How requests follow one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// On each connection the next as soon as the last is answered.
    Closed,
    /// So many a second over all connections, whatever becomes of them.
    Open {
        /// Requests a second; at least 1.
        rate_per_s: u32,
    },
}

/// The requests of one run, as they fall due.
#[derive(Debug, Clone)]
pub struct Schedule {
    pace: Pace,
    begin: Instant,
    end: Instant,
    taken: u64,
}

impl Schedule {
    /// From `begin` to `end`.
    pub fn new(pace: Pace, begin: Instant, end: Instant) -> Self {
        Self { pace, begin, end, taken: 0 }
    }

    /// Takes the next request if it is due: the moment from which its latency counts. In the open loop that lies in the past if
    /// no connection was idle, and what was due before the end is there also after it.
    pub fn take(&mut self, now: Instant) -> Option<Instant> {
        let due = self.next_due(now)?;
        (due <= now).then(|| {
            self.taken += 1;
            due
        })
    }

    /// How long until the next is due; nothing when there will be none.
    pub fn wait(&self, now: Instant) -> Option<Duration> {
        self.next_due(now).map(|due| due.saturating_duration_since(now))
    }

    fn next_due(&self, now: Instant) -> Option<Instant> {
        let due = match self.pace {
            Pace::Closed => now,
            Pace::Open { rate_per_s } => {
                let nanoseconds = u128::from(self.taken) * 1_000_000_000 / u128::from(rate_per_s.max(1));
                self.begin + Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
            }
        };
        (due < self.end).then_some(due)
    }
}
