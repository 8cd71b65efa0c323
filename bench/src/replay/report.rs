//! What a replay amounts to, as a table for a person. It must not decide anything but whether the replay was sound.

use std::fmt::{self, Write as _};
use std::time::Duration;

use super::plan::Plan;
use super::reconcile::Difference;
use super::tally::Tally;

/// So many differences are shown one by one.
const SHOWN: usize = 20;

/// How many of what the plan had.
#[derive(Debug, Clone, Copy)]
pub struct Planned {
    invoices: usize,
    carts: usize,
    split_carts: usize,
    lines: usize,
}

impl From<&Plan> for Planned {
    fn from(plan: &Plan) -> Self {
        let Plan { invoices, carts, split_carts, lines, .. } = *plan;
        Self { invoices, carts, split_carts, lines }
    }
}

/// The replay's outcome.
#[derive(Debug)]
pub struct Report {
    /// What the plan had.
    pub planned: Planned,
    /// What was counted.
    pub tally: Tally,
    /// From the first operation to the last answer.
    pub elapsed: Duration,
    /// How many SKUs were compared.
    pub skus: usize,
    /// Where books and server do not agree.
    pub differences: Vec<Difference>,
}

impl Report {
    /// Every outcome is known and every unit is where the books have it.
    pub fn is_sound(&self) -> bool {
        self.differences.is_empty() && self.tally.unanswered == 0
    }

    fn rows(&self) -> Vec<(String, String)> {
        let (planned, tally) = (&self.planned, &self.tally);
        let rate = tally.latencies.count() as f64 / self.elapsed.as_secs_f64().max(1e-9);
        let quantile_ms = |fraction| format!("{:.2} ms", tally.latencies.quantile_us(fraction) / 1e3);
        let mut rows = vec![
            ("invoices", planned.invoices.to_string()),
            ("carts", planned.carts.to_string()),
            ("carts split into reservations of 100 lines", planned.split_carts.to_string()),
            ("lines", planned.lines.to_string()),
            ("units reserved", tally.reserved_units.to_string()),
            ("units confirmed", tally.confirmed_units.to_string()),
            ("units released", tally.released_units.to_string()),
            ("units adjusted upward", tally.adjusted_units.to_string()),
            ("releases of refused reservations, left out", tally.moot_releases.to_string()),
            ("requests sent again", tally.retries.to_string()),
            ("requests without an answer", tally.unanswered.to_string()),
            ("requests/s", format!("{rate:.0}")),
            ("latency p50", quantile_ms(0.5)),
            ("latency p99", quantile_ms(0.99)),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect::<Vec<_>>();
        rows.extend(tally.refused.iter().map(|(code, count)| (format!("refused: {code}"), count.to_string())));
        rows.push(("SKUs reconciled".to_owned(), self.skus.to_string()));
        rows.push(("SKUs that differ".to_owned(), self.differences.len().to_string()));
        let units: u64 = self.differences.iter().map(Difference::units).sum();
        rows.push(("units that differ".to_owned(), units.to_string()));
        rows
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in self.rows() {
            writeln!(formatter, "{name:<44}{value:>12}")?;
        }
        for difference in self.differences.iter().take(SHOWN) {
            let Difference { sku, booked, found } = difference;
            let found = found.map_or_else(|| "unknown to the server".to_owned(), |found| format!("{found:?}"));
            writeln!(formatter, "{sku}: booked {booked:?}, found {found}")?;
        }
        if self.differences.len() > SHOWN {
            writeln!(formatter, "... and {} more", self.differences.len() - SHOWN)?;
        }
        formatter.write_char(if self.is_sound() { '✓' } else { '✗' })?;
        formatter.write_str(if self.is_sound() {
            " every unit is where the answers put it\n"
        } else {
            " not every unit is accounted for\n"
        })
    }
}
