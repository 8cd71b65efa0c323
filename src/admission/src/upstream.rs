//! One upstream's way in: its admitted level before its concurrency limit. The limit alone would refuse whoever comes
//! in the wrong moment; refusals by the limit are the overload that the level is moved by, so that the order of
//! classes holds at the upstream too. Must not know endpoints, breakers or retries, which come after.

use crate::class::Priority;
use crate::level::{self, Level, Load, Window};
use crate::limit::{self, Limiter, Outcome};
use crate::reason::Reason;
use crate::shares::Shares;
use crate::time::Nanos;

/// The constants of an upstream; may differ from one call to the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Of the admitted level.
    pub level: level::Settings,
    /// Of the concurrency limit.
    pub limit: limit::Settings,
    /// How the classes share it.
    pub shares: Shares,
    /// Overloaded is a window in which the limit refused more than so many percent of those that the level let in.
    /// With some refusals the upstream is full; with none it may idle.
    pub refused_percent: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            level: level::Settings::default(),
            limit: limit::Settings::default(),
            shares: Shares::default(),
            refused_percent: 20,
        }
    }
}

/// The way in to one upstream.
#[derive(Debug)]
pub struct Upstream {
    level: Level,
    limiter: Limiter,
}

impl Upstream {
    /// An upstream with nothing under way.
    pub fn new(settings: &Settings) -> Self {
        Self { level: Level::default(), limiter: Limiter::new(&settings.limit) }
    }

    /// Takes a place for a call. Each that was taken is given back by exactly one [`release`](Self::release).
    pub fn try_acquire(&self, settings: &Settings, priority: Priority, now: Nanos) -> Result<(), Reason> {
        if self.level.is_due(&settings.level, now) {
            self.level.roll(&settings.level, now, |window| load(settings, window));
        }
        self.level.record(priority);
        if !self.level.admits(priority) {
            return Err(Reason::Level);
        }
        if !self.limiter.try_acquire(&settings.limit, &settings.shares, priority.class()) {
            self.level.record_dropped();
            return Err(Reason::UpstreamLimit);
        }
        Ok(())
    }

    /// Gives a place back and tells how the call went.
    pub fn release(&self, settings: &Settings, outcome: Outcome, now: Nanos) {
        self.limiter.release(&settings.limit, outcome, now);
    }

    /// The admitted level.
    pub fn level(&self) -> &Level {
        &self.level
    }

    /// The concurrency limit.
    pub fn limiter(&self) -> &Limiter {
        &self.limiter
    }
}

fn load(settings: &Settings, window: Window) -> Load {
    let allowed = u64::from(window.let_in) * u64::from(settings.refused_percent) / 100;
    match u64::from(window.dropped) {
        0 => Load::Idle,
        dropped if dropped <= allowed => Load::Full,
        _ => Load::Overloaded,
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;
    use crate::class::{Class, Cohort};

    fn settings() -> Settings {
        let limit = limit::Settings { fixed: NonZeroU32::new(20), ..limit::Settings::default() };
        Settings { limit, ..Settings::default() }
    }

    /// One second in which each class asks a hundred times and nothing is answered before its end: who came in, and
    /// who was refused for the level.
    fn second(upstream: &Upstream, number: u64) -> Vec<(Class, u32, u32)> {
        let start = Nanos::from_secs(number);
        let mut rows: Vec<_> = Class::ALL.iter().map(|class| (*class, 0, 0)).collect();
        for step in 0..100u8 {
            for (class, came_in, shed) in rows.iter_mut().rev() {
                let priority = Priority::new(*class, Cohort::new(step).unwrap());
                match upstream.try_acquire(&settings(), priority, start.plus(Nanos(u64::from(step)))) {
                    Ok(()) => *came_in += 1,
                    Err(reason) => *shed += u32::from(reason == Reason::Level),
                }
            }
        }
        let taken: u32 = rows.iter().map(|(_, came_in, _)| came_in).sum();
        (0..taken).for_each(|_| upstream.release(&settings(), Outcome::Ignored, start));
        rows
    }

    #[test]
    fn refusals_by_the_limit_move_the_level() {
        let upstream = Upstream::new(&settings());
        let first = second(&upstream, 1);
        assert!(first.iter().all(|(_, _, shed)| *shed == 0));
        let rows = second(&upstream, 2);
        // 20 of 500 came through: the most important hundredth part of each class is all there is room for.
        assert!(rows[1..].iter().all(|(_, came_in, shed)| (*came_in, *shed) == (0, 100)), "{rows:?}");
        assert!(rows[0].1 > 10 && rows[0].2 > 0, "{rows:?}");
        assert_eq!(upstream.limiter().status(&settings().limit).in_flight, 0);
    }

    #[test]
    fn a_few_refusals_are_a_full_upstream_and_no_overload() {
        let settings = settings();
        let window = |dropped| Window { offered: 200, let_in: 100, dropped };
        assert_eq!(load(&settings, window(0)), Load::Idle);
        assert_eq!(load(&settings, window(20)), Load::Full);
        assert_eq!(load(&settings, window(21)), Load::Overloaded);
        assert_eq!(load(&settings, Window { offered: 9, let_in: 0, dropped: 0 }), Load::Idle);
    }
}
