//! The latency of the upstream without a queue: the least of lately, measured now and then while little is under way,
//! as BBR probes for its round trip (Cardwell et al. 2016). Without that, a queue that always stands would become the
//! base, and the next queue would be added to it. Must not know how the limit moves.

use super::Settings;
use crate::least::Least;
use crate::time::Nanos;

/// A window with no more than this part of what fills the upstream has no queue in it.
const QUIET_PART: f64 = 0.9;

/// The least latency of lately: an upstream that has become slower for good gets its limit back.
#[derive(Debug, Default)]
pub(super) struct Base {
    least: Least,
    /// Whether this spell has had a window in which little was under way.
    was_quiet: bool,
    /// How many calls fill the upstream without waiting there, when last the limit was used.
    pipe: f64,
}

/// Whose calls are held back for a quiet window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Probe {
    None,
    /// The rest have what is quiet.
    RestHeldBack,
    /// The rest have next to nothing: vital calls alone may be few enough.
    VitalAlone,
    /// All have what is quiet.
    AllHeldBack,
}

impl Base {
    pub(super) fn latency(&self) -> Option<Nanos> {
        self.least.get()
    }

    pub(super) fn set_pipe(&mut self, pipe: f64) {
        self.pipe = pipe;
    }

    /// With so many calls under way, no queue is left.
    pub(super) fn quiet(&self, limit: f64) -> f64 {
        (self.pipe * QUIET_PART).clamp(limit / 2.0, limit)
    }

    pub(super) fn observe(&mut self, settings: &Settings, latency: Nanos, is_quiet: bool, now: Nanos) {
        let is_new_spell = self.least.observe(settings.base_memory, latency, now);
        self.was_quiet = is_quiet || (self.was_quiet && !is_new_spell);
    }

    /// In the last part of a spell that has not had a quiet window yet: first by turning away some of what matters
    /// less, then nearly all of that, and if that was not enough either, some of everybody.
    pub(super) fn probe(&self, settings: &Settings, now: Nanos) -> Probe {
        let twentieths = now.since(self.least.began()).0 / (settings.base_memory.0 / 20).max(1);
        match twentieths {
            _ if self.was_quiet => Probe::None,
            0..17 => Probe::None,
            17 => Probe::RestHeldBack,
            18 => Probe::VitalAlone,
            _ => Probe::AllHeldBack,
        }
    }
}
