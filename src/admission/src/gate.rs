//! The front of one listener: queue delay moves the admitted level, and both press on brownout. A shadow with other
//! settings may be asked along: what it would have refused is counted and not acted on.
//! Must not know routes or answers, nor what its queues are; draining, quotas and upstreams are asked by the listener itself.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};

use crate::brownout::{self, Brownout};
use crate::class::{CLASSES, Class, Priority};
use crate::delay;
use crate::level::{self, Level, Load, Window};
use crate::queues::Queues;
use crate::reason::Reason;
use crate::time::Nanos;

/// Overloaded is a window, too, in which queues that were full refused more than so many percent of those let in.
const FULL_PERCENT: u64 = 20;

/// The constants of a gate; may differ from one call to the next.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Settings {
    /// Of the detector of standing queues.
    pub delay: delay::Settings,
    /// Of the admitted level.
    pub level: level::Settings,
    /// Of the brownout level.
    pub brownout: brownout::Settings,
}

/// What a gate goes by at present.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rules {
    /// What is done.
    pub live: Settings,
    /// What is only tried. Since its refusals relieve nothing, it shows the most that these settings would refuse.
    pub shadow: Option<Settings>,
}

/// How many a shadow would have refused, by class and reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WouldRefuse {
    /// For [`Reason::Level`], by class, the most important first.
    pub level: [u64; CLASSES],
    /// For [`Reason::QueueDelay`].
    pub queue_delay: [u64; CLASSES],
}

/// The front of one listener, shared by all its threads.
#[derive(Debug)]
pub struct Gate {
    live: Front,
    shadow: Front,
    brownout: Brownout,
    is_pressed: AtomicBool,
    would_refuse_level: [AtomicU64; CLASSES],
    would_refuse_queue_delay: [AtomicU64; CLASSES],
}

/// What live rules and shadow have each of their own.
#[derive(Debug)]
struct Front {
    queues: Queues,
    level: Level,
    /// Refused in this window because a queue was full.
    full: AtomicU32,
}

impl Default for Gate {
    /// A gate behind one queue.
    fn default() -> Self {
        Self::new(1)
    }
}

impl Gate {
    /// A gate behind so many queues.
    pub fn new(queues: usize) -> Self {
        Self {
            live: Front::new(queues),
            shadow: Front::new(queues),
            brownout: Brownout::default(),
            is_pressed: AtomicBool::new(false),
            would_refuse_level: Default::default(),
            would_refuse_queue_delay: Default::default(),
        }
    }

    /// Takes note of how long something waited in one of the listener's queues; `queue` is below their number.
    pub fn observe(&self, rules: &Rules, queue: usize, delay: Nanos, now: Nanos) {
        self.live.queues.observe(&rules.live.delay, queue, delay, now);
        if let Some(shadow) = &rules.shadow {
            self.shadow.queues.observe(&shadow.delay, queue, delay, now);
        }
    }

    /// Whether a request may come in: one load and a comparison, and what is counted for the next level.
    pub fn decide(&self, rules: &Rules, priority: Priority, now: Nanos) -> Result<(), Reason> {
        self.tick(rules, now);
        if rules.shadow.is_some() && self.shadow.decide(priority).is_err() {
            self.would_refuse_level[priority.class() as usize].fetch_add(1, Relaxed);
        }
        self.live.decide(priority)
    }

    /// Whether a request that came in and has waited for so long is still worth its work: while queues stand, no, if
    /// it waited long and no lower class is let in.
    pub fn decide_after(&self, rules: &Rules, priority: Priority, waited: Nanos, now: Nanos) -> Result<(), Reason> {
        // What the shadow's level refuses has been counted, and does not wait.
        if let Some(shadow) = &rules.shadow
            && self.shadow.level.admits(priority)
            && self.shadow.decide_after(shadow, priority, waited, now).is_err()
        {
            self.would_refuse_queue_delay[priority.class() as usize].fetch_add(1, Relaxed);
        }
        self.live.decide_after(&rules.live, priority, waited, now)
    }

    /// Counts a request that came in and was refused after all, because a queue behind this listener was full.
    pub fn record_full(&self) {
        for front in [&self.live, &self.shadow] {
            front.level.record_dropped();
            front.full.fetch_add(1, Relaxed);
        }
    }

    /// Says that an upstream is at its limit, or fails: a reason for brownout beside the listener's own load.
    pub fn press(&self) {
        self.is_pressed.store(true, Relaxed);
    }

    /// Ends a window that is due. Each decision does so, and somebody has to while nobody asks, or brownout lasts.
    pub fn tick(&self, rules: &Rules, now: Nanos) {
        if let Some(shadow) = &rules.shadow {
            self.shadow.tick(shadow, now);
        }
        if self.live.tick(&rules.live, now) {
            let is_overloaded = self.live.queues.is_overloaded(&rules.live.delay, now);
            let is_pressed = self.is_pressed.swap(false, Relaxed) || is_overloaded || self.live.level.is_binding();
            self.brownout.observe(&rules.live.brownout, is_pressed, now);
        }
    }

    /// Whether queues are standing at present.
    pub fn is_overloaded(&self, rules: &Rules, now: Nanos) -> bool {
        self.live.queues.is_overloaded(&rules.live.delay, now)
    }

    /// The smallest delay of the latest interval, in the queue where that is the largest.
    pub fn smallest_delay(&self, rules: &Rules, now: Nanos) -> Option<Nanos> {
        self.live.queues.smallest(&rules.live.delay, now)
    }

    /// The admitted level.
    pub fn level(&self) -> &Level {
        &self.live.level
    }

    /// The brownout level.
    pub fn brownout(&self) -> &Brownout {
        &self.brownout
    }

    /// What the shadow would have refused since the start.
    pub fn would_refuse(&self) -> WouldRefuse {
        let read = |counts: &[AtomicU64; CLASSES]| Class::ALL.map(|class| counts[class as usize].load(Relaxed));
        WouldRefuse { level: read(&self.would_refuse_level), queue_delay: read(&self.would_refuse_queue_delay) }
    }
}

impl Front {
    fn new(queues: usize) -> Self {
        Self { queues: Queues::new(queues), level: Level::default(), full: AtomicU32::new(0) }
    }

    fn decide(&self, priority: Priority) -> Result<(), Reason> {
        self.level.record(priority);
        if self.level.admits(priority) { Ok(()) } else { Err(Reason::Level) }
    }

    fn decide_after(&self, settings: &Settings, priority: Priority, waited: Nanos, now: Nanos) -> Result<(), Reason> {
        let is_last = priority.class() >= self.level.last_class();
        if is_last && self.queues.is_to_drop(&settings.delay, waited, now) {
            self.level.record_dropped();
            return Err(Reason::QueueDelay);
        }
        Ok(())
    }

    /// Whether a window has ended with this: with one thread's, and with no other's.
    fn tick(&self, settings: &Settings, now: Nanos) -> bool {
        self.level.is_due(&settings.level, now)
            && self.level.roll(&settings.level, now, |window| self.load(settings, window, now))
    }

    fn load(&self, settings: &Settings, window: Window, now: Nanos) -> Load {
        let full = u64::from(self.full.swap(0, Relaxed));
        let is_full = full * 100 > u64::from(window.let_in) * FULL_PERCENT;
        if is_full || self.queues.is_overloaded(&settings.delay, now) { Load::Overloaded } else { Load::Full }
    }
}

#[cfg(test)]
mod tests;
