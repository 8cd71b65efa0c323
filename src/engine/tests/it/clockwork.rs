//! Time that passes only when a test says so. It must not know who reads it.

use engine::TimeSource;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// When every test begins, in milliseconds since the Unix epoch.
pub const MORNING_MS: u64 = 1_800_000_000_000;

#[derive(Debug, Clone)]
pub struct Clockwork {
    wall_us: Arc<AtomicU64>,
    monotonic_us: Arc<AtomicU64>,
}

impl Default for Clockwork {
    fn default() -> Self {
        Self { wall_us: Arc::new(AtomicU64::new(MORNING_MS * 1000)), monotonic_us: Arc::new(AtomicU64::new(7)) }
    }
}

impl Clockwork {
    /// So much time passes.
    pub fn pass(&self, ms: u64) {
        self.wall_us.fetch_add(ms * 1000, Ordering::SeqCst);
        self.monotonic_us.fetch_add(ms * 1000, Ordering::SeqCst);
    }

    /// Somebody sets the machine's clock.
    pub fn set_wall(&self, ms: u64) {
        self.wall_us.store(ms * 1000, Ordering::SeqCst);
    }
}

impl TimeSource for Clockwork {
    fn wall_us(&self) -> u64 {
        self.wall_us.load(Ordering::SeqCst)
    }

    fn monotonic_us(&self) -> u64 {
        self.monotonic_us.load(Ordering::SeqCst)
    }
}
