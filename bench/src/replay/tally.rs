//! What is counted while the day runs. It must not know HTTP; whoever learns an outcome counts it here.

use std::collections::BTreeMap;

use crate::latency::Latencies;

/// Counts of one replay.
#[derive(Debug, Default)]
pub struct Tally {
    /// How long each answered request took, retried ones each for itself.
    pub latencies: Latencies,
    /// How often a request was sent again.
    pub retries: u64,
    /// Requests whose outcome stayed unknown: the connection kept breaking.
    pub unanswered: u64,
    /// Units reserved.
    pub reserved_units: u64,
    /// Units confirmed.
    pub confirmed_units: u64,
    /// Units released.
    pub released_units: u64,
    /// Units by which on-hand was adjusted upward.
    pub adjusted_units: u64,
    /// Releases that were left out because their reservation had been refused.
    pub moot_releases: u64,
    /// Refusals by their stable word.
    pub refused: BTreeMap<String, u64>,
}

impl Tally {
    /// Counts a refusal.
    pub fn refuse(&mut self, code: String) {
        *self.refused.entry(code).or_default() += 1;
    }
}
