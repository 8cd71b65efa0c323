//! What the platform has seen. Bounded whatever is asked of it. It must not know why.

use std::collections::{BTreeMap, HashSet, VecDeque};

use serde::Serialize;

/// Kinds of paths that are told apart; all others are one.
const MOST_KINDS: usize = 64;
const OTHERS: &str = "others";
/// Request ids that are remembered, to see which come again: far more than are under way at once.
const MOST_IDS: usize = 65_536;

/// The figures.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// All of them.
    pub calls: u64,
    /// By the first segment of the path, of which the scenarios have one for each class.
    pub calls_by_kind: BTreeMap<String, u64>,
    /// Calls with an `X-Request-Id` that was seen before.
    pub retries: u64,
    /// Refused for a full line.
    pub refused: u64,
    /// Under way now.
    pub in_flight: u64,
    /// The most that were under way at once.
    pub peak_in_flight: u64,
}

/// The figures and what they are made of.
#[derive(Debug, Default)]
pub(super) struct Tally {
    stats: Stats,
    ids: HashSet<Vec<u8>>,
    ids_in_order: VecDeque<Vec<u8>>,
}

impl Tally {
    pub(super) fn stats(&self) -> Stats {
        self.stats.clone()
    }

    pub(super) fn began(&mut self, path: &str, id: Option<&[u8]>) {
        let kind = path.trim_start_matches('/').split('/').next().unwrap_or_default();
        let kinds = &mut self.stats.calls_by_kind;
        let is_told_apart = kinds.contains_key(kind) || kinds.len() < MOST_KINDS;
        *kinds.entry(if is_told_apart { kind } else { OTHERS }.to_owned()).or_default() += 1;
        self.stats.calls += 1;
        self.stats.in_flight += 1;
        self.stats.peak_in_flight = self.stats.peak_in_flight.max(self.stats.in_flight);
        if let Some(id) = id {
            self.saw(id);
        }
    }

    pub(super) fn refused(&mut self) {
        self.stats.refused += 1;
    }

    pub(super) fn ended(&mut self) {
        self.stats.in_flight -= 1;
    }

    fn saw(&mut self, id: &[u8]) {
        if !self.ids.insert(id.to_vec()) {
            self.stats.retries += 1;
            return;
        }
        self.ids_in_order.push_back(id.to_vec());
        if self.ids_in_order.len() > MOST_IDS
            && let Some(oldest) = self.ids_in_order.pop_front()
        {
            self.ids.remove(&oldest);
        }
    }
}
