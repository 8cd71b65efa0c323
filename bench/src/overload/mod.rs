//! The gateway under more load than the platform behind it can take, row by row of a table of criteria: each row has a server
//! and a stub platform of its own, an open-loop load, a judge, and a look for what was not given back. It must not know how
//! admission decides.

mod answers;
mod forged;
mod idle;
mod judges;
mod k6;
mod listener;
mod open_loop;
mod refusals;
mod report;
mod run;
mod table;
mod watch;
mod world;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::Error;

pub use answers::{Answer, Mark, parse};
pub use judges::{Finding, failing, flaky, greedy, hanging, mixed, slow, step, sweep};
pub use report::{markdown, write};
pub use run::Run;
pub use table::{ROWS, Row};
pub use watch::Look;

/// With what rows are played.
#[derive(Debug, Clone)]
pub struct Options {
    /// The program `tidegate`.
    pub tidegate: PathBuf,
    /// The program `k6`.
    pub k6: PathBuf,
    /// The directory of the k6 scenarios.
    pub scenarios: PathBuf,
    /// A few seconds a row, to see that all works; what hangs on the machine's speed is not judged then.
    pub is_short: bool,
}

/// How a row came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// What was to hold held.
    Passed,
    /// It did not.
    Failed,
    /// There is nothing that must hold.
    Reported,
}

/// A row's result.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outcome {
    /// The row.
    pub row: String,
    /// What must hold.
    pub criterion: String,
    /// What was seen.
    pub figure: String,
    /// Whether it held, and nothing was kept that should have been given back.
    pub verdict: Verdict,
    /// What was kept; empty for a row without a fault.
    pub leaks: Vec<String>,
    /// More figures, one a line.
    pub details: Vec<String>,
}

/// Plays one row. `say` hears what goes on.
pub fn play(row: &Row, options: &Options, say: &mut dyn FnMut(&str)) -> Result<Outcome, Error> {
    let (finding, leaks) = (row.play)(row, options, say)?;
    let verdict = match finding.holds {
        _ if !leaks.is_empty() => Verdict::Failed,
        None => Verdict::Reported,
        Some(true) => Verdict::Passed,
        Some(false) => Verdict::Failed,
    };
    let Finding { figure, details, .. } = finding;
    Ok(Outcome { row: row.name.to_owned(), criterion: row.criterion.to_owned(), figure, verdict, leaks, details })
}
