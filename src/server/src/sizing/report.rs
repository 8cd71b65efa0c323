//! What was measured and what is planned, as tables, TOML and JSON. It computes nothing.

use std::fmt::Write;

use indicatif::{BinaryBytes, HumanCount};
use serde::Serialize;

use super::measured::{ByLines, Measured};
use super::model::{Plan, Target};

/// What `bench-self` found, for a person.
pub fn measured_table(measured: &Measured) -> String {
    let mut table = format!("{:<34} {:>14} {:>18}\n", "", "one line", "each further line");
    let mut row = |what: &str, one: String, further: String| line(&mut table, &[what, &one, &further]);
    let ns = |figure: f64| format!("{} ns", count(figure));
    let by_lines = |cost: ByLines| (ns(cost.first_line), ns(cost.further_line));
    for (what, cost) in [
        ("parse a body", measured.parse_ns),
        ("decide and apply", measured.decide_and_apply_ns),
        ("encode the record", measured.encode_ns),
        ("write the answer", measured.serialise_ns),
    ] {
        let (one, further) = by_lines(cost);
        row(what, one, further);
    }
    row("hash an idempotency key", ns(measured.hash_ns), String::new());
    row("find endpoint and shard", ns(measured.route_ns), String::new());
    let bytes = |figure: f64| format!("{} B", count(figure));
    row("a record of the log", bytes(measured.record_bytes.first_line), bytes(measured.record_bytes.further_line));
    let us = |figure: f64| format!("{figure:.1} us");
    table.push('\n');
    let mut row = |what: &str, p50: String, p99: String| line(&mut table, &[what, &p50, &p99]);
    row("", "p50".to_owned(), "p99".to_owned());
    row("write and fdatasync of 4 KiB", us(measured.sync_4k_p50_us), us(measured.sync_4k_p99_us));
    row("write and fdatasync of 256 KiB", us(measured.sync_256k_p50_us), String::new());
    row("cores", measured.cores.to_string(), String::new());
    table
}

fn line(into: &mut String, [what, one, other]: &[&str; 3]) {
    let line = format!("{what:<34} {one:>14} {other:>18}");
    into.push_str(line.trim_end());
    into.push('\n');
}

fn count(figure: f64) -> String {
    HumanCount(figure.round() as u64).to_string()
}

/// What a figure of a plan rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Basis {
    /// Arithmetic on what was measured on this machine.
    Measured,
    /// It rests on figures of another machine, or on a machine that nobody has measured.
    Extrapolated,
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum Unit {
    Cores,
    ReservationsASecond,
    Microseconds,
    Records,
    Bytes,
}

#[derive(Debug, Serialize)]
struct Figure {
    name: &'static str,
    value: f64,
    unit: Unit,
    basis: Basis,
    #[serde(skip)]
    what: &'static str,
}

impl Figure {
    fn text(&self) -> String {
        match self.unit {
            Unit::Cores => format!("{:.1} cores", self.value),
            Unit::ReservationsASecond => format!("{} /s", count(self.value)),
            Unit::Microseconds => format!("{} us", count(self.value)),
            Unit::Records => format!("{:.1} records", self.value),
            Unit::Bytes => BinaryBytes(self.value.round() as u64).to_string(),
        }
    }
}

fn figures(plan: &Plan) -> Vec<Figure> {
    use Basis::{Extrapolated, Measured};
    use Unit::{Bytes, Cores, Microseconds, Records, ReservationsASecond};
    let figure = |name, what, value, unit, basis| Figure { name, value, unit, basis, what };
    vec![
        figure("cores", "cores at the peak, 70 % busy", plan.cores, Cores, Extrapolated),
        figure("node_rps", "such a node takes at most", plan.node_rps, ReservationsASecond, Extrapolated),
        figure("sku_rps", "one SKU takes at most", plan.sku_rps, ReservationsASecond, Extrapolated),
        figure("commit_p50_us", "group commit, p50 at the peak", plan.commit_us, Microseconds, Measured),
        figure("group_records", "records of a group at the peak", plan.group_records, Records, Measured),
        figure("log_bytes_a_day", "log, written a day", plan.log_bytes_a_day, Bytes, Measured),
        figure("log_bytes", "log, on disk", plan.log_bytes, Bytes, Measured),
        figure("store_bytes_a_day", "store, added a day", plan.store_bytes_a_day, Bytes, Extrapolated),
        figure("store_bytes", "store, on disk", plan.store_bytes, Bytes, Extrapolated),
        figure("queue_memory_bytes", "memory, queues", plan.queue_memory_bytes, Bytes, Measured),
        figure("sku_memory_bytes", "memory, SKUs", plan.sku_memory_bytes, Bytes, Extrapolated),
        figure("live_memory_bytes", "memory, live reservations", plan.live_memory_bytes, Bytes, Extrapolated),
        figure("ended_memory_bytes", "memory, ended ones remembered", plan.ended_memory_bytes, Bytes, Extrapolated),
        figure("memory_bytes", "memory, all of the process", plan.memory_bytes, Bytes, Extrapolated),
    ]
}

/// The keys of the configuration that a plan sets; all others keep their defaults.
#[derive(Debug, Serialize)]
struct Settings {
    engine: Engine,
    log: Log,
    store: Store,
}

#[derive(Debug, Serialize)]
struct Engine {
    shards: u64,
    io_threads: u64,
    queue_capacity: u64,
    default_ttl_ms: u64,
    max_hold_ms: u64,
    max_reservations: u64,
    max_skus: u64,
}

#[derive(Debug, Serialize)]
struct Log {
    retention_bytes: u64,
}

#[derive(Debug, Serialize)]
struct Store {
    history_days: u64,
}

impl From<&Plan> for Settings {
    fn from(plan: &Plan) -> Self {
        Self {
            engine: Engine {
                shards: plan.shards,
                io_threads: plan.io_threads,
                queue_capacity: plan.queue_capacity,
                default_ttl_ms: plan.default_ttl_ms,
                max_hold_ms: plan.max_hold_ms,
                max_reservations: plan.max_reservations,
                max_skus: plan.max_skus,
            },
            log: Log { retention_bytes: plan.log_retention_bytes },
            store: Store { history_days: plan.history_days },
        }
    }
}

const SPEAKS: &str = "\
# measured: arithmetic on what was measured on the machine, one stage at a time.
# extrapolated: rests on runs of the whole program on another machine, or on more cores than were
# measured. docs/performance.md, \"Sizing\", has every formula. Load-test before you rely on it.
# Confirmed reservations that wait for their shipment are live too: add them to max_reservations.
";

/// A plan for a person: TOML that can be pasted, everything else as its comments.
pub fn plan_toml(target: &Target, node: &Measured, plan: &Plan) -> String {
    let Target { peak_rps, mean_rps, skus, ttl_s, lines, retention_s } = target;
    let cores = node.cores;
    let mut text = format!(
        "# {} reservations a second at the peak ({} in the mean), {} SKUs, held for {ttl_s} s, {lines} line(s) each,\n\
         # history of {retention_s} s, a node of {cores} core(s).\n#\n",
        count(*peak_rps),
        count(*mean_rps),
        HumanCount(*skus)
    );
    for figure in figures(plan) {
        let basis = match figure.basis {
            Basis::Measured => "measured",
            Basis::Extrapolated => "extrapolated",
        };
        // Writing a text into memory has no way to fail.
        let _ = writeln!(text, "# {:<30} {:>16}   {basis}", figure.what, figure.text());
    }
    text.push_str("#\n");
    text.push_str(SPEAKS);
    text.push('\n');
    let settings = toml::to_string(&Settings::from(plan));
    text.push_str(&settings.expect("three tables of whole numbers are TOML"));
    text
}

/// A plan for a program.
#[derive(Debug, Serialize)]
pub struct PlanReport {
    config: Settings,
    figures: Vec<Figure>,
}

impl From<&Plan> for PlanReport {
    fn from(plan: &Plan) -> Self {
        Self { config: Settings::from(plan), figures: figures(plan) }
    }
}

#[cfg(test)]
mod tests {
    use super::measured_table;
    use crate::sizing::sample_machine;

    #[test]
    fn every_figure_of_a_machine_is_told_with_its_unit() {
        let table = measured_table(&sample_machine());
        let rows: Vec<Vec<_>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
        for row in [
            &["parse", "a", "body", "1,500", "ns", "200", "ns"][..],
            &["decide", "and", "apply", "2,000", "ns", "800", "ns"],
            &["encode", "the", "record", "400", "ns", "100", "ns"],
            &["write", "the", "answer", "600", "ns", "100", "ns"],
            &["hash", "an", "idempotency", "key", "400", "ns"],
            &["find", "endpoint", "and", "shard", "100", "ns"],
            &["a", "record", "of", "the", "log", "246", "B", "100", "B"],
            &["write", "and", "fdatasync", "of", "4", "KiB", "100.0", "us", "300.0", "us"],
            &["write", "and", "fdatasync", "of", "256", "KiB", "358.0", "us"],
            &["cores", "4"],
        ] {
            assert!(rows.iter().any(|found| found == row), "{row:?} is missing:\n{table}");
        }
    }
}
