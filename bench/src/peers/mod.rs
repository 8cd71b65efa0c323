//! The comparison: Tidegate, peers and proxies on one machine in one run, with interleaved rounds, because absolute figures
//! move from machine to machine and only ratios of one run count. It must not know how load is made.

mod figures;
pub mod medians;
mod page;
mod plan;
mod plots;
mod readme;
mod results;
mod rounds;
mod start;
pub mod subject;
mod targets;

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::calendar::today;
use crate::load::Summary;
use crate::machine::Machine;
use crate::{Error, disk};
use medians::{Median, medians};
use rounds::Rounds;

pub use page::markdown;
pub use plan::{CONNECTIONS, Case, Guest, MANY, MOST, OPEN_PERCENT, Plan, SOME, Section};
pub use plots::plots;
pub use readme::{latest, rewritten};
pub use results::{read, write};
pub use start::{Programs, Tigerbeetle};
pub use targets::{Row, rows};

/// As many as Tidegate asks for to keep its own limits.
const DESCRIPTORS: u64 = 65_600;

/// What to compare and how long.
#[derive(Debug, Clone)]
pub struct Options {
    /// Whom to start.
    pub programs: Programs,
    /// What to measure.
    pub plan: Plan,
    /// Data is written into a temporary directory in here, and so is the disk's probe.
    pub work_dir: PathBuf,
    /// How often each measurement is made; at least 1.
    pub rounds: usize,
    /// How long each takes.
    pub measured: Duration,
}

/// The whole run: the facts, every round, and the medians.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The day, UTC.
    pub date: String,
    /// What it ran on.
    pub machine: Machine,
    /// A 4 KiB write and its sync into preallocated space, microseconds, median.
    pub fdatasync_p50_us: f64,
    /// The parts of it, by their words; empty for all.
    pub only: Vec<String>,
    /// Rounds of each measurement.
    pub rounds: usize,
    /// Seconds of each.
    pub seconds: f64,
    /// Every measurement in the order in which it was made.
    pub runs: Vec<Summary>,
    /// For each who was measured, number of connections, and rate that was offered.
    pub medians: Vec<Median>,
}

/// Starts the programs anew for each round, measures them in turns, and stops them. Tells of each measurement.
pub fn compare(options: &Options) -> Result<Comparison, Error> {
    // Both ends of each connection: what the programs inherit, and ours. Where the system does not let us, opening will fail.
    let _ = rlimit::increase_nofile_limit(DESCRIPTORS);
    let work = crate::work_directory(Some(&options.work_dir))?;
    let fdatasync_p50_us = disk::fdatasync_p50_us(work.path())?;
    let mut rounds = Rounds::new(options);
    let plan = &options.plan;
    let mut runs = rounds.play(&plan.closed())?;
    let open = plan.open(&medians(&runs));
    runs.extend(rounds.play(&open)?);
    runs.extend(rounds.play(&plan.proxies())?);
    Ok(Comparison {
        date: today(),
        machine: Machine::read(),
        fdatasync_p50_us,
        only: if plan.is_part() { plan.sections.iter().map(|section| section.word()).collect() } else { Vec::new() },
        rounds: options.rounds,
        seconds: options.measured.as_secs_f64(),
        medians: medians(&runs),
        runs,
    })
}
