//! Engine time: starts at the later of the wall clock and the log's last time, then follows the
//! monotonic clock. A step of the wall clock expires nothing: the difference is slewed.

use ledger::Millis;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Instant, SystemTime as WallClock, UNIX_EPOCH};

/// Where time comes from.
pub trait TimeSource: Send + Sync {
    /// Microseconds since the Unix epoch; may jump.
    fn wall_us(&self) -> u64;
    /// Microseconds since some fixed point; never jumps.
    fn monotonic_us(&self) -> u64;
}

/// The machine's own clocks.
#[derive(Debug)]
pub struct SystemTime {
    started: Instant,
}

impl Default for SystemTime {
    fn default() -> Self {
        Self { started: Instant::now() }
    }
}

impl TimeSource for SystemTime {
    fn wall_us(&self) -> u64 {
        WallClock::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as u64)
    }

    fn monotonic_us(&self) -> u64 {
        self.started.elapsed().as_micros() as u64
    }
}

/// One part in so many of the time passed may be slewed: 0.5 %, an hour's step in eight days.
const SLEW_PART: i64 = 200;

/// The clock of one engine.
pub struct EngineClock {
    source: Box<dyn TimeSource>,
    /// Engine time minus monotonic time, in microseconds.
    offset_us: AtomicI64,
    slewed_at_us: AtomicI64,
    /// Engine time at the last slew: a slew backwards lets time stand still, and not go back.
    least_us: AtomicU64,
}

impl EngineClock {
    /// A clock that never shows a time before `not_before`.
    pub fn new(source: Box<dyn TimeSource>, not_before: Millis) -> Self {
        let start = source.wall_us().max(not_before.0.saturating_mul(1000)) as i64;
        let monotonic = source.monotonic_us() as i64;
        Self {
            source,
            offset_us: AtomicI64::new(start - monotonic),
            slewed_at_us: AtomicI64::new(monotonic),
            least_us: AtomicU64::new(0),
        }
    }

    /// Engine time.
    pub fn now(&self) -> Millis {
        Millis(self.now_us() / 1000)
    }

    fn now_us(&self) -> u64 {
        // Who sees a slew's offset sees the time that it must not fall below.
        let slewed_us = self.slewed_us();
        slewed_us.max(self.least_us.load(Ordering::Relaxed))
    }

    /// Engine time where it may have been slewed back below what was shown.
    fn slewed_us(&self) -> u64 {
        (self.source.monotonic_us() as i64 + self.offset_us.load(Ordering::Acquire)).max(0) as u64
    }

    /// Microseconds since some fixed point, to measure spans.
    pub fn monotonic_us(&self) -> u64 {
        self.source.monotonic_us()
    }

    /// Moves a little towards the wall clock; to be called now and then by one thread.
    /// Returns how far engine time is ahead of the wall clock, in microseconds.
    pub fn slew(&self) -> i64 {
        let monotonic = self.source.monotonic_us() as i64;
        let passed = monotonic - self.slewed_at_us.swap(monotonic, Ordering::Relaxed);
        let ahead = self.slewed_us() as i64 - self.source.wall_us() as i64;
        let most = (passed / SLEW_PART).max(0);
        self.least_us.store(self.now_us(), Ordering::Relaxed);
        self.offset_us.fetch_sub(ahead.clamp(-most, most), Ordering::Release);
        ahead
    }
}
