//! The gateway beside nginx and `HAProxy`, before the same bare upstream, in interleaved rounds of one run, because only ratios
//! of one run count. Each proxy has one worker. It must not know how a proxy is made.

mod program;
mod results;
mod wrk;

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use crate::Error;
use crate::load::Summary;
use crate::peers::machine::Machine;
use crate::peers::medians::{Median, medians};
use crate::peers::today;

pub use results::{markdown, write};
use wrk::Wrk;
pub use wrk::parse;

/// Numbers of connections that everybody is asked over.
pub const CONNECTIONS: [usize; 2] = [1, 64];
const WARM_UP: Duration = Duration::from_secs(1);
/// What to do about a program that is not there.
const ADVICE: &str = "is it installed? `scripts/setup.sh proxies` does it";

/// Who is asked without a proxy between.
pub const DIRECT: &str = "direct";

/// What to compare, and how long.
#[derive(Debug, Clone)]
pub struct Options {
    /// The program `tidegate`.
    pub tidegate: PathBuf,
    /// The program `bare_hyper`, which is the upstream.
    pub bare_hyper: PathBuf,
    /// How often each measurement is made; at least 1.
    pub rounds: usize,
    /// How long each takes; whole seconds.
    pub measured: Duration,
}

/// The whole run.
#[derive(Debug, Serialize)]
pub struct Comparison {
    /// The day, UTC.
    pub date: String,
    /// What it ran on.
    pub machine: Machine,
    /// Rounds of each measurement.
    pub rounds: usize,
    /// Seconds of each.
    pub seconds: u64,
    /// Every measurement in the order in which it was made.
    pub runs: Vec<Summary>,
    /// For each proxy and number of connections.
    pub medians: Vec<Median>,
}

/// Starts upstream and proxies, measures them in turns, and stops them. `say` hears of each measurement.
pub fn compare(options: &Options, mut say: impl FnMut(&Summary)) -> Result<Comparison, Error> {
    let work = crate::work_directory(None)?;
    let proxies = program::start_all(options, work.path())?;
    let wrk = Wrk::new(work.path())?;
    let mut runs = Vec::new();
    for _ in 0..options.rounds {
        for connections in CONNECTIONS {
            for proxy in proxies.all() {
                wrk.run(proxy.name, proxy.address, connections, WARM_UP)?;
                let summary = wrk.run(proxy.name, proxy.address, connections, options.measured)?;
                say(&summary);
                if summary.errors > 0 {
                    let answer = format!("{} gave {} answers that were none", proxy.name, summary.errors);
                    return Err(Error::Answer { attempt: "compare", answer });
                }
                runs.push(summary);
            }
        }
    }
    Ok(Comparison {
        date: today(),
        machine: Machine::read(),
        rounds: options.rounds,
        seconds: options.measured.as_secs(),
        medians: medians(&runs),
        runs,
    })
}
