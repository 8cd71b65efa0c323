//! Time that passes only when the seed says so. It must not know who reads it.

use engine::TimeSource;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// When every world begins, in milliseconds since the Unix epoch.
const MORNING_MS: u64 = 1_800_000_000_000;

#[derive(Debug, Clone)]
pub(crate) struct Clock {
    wall_us: Arc<AtomicU64>,
    monotonic_us: Arc<AtomicU64>,
}

impl Default for Clock {
    fn default() -> Self {
        Self { wall_us: Arc::new(AtomicU64::new(MORNING_MS * 1_000)), monotonic_us: Arc::new(AtomicU64::new(7)) }
    }
}

impl Clock {
    /// So much time passes.
    pub fn pass(&self, us: u64) {
        self.wall_us.fetch_add(us, Ordering::Relaxed);
        self.monotonic_us.fetch_add(us, Ordering::Relaxed);
    }

    /// Somebody sets the machine's clock, so much forward or back.
    pub fn jump(&self, ms: i64) {
        let wall_us = self.wall_us.load(Ordering::Relaxed);
        self.wall_us.store(wall_us.saturating_add_signed(ms * 1_000), Ordering::Relaxed);
    }
}

impl TimeSource for Clock {
    fn wall_us(&self) -> u64 {
        self.wall_us.load(Ordering::Relaxed)
    }

    fn monotonic_us(&self) -> u64 {
        self.monotonic_us.load(Ordering::Relaxed)
    }
}
