//! What `bench-self` finds out about a machine, and the form in which `plan` reads it again. It measures nothing itself.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::ServerError;

/// The form's version.
const FORMAT: u32 = 1;
/// More than anything costs: a second in nanoseconds.
const MOST: f64 = 1e9;
/// More cores than any machine has.
pub const MOST_CORES: u32 = 4096;

/// What a reservation costs on a machine. Times are medians.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    /// The version of this form.
    pub format: u32,
    /// Cores that a process may use.
    pub cores: u32,
    /// 4 KiB written and synced as the log does it, in microseconds.
    pub sync_4k_p50_us: f64,
    /// The same, but for one of a hundred.
    pub sync_4k_p99_us: f64,
    /// 256 KiB written and synced, in microseconds.
    pub sync_256k_p50_us: f64,
    /// From an idempotency key to an id (SHA-256).
    pub hash_ns: f64,
    /// From method and path to the handler, and from a SKU to its shard.
    pub route_ns: f64,
    /// From a body to a command, in nanoseconds.
    pub parse_ns: ByLines,
    /// From a command to changed books, in nanoseconds.
    pub decide_and_apply_ns: ByLines,
    /// From an event to a record, in nanoseconds.
    pub encode_ns: ByLines,
    /// From a reservation to an answer, in nanoseconds.
    pub serialise_ns: ByLines,
    /// A record's bytes.
    pub record_bytes: ByLines,
}

/// Something that a reservation's lines add to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ByLines {
    /// With one line.
    pub first_line: f64,
    /// What each further one adds.
    pub further_line: f64,
}

impl ByLines {
    /// From what it is with one line and with `lines`, which are more.
    pub fn between(one: f64, many: f64, lines: usize) -> Self {
        Self { first_line: one, further_line: ((many - one) / (lines - 1) as f64).max(0.0) }
    }

    /// With so many lines, one or more.
    pub fn at(self, lines: u64) -> f64 {
        self.first_line + self.further_line * lines.saturating_sub(1) as f64
    }
}

impl Measured {
    /// The form that this build writes.
    pub const FORMAT: u32 = FORMAT;

    /// Reads what `bench-self --json` has printed.
    pub fn read(path: &Path) -> Result<Self, ServerError> {
        let refused = |reason| ServerError::Measured { path: path.to_owned(), reason };
        let text = fs::read_to_string(path).map_err(|error| refused(error.to_string()))?;
        let measured: Self = serde_json::from_str(&text).map_err(|error| refused(error.to_string()))?;
        measured.check().map_err(refused)?;
        Ok(measured)
    }

    /// What all stages take of a processor for a reservation of so many lines, in nanoseconds.
    pub fn stages_ns(&self, lines: u64) -> f64 {
        let by_lines = [self.parse_ns, self.decide_and_apply_ns, self.encode_ns, self.serialise_ns];
        self.hash_ns + self.route_ns + by_lines.iter().map(|cost| cost.at(lines)).sum::<f64>()
    }

    fn check(&self) -> Result<(), String> {
        if self.format != FORMAT {
            return Err(format!("it has format {}, and this build reads {FORMAT}", self.format));
        }
        if !(1..=MOST_CORES).contains(&self.cores) {
            return Err(format!("`cores` must be 1 to {MOST_CORES}"));
        }
        let by_lines = [
            ("parse_ns", self.parse_ns),
            ("decide_and_apply_ns", self.decide_and_apply_ns),
            ("encode_ns", self.encode_ns),
            ("serialise_ns", self.serialise_ns),
            ("record_bytes", self.record_bytes),
        ];
        let firsts = by_lines.map(|(name, cost)| (name, cost.first_line));
        let singles = [
            ("sync_4k_p50_us", self.sync_4k_p50_us),
            ("sync_4k_p99_us", self.sync_4k_p99_us),
            ("sync_256k_p50_us", self.sync_256k_p50_us),
            ("hash_ns", self.hash_ns),
            ("route_ns", self.route_ns),
        ];
        let is_cost = |figure: f64| figure.is_finite() && (0.0..=MOST).contains(&figure);
        let bad_single = singles.into_iter().chain(firsts).find(|(_, figure)| !is_cost(*figure) || *figure == 0.0);
        let bad_further = by_lines.into_iter().map(|(name, cost)| (name, cost.further_line));
        let bad = bad_single.or_else(|| bad_further.into_iter().find(|(_, figure)| !is_cost(*figure)));
        match bad {
            Some((name, figure)) => Err(format!("`{name}` is {figure}, which is no cost: measure again")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ByLines, Measured};
    use crate::sizing::sample_machine;

    #[test]
    fn a_line_more_costs_a_line_more_and_never_less() {
        let cost = ByLines::between(100.0, 300.0, 11);
        assert_eq!(cost, ByLines { first_line: 100.0, further_line: 20.0 });
        assert_eq!([1, 2, 100].map(|lines| cost.at(lines) as u64), [100, 120, 2080]);
        let noise = ByLines::between(100.0, 90.0, 11);
        assert_eq!(noise, ByLines { first_line: 100.0, further_line: 0.0 }, "noise is no gain");
    }

    #[test]
    fn what_is_no_cost_is_refused_by_name() {
        let good = sample_machine();
        assert_eq!(good.check(), Ok(()));
        let refusal = |change: fn(&mut Measured)| {
            let mut bad = good.clone();
            change(&mut bad);
            bad.check().expect_err("it is no cost")
        };
        assert!(refusal(|bad| bad.format = 2).contains("format 2"));
        assert!(refusal(|bad| bad.cores = 0).contains("`cores`"));
        assert!(refusal(|bad| bad.hash_ns = 0.0).contains("`hash_ns`"));
        assert!(refusal(|bad| bad.sync_4k_p50_us = f64::NAN).contains("`sync_4k_p50_us`"));
        assert!(refusal(|bad| bad.parse_ns.first_line = -1.0).contains("`parse_ns`"));
        assert!(refusal(|bad| bad.encode_ns.further_line = f64::INFINITY).contains("`encode_ns`"));
    }

    #[test]
    fn what_is_printed_is_read_again() {
        let dir = tempfile::tempdir().expect("a directory");
        let (file, machine) = (dir.path().join("machine.json"), sample_machine());
        std::fs::write(&file, serde_json::to_string(&machine).expect("numbers are JSON")).expect("writable");
        assert_eq!(Measured::read(&file).expect("it was written so"), machine);
        std::fs::write(&file, "{}").expect("writable");
        let error = Measured::read(&file).expect_err("it has nothing").to_string();
        assert!(error.contains("machine.json") && error.contains("missing field"), "{error}");
    }
}
