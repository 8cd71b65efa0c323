//! Is there a standing queue? The smallest delay of an interval tells it from a burst. After Nichols and Jacobson,
//! "Controlling Queue Delay" (2012), as server queues use it (Maurer, "Fail at Scale", 2015): a burst drains within
//! the interval and somebody waits little; in a standing queue even the luckiest waits long.
//! Must not know which queues a delay is the sum of, nor what matters more.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::time::Nanos;

/// The constants of the detector; may differ from one call to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Over how long the smallest delay is taken.
    pub interval: Nanos,
    /// A smallest delay above this is a standing queue.
    pub target: Nanos,
    /// While there is one, what waited longer than this is dropped.
    pub drop: Nanos,
}

impl Default for Settings {
    fn default() -> Self {
        Self { interval: Nanos::from_millis(100), target: Nanos::from_millis(5), drop: Nanos::from_millis(10) }
    }
}

/// The smallest delay of the present interval and of the one before; many threads observe without a lock.
///
/// Each is an interval packed into a word. A thread that loses a race loses one sample, or judges by an interval
/// that has just ended: neither matters to what is judged over many.
#[derive(Debug, Default)]
pub struct Delay {
    present: AtomicU64,
    before: AtomicU64,
}

/// When an interval began, in milliseconds that wrap, and its smallest delay in microseconds, counted from 1:
/// the word 0 is that of no interval at all.
#[derive(Clone, Copy)]
struct Interval {
    began_ms: u32,
    smallest_us: u32,
}

impl Interval {
    const NONE: u64 = 0;

    fn unpack(word: u64) -> Option<Self> {
        (word != Self::NONE).then(|| Self { began_ms: (word >> 32) as u32, smallest_us: word as u32 - 1 })
    }

    const fn pack(self) -> u64 {
        (self.began_ms as u64) << 32 | (self.smallest_us as u64 + 1)
    }

    /// Its age; 0 to a thread whose clock was read a moment before the interval began.
    const fn age_ms(self, now_ms: u32) -> u64 {
        const MOMENT_MS: u32 = 1_000;
        let age = now_ms.wrapping_sub(self.began_ms);
        if age > u32::MAX - MOMENT_MS { 0 } else { age as u64 }
    }

    /// What stands after a delay was observed, if that changes anything.
    fn after(word: u64, settings: &Settings, delay_us: u32, now_ms: u32) -> Option<u64> {
        match Self::unpack(word) {
            Some(present) if present.age_ms(now_ms) < settings.interval.0 / 1_000_000 => {
                (delay_us < present.smallest_us).then(|| Self { smallest_us: delay_us, ..present }.pack())
            }
            _ => Some(Self { began_ms: now_ms, smallest_us: delay_us }.pack()),
        }
    }
}

const fn wrapped_ms(now: Nanos) -> u32 {
    (now.0 / 1_000_000) as u32
}

fn saturated_us(delay: Nanos) -> u32 {
    u32::try_from(delay.0 / 1_000).unwrap_or(u32::MAX).min(u32::MAX - 1)
}

impl Delay {
    /// Takes note of how long something waited.
    pub fn observe(&self, settings: &Settings, delay: Nanos, now: Nanos) {
        let now_ms = wrapped_ms(now);
        let delay_us = saturated_us(delay);
        let after = |word| Interval::after(word, settings, delay_us, now_ms);
        let Ok(word) = self.present.fetch_update(Relaxed, Relaxed, after) else {
            return;
        };
        let ended =
            Interval::unpack(word).filter(|interval| interval.age_ms(now_ms) >= settings.interval.0 / 1_000_000);
        if ended.is_some() {
            self.before.store(word, Relaxed);
        }
    }

    /// The smallest delay of the latest interval that is over; none if nothing was observed in it.
    pub fn smallest(&self, settings: &Settings, now: Nanos) -> Option<Nanos> {
        let now_ms = wrapped_ms(now);
        let interval_ms = settings.interval.0 / 1_000_000;
        let present = Interval::unpack(self.present.load(Relaxed))?;
        let latest = match present.age_ms(now_ms) {
            age if age < interval_ms => Interval::unpack(self.before.load(Relaxed))
                .filter(|before| before.age_ms(present.began_ms) < 2 * interval_ms),
            age if age < 2 * interval_ms => Some(present),
            _ => None,
        };
        latest.map(|interval| Nanos(u64::from(interval.smallest_us) * 1_000))
    }

    /// Whether a queue is standing. An interval in which nothing was observed is no sign of one.
    pub fn is_overloaded(&self, settings: &Settings, now: Nanos) -> bool {
        self.smallest(settings, now).is_some_and(|smallest| smallest > settings.target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: Settings =
        Settings { interval: Nanos::from_millis(100), target: Nanos::from_millis(5), drop: Nanos::from_millis(10) };

    /// Plays `(at_ms, delay_us)` and tells the verdict at `now_ms`.
    fn verdict(trace: &[(u64, u64)], now_ms: u64) -> bool {
        let delay = Delay::default();
        for (at_ms, delay_us) in trace {
            delay.observe(&SETTINGS, Nanos(delay_us * 1_000), Nanos::from_millis(*at_ms));
        }
        delay.is_overloaded(&SETTINGS, Nanos::from_millis(now_ms))
    }

    #[test]
    fn a_standing_queue_is_seen_when_its_interval_is_over() {
        let trace = [(1_000, 30_000), (1_050, 6_000), (1_099, 40_000)];
        assert!(!verdict(&trace, 1_099), "the interval goes on: somebody may yet have waited little");
        assert!(verdict(&trace, 1_100));
    }

    #[test]
    fn one_short_wait_makes_it_a_burst() {
        assert!(!verdict(&[(1_000, 300_000), (1_040, 4_900), (1_099, 300_000)], 1_100));
        assert!(!verdict(&[(1_000, 5_000)], 1_100), "the target itself is no overload");
    }

    #[test]
    fn the_verdict_lasts_for_the_next_interval_only() {
        let trace = [(1_000, 30_000), (1_120, 10)];
        assert!(verdict(&trace, 1_121), "the interval before is the latest that is over");
        assert!(!verdict(&trace, 1_220), "the next was quiet");
    }

    #[test]
    fn silence_is_no_overload() {
        assert!(!verdict(&[], 50));
        let trace = [(1_000, 30_000)];
        assert!(verdict(&trace, 1_199));
        assert!(!verdict(&trace, 1_200), "nothing was seen in the latest interval");
        assert!(!verdict(&[(1_000, 30_000), (1_350, 30_000)], 1_360), "a gap came between");
    }

    #[test]
    fn a_thread_whose_clock_is_behind_does_not_begin_an_interval() {
        let trace = [(1_000, 10), (999, 40_000), (1_001, 30_000)];
        assert!(!verdict(&trace, 1_100), "the short wait belongs to the interval that goes on");
    }

    #[test]
    fn the_clock_of_milliseconds_may_wrap() {
        let wrap = u64::from(u32::MAX) + 1;
        assert!(verdict(&[(wrap - 50, 30_000), (wrap + 10, 30_000)], wrap + 50));
        assert!(!verdict(&[(wrap - 50, 30_000), (wrap + 10, 10)], wrap + 50));
    }

    #[test]
    fn other_settings_count_at_once() {
        let delay = Delay::default();
        delay.observe(&SETTINGS, Nanos::from_millis(7), Nanos(0));
        let now = Nanos::from_millis(150);
        assert!(delay.is_overloaded(&SETTINGS, now));
        assert!(!delay.is_overloaded(&Settings { target: Nanos::from_millis(8), ..SETTINGS }, now));
    }

    #[test]
    fn threads_find_the_smallest_together() {
        let delay = Delay::default();
        std::thread::scope(|scope| {
            for thread in 0..4u64 {
                let delay = &delay;
                scope.spawn(move || {
                    for step in (0..10_000u64).rev() {
                        delay.observe(&SETTINGS, Nanos::from_millis(7 + (step * 4 + thread) % 900), Nanos(0));
                    }
                });
            }
        });
        assert_eq!(delay.smallest(&SETTINGS, Nanos::from_millis(100)), Some(Nanos::from_millis(7)));
    }
}
