//! What one run amounts to; one line of JSON. It must not know how it was measured.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::latency::Latencies;

/// The figures of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Who was asked.
    pub target: String,
    /// Over how many connections.
    pub connections: usize,
    /// Requests a second that were due; nothing in the closed loop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offered_per_s: Option<u32>,
    /// For how long, without the warm-up.
    pub seconds: f64,
    /// Expected answers in that time; in the open loop to what was due in it.
    pub requests: u64,
    /// Expected answers a second.
    pub rate: f64,
    /// Median latency, microseconds.
    pub p50_us: f64,
    /// 99th percentile, microseconds.
    pub p99_us: f64,
    /// 99.9th percentile, microseconds.
    pub p999_us: f64,
    /// The slowest, microseconds.
    pub max_us: f64,
    /// What the server and its children took of the processors for each answer, microseconds; nothing where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_us: Option<f64>,
    /// Requests of the open loop that had no answer ten seconds after its end. They count in the latencies.
    #[serde(default)]
    pub unanswered: u64,
    /// Unexpected answers, warm-up included. With any, the figures above are worth nothing.
    pub errors: u64,
    /// The first unexpected answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_error: Option<String>,
}

impl Summary {
    /// Sums up a closed loop without errors.
    pub fn new(target: &str, connections: usize, measured: Duration, latencies: &Latencies) -> Self {
        let seconds = measured.as_secs_f64();
        Self {
            target: target.to_owned(),
            connections,
            offered_per_s: None,
            seconds,
            requests: latencies.count(),
            rate: (latencies.count() as f64 / seconds).round(),
            p50_us: latencies.quantile_us(0.5),
            p99_us: latencies.quantile_us(0.99),
            p999_us: latencies.quantile_us(0.999),
            max_us: latencies.max_us(),
            cpu_us: None,
            unanswered: 0,
            errors: 0,
            first_error: None,
        }
    }
}
