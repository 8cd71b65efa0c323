//! From rounds to one figure each, with its spread, and ratios between peers. Pure.

use serde::Serialize;

use crate::load::Summary;

/// The medians of all rounds of one peer at one number of connections.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Median {
    /// Who was asked.
    pub target: &'static str,
    /// Over how many connections.
    pub connections: usize,
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
}

/// One for each peer and number of connections, in the order in which they first appear.
pub fn medians(runs: &[Summary]) -> Vec<Median> {
    let mut groups: Vec<Vec<&Summary>> = Vec::new();
    for run in runs {
        let same =
            |group: &&mut Vec<&Summary>| group[0].target == run.target && group[0].connections == run.connections;
        match groups.iter_mut().find(same) {
            Some(group) => group.push(run),
            None => groups.push(vec![run]),
        }
    }
    groups.iter().map(|group| of_group(group)).collect()
}

fn of_group(group: &[&Summary]) -> Median {
    let sorted = |figure: fn(&Summary) -> f64| {
        let mut figures: Vec<f64> = group.iter().map(|run| figure(run)).collect();
        figures.sort_by(f64::total_cmp);
        figures
    };
    let rates = sorted(|run| run.rate);
    Median {
        target: group[0].target,
        connections: group[0].connections,
        rate: middle(&rates),
        rate_min: rates[0],
        rate_max: rates[rates.len() - 1],
        p50_us: middle(&sorted(|run| run.p50_us)),
        p99_us: middle(&sorted(|run| run.p99_us)),
    }
}

/// Of an even number the mean of the two in the middle.
fn middle(sorted: &[f64]) -> f64 {
    let half = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[half] } else { f64::midpoint(sorted[half - 1], sorted[half]) }
}

/// Answers a second of the one for each of the other's over as many connections; nothing where either is missing.
pub fn rate_ratio(medians: &[Median], of: &str, to: &str, connections: usize) -> Option<f64> {
    let of = find(medians, of, connections)?;
    let to = find(medians, to, connections)?;
    Some(of.rate / to.rate)
}

/// The median of this peer over so many connections.
pub fn find<'a>(medians: &'a [Median], target: &str, connections: usize) -> Option<&'a Median> {
    medians.iter().find(|median| median.target == target && median.connections == connections)
}
