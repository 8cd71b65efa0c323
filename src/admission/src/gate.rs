//! The front of one listener: queue delay moves the admitted level, and both press on brownout. A shadow with other
//! settings may be asked along: what it would have refused is counted and not acted on.
//! Must not know routes or answers; draining, quotas and upstreams are asked by the listener itself.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use crate::brownout::{self, Brownout};
use crate::class::{CLASSES, Class, Priority};
use crate::delay::{self, Delay};
use crate::level::{self, Level, Load};
use crate::reason::Reason;
use crate::time::Nanos;

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
#[derive(Debug, Default)]
pub struct Gate {
    live: Front,
    shadow: Front,
    brownout: Brownout,
    is_pressed: AtomicBool,
    would_refuse_level: [AtomicU64; CLASSES],
    would_refuse_queue_delay: [AtomicU64; CLASSES],
}

/// What live rules and shadow have each of their own.
#[derive(Debug, Default)]
struct Front {
    delay: Delay,
    level: Level,
}

impl Gate {
    /// Takes note of how long something waited in the listener's queues.
    pub fn observe(&self, rules: &Rules, delay: Nanos, now: Nanos) {
        self.live.delay.observe(&rules.live.delay, delay, now);
        if let Some(shadow) = &rules.shadow {
            self.shadow.delay.observe(&shadow.delay, delay, now);
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

    /// Counts a request that came in and was refused elsewhere on this listener, as for a full queue.
    pub fn record_dropped(&self) {
        self.live.level.record_dropped();
        self.shadow.level.record_dropped();
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
            let is_overloaded = self.live.delay.is_overloaded(&rules.live.delay, now);
            let is_pressed = self.is_pressed.swap(false, Relaxed) || is_overloaded || self.live.level.is_binding();
            self.brownout.observe(&rules.live.brownout, is_pressed, now);
        }
    }

    /// Whether queues are standing at present.
    pub fn is_overloaded(&self, rules: &Rules, now: Nanos) -> bool {
        self.live.delay.is_overloaded(&rules.live.delay, now)
    }

    /// The smallest delay of the latest interval.
    pub fn smallest_delay(&self, rules: &Rules, now: Nanos) -> Option<Nanos> {
        self.live.delay.smallest(&rules.live.delay, now)
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
    fn decide(&self, priority: Priority) -> Result<(), Reason> {
        self.level.record(priority);
        if self.level.admits(priority) { Ok(()) } else { Err(Reason::Level) }
    }

    fn decide_after(&self, settings: &Settings, priority: Priority, waited: Nanos, now: Nanos) -> Result<(), Reason> {
        let is_last = priority.class() >= self.level.last_class();
        if is_last && self.delay.is_to_drop(&settings.delay, waited, now) {
            self.level.record_dropped();
            return Err(Reason::QueueDelay);
        }
        Ok(())
    }

    /// Whether a window has ended with this: with one thread's, and with no other's.
    fn tick(&self, settings: &Settings, now: Nanos) -> bool {
        let load = |_| if self.delay.is_overloaded(&settings.delay, now) { Load::Overloaded } else { Load::Full };
        self.level.is_due(&settings.level, now) && self.level.roll(&settings.level, now, load)
    }
}

#[cfg(test)]
mod tests;
