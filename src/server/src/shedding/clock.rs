//! The time and the chance that admission is given: nanoseconds of the monotonic clock, and random bits. Nothing else of
//! admission looks at a clock, or throws dice.

use std::time::{Duration, Instant, SystemTime};

use admission::{Nanos, Random};

/// The clock of one process: a beginning that all of it shares.
#[derive(Debug, Clone, Copy)]
pub struct Clock(Instant);

impl Clock {
    /// A clock that begins now.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Since the beginning.
    pub fn now(self) -> Nanos {
        // Five centuries fit.
        Nanos(self.0.elapsed().as_nanos() as u64)
    }
}

/// As admission has it.
pub fn nanos(span: Duration) -> Nanos {
    // Centuries fit.
    Nanos(span.as_nanos() as u64)
}

/// As others have it.
pub fn duration(span: Nanos) -> Duration {
    Duration::from_nanos(span.0)
}

/// The time of day, for what upstreams say in terms of it.
pub fn wall() -> SystemTime {
    SystemTime::now()
}

/// Bits that nobody needs to keep secret.
pub fn random() -> Random {
    Random(fastrand::u64(..))
}
