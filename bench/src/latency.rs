//! Latencies of requests as a histogram of nanoseconds with three significant digits, read in microseconds.
//! It must not know what was requested.

use std::time::Duration;

use hdrhistogram::Histogram;

/// Everything slower is counted as a minute, so that one stuck request cannot fail a recording.
const LONGEST_NS: u64 = 60_000_000_000;

/// How long requests took.
#[derive(Debug, Clone)]
pub struct Latencies(Histogram<u64>);

impl Latencies {
    /// None recorded yet.
    pub fn new() -> Self {
        // Proof: the bounds are constants that the constructor accepts (low >= 1, high >= 2 * low, 3 <= 5 digits).
        Self(Histogram::new_with_bounds(1, LONGEST_NS, 3).expect("constant bounds are valid"))
    }

    /// Adds one request.
    pub fn record(&mut self, taken: Duration) {
        let nanoseconds = u64::try_from(taken.as_nanos()).unwrap_or(u64::MAX);
        self.0.saturating_record(nanoseconds);
    }

    /// Adds those that somebody else recorded.
    pub fn add(&mut self, other: &Self) {
        // Proof: both have the same bounds, and only a value outside them could fail.
        self.0.add(&other.0).expect("histograms of the same bounds add up");
    }

    /// How many were recorded.
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// The latency in microseconds that the given fraction (0.0 to 1.0) of requests did not exceed; 0 without any.
    pub fn quantile_us(&self, fraction: f64) -> f64 {
        self.0.value_at_quantile(fraction) as f64 / 1e3
    }

    /// The slowest request in microseconds; 0 without any.
    pub fn max_us(&self) -> f64 {
        self.0.max() as f64 / 1e3
    }
}

impl Default for Latencies {
    fn default() -> Self {
        Self::new()
    }
}
