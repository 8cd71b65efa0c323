//! What keeps the projection up beside the reservations, and why a part of it does not go on. It decides
//! nothing: it remembers.

use crate::sync::Mutex;

/// A part of the upkeep; each may fail by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upkeep {
    /// Following the log.
    Following,
    /// Making durable what was followed, and letting go of the log below.
    Checkpoints,
    /// Letting go of history that is old enough.
    Forgetting,
}

impl Upkeep {
    const ALL: [Self; 3] = [Self::Following, Self::Checkpoints, Self::Forgetting];

    /// The reason, the same in answer, metric and log.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Following => "store_failing",
            Self::Checkpoints => "checkpoints_failing",
            Self::Forgetting => "forgetting_failing",
        }
    }
}

/// Why parts of the upkeep do not go on, as long as they do not.
#[derive(Debug, Default)]
pub(crate) struct Failures([Mutex<Option<String>>; Upkeep::ALL.len()]);

impl Failures {
    pub(crate) fn of(&self, part: Upkeep) -> Option<String> {
        self.0[part as usize].lock().clone()
    }

    pub(crate) fn note(&self, part: Upkeep, failure: Option<String>) {
        *self.0[part as usize].lock() = failure;
    }

    pub(crate) fn all(&self) -> Vec<(Upkeep, String)> {
        Upkeep::ALL.into_iter().filter_map(|part| Some((part, self.of(part)?))).collect()
    }
}
