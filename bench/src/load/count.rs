//! What is counted of a run's answers. In the closed loop an answer counts by when it came, in the open loop by when it was
//! due. It must not know connections.

use std::time::Instant;

use super::{Job, Pace, Summary};
use crate::latency::Latencies;

/// The answers of one run.
pub(super) struct Count {
    pace: Pace,
    start: Instant,
    end: Instant,
    /// Of requests that count.
    latencies: Latencies,
    /// Answers to such that came before the end.
    answered: u64,
    /// Answers that came while it was measured, be it to requests that were due before.
    completed: u64,
    unanswered: u64,
    errors: u64,
    first_error: Option<String>,
}

impl Count {
    pub(super) fn new(pace: Pace, start: Instant, end: Instant) -> Self {
        let latencies = Latencies::new();
        Self { pace, start, end, latencies, answered: 0, completed: 0, unanswered: 0, errors: 0, first_error: None }
    }

    /// An unexpected answer is an error at any time, warm-up included.
    pub(super) fn answer(&mut self, expected: bool, since: Instant, at: Instant, excerpt: impl FnOnce() -> String) {
        if !expected {
            self.errors += 1;
            self.first_error.get_or_insert_with(excerpt);
            return;
        }
        let is_within = |moment: Instant| moment >= self.start && moment < self.end;
        self.completed += u64::from(is_within(at));
        if is_within(if self.pace == Pace::Closed { at } else { since }) {
            self.latencies.record(at - since);
            self.answered += u64::from(at < self.end);
        }
    }

    /// A request that was due and has no answer when nobody waits any longer: it has taken so long at least.
    pub(super) fn give_up(&mut self, since: Instant, now: Instant) {
        if since >= self.start {
            self.unanswered += 1;
            self.latencies.record(now.saturating_duration_since(since));
        }
    }

    pub(super) fn into_summary(self, job: &Job<'_>, processor_s: Option<f64>) -> Summary {
        let mut summary = Summary::new(job.name, job.connections, job.span.measured, &self.latencies);
        summary.requests = self.answered;
        summary.rate = (self.answered as f64 / summary.seconds).round();
        if let Pace::Open { rate_per_s } = self.pace {
            summary.offered_per_s = Some(rate_per_s);
        }
        summary.cpu_us =
            processor_s.filter(|_| self.completed > 0).map(|seconds| seconds * 1e6 / self.completed as f64);
        Summary { unanswered: self.unanswered, errors: self.errors, first_error: self.first_error, ..summary }
    }
}
