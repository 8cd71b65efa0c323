//! The comparison: Tidegate, hyper alone and Redis on one machine in one run, with interleaved rounds, because absolute
//! figures move from machine to machine and only ratios of one run count. It must not know how load is made.

pub mod disk;
pub(crate) mod machine;
pub mod medians;
mod program;
mod results;

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;

use crate::Error;
use crate::calendar::Moment;
use crate::load::{Span, Summary, run};
use machine::Machine;
use medians::Median;
use program::Peer;

pub use results::{markdown, write};

/// Numbers of connections that every peer is asked over.
pub const CONNECTIONS: [usize; 3] = [1, 64, 256];
const WARM_UP: Duration = Duration::from_millis(500);

/// What to compare and how long.
#[derive(Debug, Clone)]
pub struct Options {
    /// The program `tidegate`.
    pub tidegate: PathBuf,
    /// The program `bare_hyper`.
    pub bare_hyper: PathBuf,
    /// The program `redis-server`; without it Redis is left out.
    pub redis: Option<PathBuf>,
    /// Data is written into a temporary directory in here, and so is the disk's probe.
    pub work_dir: PathBuf,
    /// How often each measurement is made; at least 1.
    pub rounds: usize,
    /// How long each takes.
    pub measured: Duration,
}

/// The whole run: the facts, every round, and the medians.
#[derive(Debug, Serialize)]
pub struct Comparison {
    /// The day, UTC.
    pub date: String,
    /// What it ran on.
    pub machine: Machine,
    /// A 4 KiB write and its sync into preallocated space, microseconds, median.
    pub fdatasync_p50_us: f64,
    /// Rounds of each measurement.
    pub rounds: usize,
    /// Seconds of each.
    pub seconds: f64,
    /// Every measurement in the order in which it was made.
    pub runs: Vec<Summary>,
    /// For each peer and number of connections.
    pub medians: Vec<Median>,
}

/// Starts the peers, measures them, and stops them. `say` hears of each measurement.
pub fn compare(options: &Options, mut say: impl FnMut(&Summary)) -> Result<Comparison, Error> {
    let work = tempfile::tempdir_in(&options.work_dir)
        .map_err(Error::file("make a temporary directory in", &options.work_dir))?;
    let fdatasync_p50_us = disk::fdatasync_p50_us(work.path())?;
    let mut peers = program::start_all(options, work.path())?;
    for peer in &mut peers {
        peer.target.prepare(peer.address)?;
    }
    let mut runs = Vec::new();
    for _ in 0..options.rounds {
        for connections in CONNECTIONS {
            for Peer { target, address, .. } in &peers {
                let span = Span { warm_up: WARM_UP, measured: options.measured };
                let summary = run(&**target, *address, connections, span)?;
                say(&summary);
                refuse_errors(&summary)?;
                runs.push(summary);
            }
        }
    }
    Ok(Comparison {
        date: today(),
        machine: Machine::read(),
        fdatasync_p50_us,
        rounds: options.rounds,
        seconds: options.measured.as_secs_f64(),
        medians: medians::medians(&runs),
        runs,
    })
}

fn refuse_errors(summary: &Summary) -> Result<(), Error> {
    let Some(answer) = summary.first_error.clone() else { return Ok(()) };
    Err(Error::Answer { attempt: "compare with unexpected answers", answer: format!("{}: {answer}", summary.target) })
}

/// The day, UTC, which names a run's results.
pub(crate) fn today() -> String {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Moment::from_seconds(since_epoch.as_secs() as i64).date()
}
