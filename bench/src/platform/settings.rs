//! What the platform is like, and how that is changed while it runs. It must not know how a call is answered.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The least status that says that the platform failed.
const FIRST_ERROR: u16 = 500;

/// How it behaves. The defaults are a platform of 200 calls a second.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Settings {
    /// What a call takes on average, in milliseconds: half of it surely, the rest by chance (exponential).
    pub service_ms: f64,
    /// Calls worked on at once.
    pub workers: usize,
    /// Calls that may wait for a worker; more are answered 503.
    pub queue: usize,
    /// How many times longer than `service_ms` calls take now.
    pub slow: f64,
    /// The part of the calls that is answered with an error: `status`, if that is one, else 500.
    pub error_rate: f64,
    /// The status of answers. An error is answered at once, without a worker: to all, or to the part that `error_rate` says.
    pub status: u16,
    /// Calls are never answered.
    pub hang: bool,
    /// The pause after each byte of an answer's body, in milliseconds; 0 sends it at once.
    pub trickle_ms: u64,
    /// Connections are broken off instead of an answer.
    pub reset: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            service_ms: 100.0,
            workers: 20,
            queue: 1_000,
            slow: 1.0,
            error_rate: 0.0,
            status: 200,
            hang: false,
            trickle_ms: 0,
            reset: false,
        }
    }
}

/// Any of the settings; what is missing stays as it is.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Change {
    service_ms: Option<f64>,
    workers: Option<usize>,
    queue: Option<usize>,
    slow: Option<f64>,
    error_rate: Option<f64>,
    status: Option<u16>,
    hang: Option<bool>,
    trickle_ms: Option<u64>,
    reset: Option<bool>,
}

impl Settings {
    /// The settings after a change; what is wrong with it in words if they cannot be.
    pub fn changed(&self, change: &Change) -> Result<Self, String> {
        let next = Self {
            service_ms: change.service_ms.unwrap_or(self.service_ms),
            workers: change.workers.unwrap_or(self.workers),
            queue: change.queue.unwrap_or(self.queue),
            slow: change.slow.unwrap_or(self.slow),
            error_rate: change.error_rate.unwrap_or(self.error_rate),
            status: change.status.unwrap_or(self.status),
            hang: change.hang.unwrap_or(self.hang),
            trickle_ms: change.trickle_ms.unwrap_or(self.trickle_ms),
            reset: change.reset.unwrap_or(self.reset),
        };
        next.check()?;
        Ok(next)
    }

    /// What is wrong with them, in words.
    pub fn check(&self) -> Result<(), String> {
        let rules = [
            ((0.0..=60_000.0).contains(&self.service_ms), "service_ms is 0 to 60000"),
            ((1..=10_000).contains(&self.workers), "workers is 1 to 10000"),
            (self.queue <= 1_000_000, "queue is 0 to 1000000"),
            ((0.01..=1_000.0).contains(&self.slow), "slow is 0.01 to 1000"),
            ((0.0..=1.0).contains(&self.error_rate), "error_rate is 0 to 1"),
            ((200..=599).contains(&self.status), "status is 200 to 599"),
            (self.trickle_ms <= 60_000, "trickle_ms is 0 to 60000"),
        ];
        rules.iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, rule)| Err((*rule).to_owned()))
    }

    /// The error that a call is answered with, if it is; `chance` is 0 to 1, 1 excluded.
    pub fn error(&self, chance: f64) -> Option<u16> {
        let is_error = if self.error_rate > 0.0 { chance < self.error_rate } else { self.status >= FIRST_ERROR };
        is_error.then(|| self.status.max(FIRST_ERROR))
    }

    /// The status of an answer that was worked on.
    pub fn served(&self) -> u16 {
        if self.status >= FIRST_ERROR { 200 } else { self.status }
    }

    /// Calls a second that can be worked off.
    pub fn capacity_per_s(&self) -> f64 {
        self.workers as f64 * 1e3 / (self.service_ms * self.slow)
    }

    /// What one call takes; `chance` is 0 to 1, 1 excluded.
    pub fn service(&self, chance: f64) -> Duration {
        let mean_ms = self.service_ms * self.slow;
        Duration::from_secs_f64(mean_ms * (0.5 - 0.5 * (1.0 - chance).ln()) / 1e3)
    }
}
