//! The admitted level: which priorities are let in, moved once a window by a histogram of what was offered. After
//! DAGOR (Zhou et al., "Overload Control for Scaling `WeChat` Microservices", 2018): overloaded, 5 % less than was
//! let in lately; otherwise 1 % more. A priority number divides all, so nothing of a class is shed before all that is
//! below it. Must not know how overload is found out: that is said at the end of a window.

use std::sync::atomic::{AtomicU16, AtomicU32, AtomicU64, Ordering::Relaxed};

use parking_lot::Mutex;

use crate::class::{COHORTS, Class, PRIORITIES, Priority};
use crate::time::Nanos;

/// The level at which everything is let in.
const ALL: u16 = PRIORITIES as u16;

/// The constants of the level; may differ from one call to the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// A window ends after so many requests, but not before `shortest`.
    pub window_requests: u32,
    /// A window ends after so long, however few requests it had.
    pub window: Nanos,
    /// A step must have shown its effect before the next: as long as the detector's interval.
    pub shortest: Nanos,
    /// A window with fewer requests is no reason to let in less: they are not what the load is made of.
    pub fewest: u32,
    /// Overloaded, let in so many percent less than lately.
    pub less_percent: f64,
    /// Not overloaded, let in so many percent more.
    pub more_percent: f64,
    /// After so many windows in a row without overload, each lets in twice as many more as the one before it, up to
    /// twice as much as it.
    pub patience: u32,
    /// The first so many priorities are never shed: something of payment always comes through.
    pub floor: u16,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            window_requests: 2_000,
            window: Nanos::from_secs(1),
            shortest: Nanos::from_millis(100),
            fewest: 20,
            less_percent: 5.0,
            more_percent: 1.0,
            patience: 8,
            floor: 8,
        }
    }
}

/// How a window was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Load {
    /// More came in than can be served: let in less.
    Overloaded,
    /// Perhaps a little more can be: feel one's way.
    Full,
    /// There was room all the time: no need for patience.
    Idle,
}

/// What a window that has ended saw, in requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Asked to come in.
    pub offered: u32,
    /// Were below the level.
    pub let_in: u32,
    /// Were let in, and refused on the way for another reason.
    pub dropped: u32,
}

/// The admitted level of a listener or of an upstream. The decision is one load and a comparison; counting it is two
/// additions that no thread waits for.
#[derive(Debug)]
pub struct Level {
    /// Priorities below this number are let in.
    admitted: AtomicU16,
    offered: Box<[AtomicU32; PRIORITIES]>,
    count: AtomicU32,
    dropped: AtomicU32,
    began: AtomicU64,
    course: Mutex<Course>,
}

/// What is remembered from window to window.
#[derive(Debug)]
struct Course {
    /// How many requests may be let in, a second, as far as is known: no bound until the first overload.
    per_s: f64,
    /// How many windows in a row were not overloaded.
    calm: u32,
}

impl Default for Level {
    fn default() -> Self {
        Self {
            admitted: AtomicU16::new(ALL),
            offered: Box::new([const { AtomicU32::new(0) }; PRIORITIES]),
            count: AtomicU32::new(0),
            dropped: AtomicU32::new(0),
            began: AtomicU64::new(0),
            course: Mutex::new(Course { per_s: f64::INFINITY, calm: 0 }),
        }
    }
}

impl Level {
    /// Whether this priority is let in now.
    pub fn admits(&self, priority: Priority) -> bool {
        priority.number() < self.admitted.load(Relaxed)
    }

    /// Counts a request that asked to come in, whatever the answer.
    pub fn record(&self, priority: Priority) {
        self.offered[usize::from(priority.number())].fetch_add(1, Relaxed);
        self.count.fetch_add(1, Relaxed);
    }

    /// Counts one that was let in and then refused after all, for its wait or by a limit: the next level rests on
    /// what truly came through, which finds a tenfold overload in one window instead of in forty-five.
    pub fn record_dropped(&self) {
        self.dropped.fetch_add(1, Relaxed);
    }

    /// Whether the window has ended, and somebody has to [`roll`](Self::roll).
    pub fn is_due(&self, settings: &Settings, now: Nanos) -> bool {
        let age = now.since(Nanos(self.began.load(Relaxed)));
        age >= settings.window || (age >= settings.shortest && self.count.load(Relaxed) >= settings.window_requests)
    }

    /// Ends the window, if it is due and no other thread is about to, and moves the level; tells whether it did.
    pub fn roll(&self, settings: &Settings, now: Nanos, load: impl FnOnce(Window) -> Load) -> bool {
        let Some(mut course) = self.course.try_lock() else {
            return false;
        };
        if !self.is_due(settings, now) {
            return false;
        }
        let lasted = now.since(Nanos(self.began.swap(now.0, Relaxed)));
        let seconds = lasted.as_secs_f64().max(f64::MIN_POSITIVE);
        let (histogram, window) = self.take();
        let came_through = f64::from(window.let_in.saturating_sub(window.dropped));
        let came_through_per_s = came_through / seconds;
        match load(window) {
            Load::Overloaded if window.offered < settings.fewest => {}
            Load::Overloaded => course.fall(settings, came_through_per_s),
            Load::Full => course.rise(settings, came_through_per_s),
            Load::Idle => {
                course.calm = course.calm.max(settings.patience);
                course.rise(settings, came_through_per_s);
            }
        }
        let level = cut(&histogram, course.per_s * seconds, came_through == 0.0);
        self.admitted.store(level.max(settings.floor).min(ALL), Relaxed);
        true
    }

    /// Empties the counters. What is counted meanwhile falls into one window or the other.
    fn take(&self) -> ([u32; PRIORITIES], Window) {
        let level = usize::from(self.admitted.load(Relaxed));
        self.count.store(0, Relaxed);
        let histogram: [u32; PRIORITIES] = std::array::from_fn(|priority| self.offered[priority].swap(0, Relaxed));
        let window = Window {
            offered: histogram.iter().sum(),
            let_in: histogram[..level].iter().sum(),
            dropped: self.dropped.swap(0, Relaxed),
        };
        (histogram, window)
    }

    /// Whether anything at all is shed.
    pub fn is_binding(&self) -> bool {
        self.admitted.load(Relaxed) < ALL
    }

    /// How many priorities are let in, of [`PRIORITIES`].
    pub fn admitted(&self) -> u16 {
        self.admitted.load(Relaxed)
    }

    /// The least important class of which something is let in: the only one of which anything may be dropped for
    /// another reason, if the order of classes is to hold.
    pub fn last_class(&self) -> Class {
        Class::ALL[usize::from(self.admitted().saturating_sub(1) / COHORTS)]
    }
}

impl Course {
    fn fall(&mut self, settings: &Settings, came_through_per_s: f64) {
        self.calm = 0;
        self.per_s = came_through_per_s * (1.0 - settings.less_percent / 100.0);
    }

    /// From what came through, or from what might have: a rate is kept as TCP keeps its slow-start threshold, so that
    /// when the rush is over and less is offered than was let in of it, everything is let in at once. Small steps
    /// find the capacity that was just lost; when they find nothing for long, it was far away.
    fn rise(&mut self, settings: &Settings, came_through_per_s: f64) {
        let doublings = self.calm.saturating_sub(settings.patience);
        let more = settings.more_percent / 100.0 * f64::from(doublings.min(16)).exp2();
        self.calm = self.calm.saturating_add(1);
        self.per_s = self.per_s.max(came_through_per_s) * (1.0 + more.min(1.0));
    }
}

/// The highest level at which no more than `bound` of what was offered is let in. It passes over priorities of which
/// nothing was offered, so that it cannot get stuck below them; and when nothing came through, the first that asks
/// is let in, so that there is something to grow from.
fn cut(histogram: &[u32; PRIORITIES], bound: f64, from_nothing: bool) -> u16 {
    let mut sum = 0;
    let mut is_first = from_nothing;
    for (priority, offered) in (0u16..).zip(histogram) {
        sum += offered;
        if f64::from(sum) > bound && !is_first {
            return priority;
        }
        is_first &= *offered == 0;
    }
    ALL
}

#[cfg(test)]
mod tests;
