//! What the gateway counts, by class and reason. It decides nothing.

use std::array;
use std::time::Instant;

use admission::{CLASSES, Class, Reason};
use hyper::StatusCode;
use metrics::{Counter, Gauge, Histogram};

use super::cache::Outcome;
use crate::telemetry::Registry;

/// The gateway's counters.
pub struct GatewayMetrics {
    answered: [[Counter; 5]; CLASSES],
    seconds: [Histogram; CLASSES],
    refused: [[Counter; Reason::ALL.len()]; CLASSES],
    would_refuse: [[Counter; SHADOWED.len()]; CLASSES],
    /// Tries beyond the first.
    pub retries: Counter,
    /// Answers in place of a refusal: fixed ones, and copies.
    pub degraded: Counter,
    cached: [Counter; Outcome::ALL.len()],
    /// What answers that are kept take, in bytes.
    pub cache_bytes: Gauge,
    /// The share of priorities that the level lets in.
    pub level: Gauge,
    /// The brownout level.
    pub brownout: Gauge,
}

/// For which reasons a shadow refuses.
pub const SHADOWED: [Reason; 3] = [Reason::Level, Reason::QueueDelay, Reason::ClientQuota];

const STATUS_CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

impl GatewayMetrics {
    /// Registers them.
    pub fn new(registry: &Registry) -> Self {
        let of = |class: usize| Class::ALL[class].word();
        let answered = |class: usize, status: usize| {
            let labels = [("class", of(class)), ("status", STATUS_CLASSES[status])];
            registry.counter("tidegate_gateway_requests_total", &labels)
        };
        let refused = |class: usize, reason: usize| {
            let labels = [("class", of(class)), ("reason", Reason::ALL[reason].word())];
            registry.counter("tidegate_gateway_refusals_total", &labels)
        };
        let would_refuse = |class: usize, reason: usize| {
            let labels = [("class", of(class)), ("reason", SHADOWED[reason].word())];
            registry.counter("tidegate_gateway_would_refuse_total", &labels)
        };
        Self {
            answered: array::from_fn(|class| array::from_fn(|status| answered(class, status))),
            seconds: array::from_fn(|class| {
                registry.histogram("tidegate_gateway_request_seconds", &[("class", of(class))])
            }),
            refused: array::from_fn(|class| array::from_fn(|reason| refused(class, reason))),
            would_refuse: array::from_fn(|class| array::from_fn(|reason| would_refuse(class, reason))),
            retries: registry.counter("tidegate_gateway_retries_total", &[]),
            degraded: registry.counter("tidegate_gateway_degraded_total", &[]),
            cached: Outcome::ALL
                .map(|outcome| registry.counter("tidegate_gateway_cache_total", &[("outcome", outcome.word())])),
            cache_bytes: registry.gauge("tidegate_gateway_cache_bytes", &[]),
            level: registry.gauge("tidegate_gateway_admitted_level", &[]),
            brownout: registry.gauge("tidegate_gateway_brownout_level", &[]),
        }
    }

    /// A request was answered, its body not yet sent.
    pub fn answered(&self, class: Class, status: StatusCode, begun: Instant) {
        let kind = usize::from(status.as_u16() / 100).clamp(1, STATUS_CLASSES.len()) - 1;
        self.answered[class as usize][kind].increment(1);
        self.seconds[class as usize].record(begun.elapsed().as_secs_f64());
    }

    /// A request on a route that keeps answers was answered.
    pub fn cached(&self, outcome: Outcome) {
        self.cached[outcome as usize].increment(1);
    }

    /// A request was refused.
    pub fn refused(&self, class: Class, reason: Reason) {
        self.refused[class as usize][reason as usize].increment(1);
    }

    /// So many requests would have been refused by what is only tried: for each of `SHADOWED`, by class.
    pub fn would_refuse(&self, counts: [[u64; CLASSES]; SHADOWED.len()]) {
        for (class, counters) in self.would_refuse.iter().enumerate() {
            for (counter, count) in counters.iter().zip(&counts) {
                counter.absolute(count[class]);
            }
        }
    }
}
