//! How much of what is optional is switched off: nothing (0), recommendations and their like (1), search as well (2),
//! admin as well (3). Raised soon while load presses, lowered slowly, so that it does not flap; or pinned by an
//! operator. After Klein et al., "Brownout: Building More Robust Cloud Applications" (2014), in steps.
//! Must not know what presses, nor what a route answers instead.

use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

use parking_lot::Mutex;

use crate::time::Nanos;

/// The highest brownout level.
pub const MAX_BROWNOUT: u8 = 3;

/// The constants of brownout; may differ from one call to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// One level up after load has pressed for so long without a pause.
    pub up_after: Nanos,
    /// One level down after it has not pressed for so long.
    pub down_after: Nanos,
    /// The highest level that load alone leads to.
    pub highest: u8,
}

impl Default for Settings {
    fn default() -> Self {
        Self { up_after: Nanos::from_secs(2), down_after: Nanos::from_secs(30), highest: MAX_BROWNOUT }
    }
}

/// The brownout level of a listener. Reading it is one load.
#[derive(Debug, Default)]
pub struct Brownout {
    /// The level that holds: the pinned one, or else that of the load.
    level: AtomicU8,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    by_load: u8,
    pinned: Option<u8>,
    is_pressed: bool,
    /// Since when it has been pressed, or not, or since the last step.
    since: Nanos,
}

impl Brownout {
    /// The present level, 0 to [`MAX_BROWNOUT`].
    pub fn level(&self) -> u8 {
        self.level.load(Relaxed)
    }

    /// Whether a route is switched off that goes at `route_level`; a route without one never is.
    pub fn is_off(&self, route_level: Option<u8>) -> bool {
        route_level.is_some_and(|level| level <= self.level())
    }

    /// Says whether load presses. To be said every now and then, a few times within `up_after`.
    pub fn observe(&self, settings: &Settings, is_pressed: bool, now: Nanos) {
        let mut inner = self.inner.lock();
        if inner.is_pressed != is_pressed {
            inner.is_pressed = is_pressed;
            inner.since = now;
        }
        let lasted = now.since(inner.since);
        let highest = settings.highest.min(MAX_BROWNOUT);
        inner.by_load = inner.by_load.min(highest);
        if is_pressed && lasted >= settings.up_after && inner.by_load < highest {
            inner.by_load += 1;
            inner.since = now;
        } else if !is_pressed && lasted >= settings.down_after && inner.by_load > 0 {
            inner.by_load -= 1;
            inner.since = now;
        }
        self.publish(&inner);
    }

    /// Pins the level, up to [`MAX_BROWNOUT`], or lets load decide again.
    pub fn pin(&self, level: Option<u8>) {
        let mut inner = self.inner.lock();
        inner.pinned = level.map(|level| level.min(MAX_BROWNOUT));
        self.publish(&inner);
    }

    /// The level that an operator has pinned.
    pub fn pinned(&self) -> Option<u8> {
        self.inner.lock().pinned
    }

    fn publish(&self, inner: &Inner) {
        self.level.store(inner.pinned.unwrap_or(inner.by_load), Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: Settings =
        Settings { up_after: Nanos::from_secs(2), down_after: Nanos::from_secs(30), highest: MAX_BROWNOUT };

    /// Says so every half second, from and to a time in seconds, and lists the times of the steps.
    fn press(brownout: &Brownout, is_pressed: bool, from: u64, to: u64) -> Vec<(u64, u8)> {
        let mut steps = Vec::new();
        for half in from * 2..to * 2 {
            let before = brownout.level();
            brownout.observe(&SETTINGS, is_pressed, Nanos::from_millis(half * 500));
            if brownout.level() != before {
                steps.push((half / 2, brownout.level()));
            }
        }
        steps
    }

    #[test]
    fn up_soon_and_down_slowly() {
        let brownout = Brownout::default();
        assert_eq!(press(&brownout, true, 10, 30), [(12, 1), (14, 2), (16, 3)]);
        assert_eq!(press(&brownout, false, 30, 140), [(60, 2), (90, 1), (120, 0)]);
    }

    #[test]
    fn a_pause_begins_the_count_anew() {
        let brownout = Brownout::default();
        for second in 0..50 {
            press(&brownout, second % 2 == 0, second, second + 1);
        }
        assert_eq!(brownout.level(), 0);
        press(&brownout, true, 50, 53);
        for second in 53..150 {
            assert_eq!(press(&brownout, second % 20 == 0, second, second + 1), []);
        }
        assert_eq!(brownout.level(), 1, "a moment of load every 20 s keeps it from going down, and not up");
    }

    #[test]
    fn pinned_it_stays_whatever_the_load() {
        let brownout = Brownout::default();
        brownout.pin(Some(9));
        assert_eq!((brownout.level(), brownout.pinned()), (3, Some(3)));
        press(&brownout, false, 0, 200);
        assert_eq!(brownout.level(), 3);
        brownout.pin(Some(0));
        press(&brownout, true, 200, 210);
        assert_eq!(brownout.level(), 0);
        brownout.pin(None);
        assert_eq!(brownout.level(), 3, "what load has led to meanwhile");
    }

    #[test]
    fn load_alone_goes_no_further_than_it_may() {
        let brownout = Brownout::default();
        for second in 0..100 {
            brownout.observe(&Settings { highest: 1, ..SETTINGS }, true, Nanos::from_secs(second));
        }
        assert_eq!(brownout.level(), 1);
    }

    #[test]
    fn what_load_may_no_longer_lead_to_is_left_at_once() {
        let brownout = Brownout::default();
        press(&brownout, true, 0, 20);
        assert_eq!(brownout.level(), 3);
        brownout.observe(&Settings { highest: 1, ..SETTINGS }, true, Nanos::from_secs(20));
        assert_eq!(brownout.level(), 1);
    }

    #[test]
    fn routes_go_off_at_their_level() {
        let brownout = Brownout::default();
        assert!(!brownout.is_off(Some(1)));
        brownout.pin(Some(2));
        assert!(brownout.is_off(Some(1)) && brownout.is_off(Some(2)));
        assert!(!brownout.is_off(Some(3)) && !brownout.is_off(None));
    }
}
