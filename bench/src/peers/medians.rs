//! From rounds to one figure each, with its spread, and ratios between peers. Pure.

use serde::{Deserialize, Serialize};

use crate::load::Summary;

/// The medians of all rounds of one peer at one number of connections and one pace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Median {
    /// Who was asked.
    pub target: String,
    /// Over how many connections.
    pub connections: usize,
    /// Requests a second that were due; nothing in the closed loop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offered_per_s: Option<u32>,
    /// Answers a second.
    pub rate: f64,
    /// The slowest round's answers a second.
    pub rate_min: f64,
    /// The fastest round's answers a second.
    pub rate_max: f64,
    /// Median latency, microseconds.
    pub p50_us: f64,
    /// 99th percentile, microseconds.
    pub p99_us: f64,
    /// 99.9th percentile, microseconds.
    pub p999_us: f64,
    /// Processor time of the server's processes for each answer, microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_us: Option<f64>,
    /// Requests without an answer, of all rounds together.
    #[serde(default)]
    pub unanswered: u64,
}

/// One for each peer, number of connections and pace, in the order in which they first appear.
pub fn medians(runs: &[Summary]) -> Vec<Median> {
    let mut groups: Vec<Vec<&Summary>> = Vec::new();
    for run in runs {
        match groups.iter_mut().find(|group| key(group[0]) == key(run)) {
            Some(group) => group.push(run),
            None => groups.push(vec![run]),
        }
    }
    groups.iter().map(|group| of_group(group)).collect()
}

fn key(run: &Summary) -> (&str, usize, Option<u32>) {
    (&run.target, run.connections, run.offered_per_s)
}

fn of_group(group: &[&Summary]) -> Median {
    let sorted = |figure: fn(&Summary) -> Option<f64>| {
        let mut figures: Vec<f64> = group.iter().filter_map(|run| figure(run)).collect();
        figures.sort_by(f64::total_cmp);
        figures
    };
    let median = |figure| middle(&sorted(figure));
    let rates = sorted(|run| Some(run.rate));
    Median {
        target: group[0].target.clone(),
        connections: group[0].connections,
        offered_per_s: group[0].offered_per_s,
        rate: middle(&rates).unwrap_or_default(),
        rate_min: rates.first().copied().unwrap_or_default(),
        rate_max: rates.last().copied().unwrap_or_default(),
        p50_us: median(|run| Some(run.p50_us)).unwrap_or_default(),
        p99_us: median(|run| Some(run.p99_us)).unwrap_or_default(),
        p999_us: median(|run| Some(run.p999_us)).unwrap_or_default(),
        cpu_us: median(|run| run.cpu_us),
        unanswered: group.iter().map(|run| run.unanswered).sum(),
    }
}

/// Of an even number the mean of the two in the middle.
pub(crate) fn middle(sorted: &[f64]) -> Option<f64> {
    let half = sorted.len() / 2;
    let upper = *sorted.get(half)?;
    Some(if sorted.len() % 2 == 1 { upper } else { f64::midpoint(sorted[half - 1], upper) })
}

/// Answers a second of the one for each of the other's over as many connections; nothing where either is missing.
pub fn rate_ratio(medians: &[Median], of: &str, to: &str, connections: usize) -> Option<f64> {
    let of = find(medians, of, connections)?;
    let to = find(medians, to, connections)?;
    Some(of.rate / to.rate)
}

/// The median of this peer in the closed loop over so many connections.
pub fn find<'a>(medians: &'a [Median], target: &str, connections: usize) -> Option<&'a Median> {
    medians
        .iter()
        .find(|median| median.target == target && median.connections == connections && median.offered_per_s.is_none())
}
