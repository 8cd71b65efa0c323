//! What the answers of one window say together: the middle latency, because a mean follows one slow answer and a
//! minimum one that did not come from where the work is done. Must not know what the limit becomes of it.

use super::{Outcome, Settings};
use crate::time::Nanos;

/// The latest answers that the middle is taken of: more say no more.
const MOST_LATENCIES: usize = 255;

#[derive(Debug, Default)]
pub(super) struct Window {
    began: Option<Nanos>,
    latencies: Vec<Nanos>,
    served: u32,
    dropped: u32,
    in_flight: u64,
}

impl Window {
    /// Adds an answer, and how many calls were under way when it came, itself among them.
    pub(super) fn add(&mut self, outcome: Outcome, in_flight: u32, now: Nanos) {
        self.began.get_or_insert(now);
        match outcome {
            Outcome::Served(latency) => {
                if self.latencies.len() < MOST_LATENCIES {
                    self.latencies.push(latency);
                } else {
                    self.latencies[self.served as usize % MOST_LATENCIES] = latency;
                }
                self.served = self.served.saturating_add(1);
            }
            Outcome::Dropped => self.dropped = self.dropped.saturating_add(1),
            Outcome::Ignored => return,
        }
        self.in_flight += u64::from(in_flight);
    }

    /// A step needs the answers to calls that began after the one before it, so a slow upstream has long windows.
    pub(super) fn is_over(&self, settings: &Settings, recent: Nanos, now: Nanos) -> bool {
        let age = self.began.map_or(Nanos(0), |began| now.since(began));
        let is_full = self.answers() >= settings.answers && age >= settings.window.max(recent);
        self.answers() > 0 && (is_full || age >= settings.longest_window)
    }

    fn answers(&self) -> u32 {
        self.served.saturating_add(self.dropped)
    }

    pub(super) fn middle(&self) -> Option<Nanos> {
        let mut latencies = self.latencies.clone();
        let middle = latencies.len() / 2;
        (!latencies.is_empty()).then(|| *latencies.select_nth_unstable(middle).1)
    }

    /// The part of the answers, from 0 to 1, that were drops.
    pub(super) fn dropped_part(&self) -> f64 {
        f64::from(self.dropped) / f64::from(self.answers().max(1))
    }

    pub(super) fn mean_in_flight(&self) -> f64 {
        self.in_flight as f64 / f64::from(self.answers().max(1))
    }
}
