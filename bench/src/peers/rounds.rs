//! Rounds of measurements, each with programs that are started anew in a directory of their own, so that none inherits what
//! an earlier one has left. It must not know who is compared with whom.

use std::fs;
use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::plan::Case;
use super::subject::Stage;
use super::{Options, start};
use crate::Error;
use crate::load::{Job, Span, Summary, run};
use crate::program::end_of;

const WARM_UP: Duration = Duration::from_secs(1);

/// The rounds of one comparison, with its progress on a terminal.
pub(super) struct Rounds<'a> {
    options: &'a Options,
    progress: ProgressBar,
}

impl<'a> Rounds<'a> {
    pub(super) fn new(options: &'a Options) -> Self {
        let measurements = options.rounds * options.plan.measurements();
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed_precise}, {eta} left  {msg}");
        let progress = ProgressBar::new(measurements as u64);
        progress.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { options, progress }
    }

    /// Plays every case once a round.
    pub(super) fn play(&mut self, cases: &[Case]) -> Result<Vec<Summary>, Error> {
        let mut runs = Vec::new();
        for round in 1..=self.options.rounds {
            if cases.is_empty() {
                break;
            }
            self.progress.set_message(format!("round {round}: starting"));
            let work = crate::work_directory(Some(&self.options.work_dir))?;
            let stage = start::stage(&self.options.programs, cases, work.path())?;
            // Each round begins elsewhere: who comes late finds what others have left in the same server.
            let first = (round - 1) * cases.len() / self.options.rounds;
            for case in cases[first..].iter().chain(&cases[..first]) {
                self.progress.set_message(format!("round {round}: {}, {} connections", case.name, case.connections));
                runs.push(self.measure(&stage, case).inspect_err(|_| self.tell_logs(work.path()))?);
                self.progress.inc(1);
            }
        }
        Ok(runs)
    }

    /// What the programs had to say, before it is removed.
    fn tell_logs(&self, work: &Path) {
        let logs = fs::read_dir(work).into_iter().flatten().flatten().map(|entry| entry.path());
        for log in logs.filter(|path| path.extension().is_some_and(|extension| extension == "log")) {
            self.progress.suspend(|| eprintln!("{}:\n{}", log.display(), end_of(&log)));
        }
    }

    fn measure(&self, stage: &Stage, case: &Case) -> Result<Summary, Error> {
        let measured = self.options.measured;
        let summary = match stage.client(case.name) {
            Some(client) => client.measure(case.connections, WARM_UP, measured)?,
            None => load(stage, case, measured)?,
        };
        self.progress.suspend(|| eprintln!("{}", serde_json::json!(summary)));
        match &summary.first_error {
            None => Ok(summary),
            Some(answer) => {
                let answer = format!("{}: {} of them, the first: {answer}", case.name, summary.errors);
                Err(Error::Answer { attempt: "compare with unexpected answers", answer })
            }
        }
    }
}

/// The load of this crate.
fn load(stage: &Stage, case: &Case, measured: Duration) -> Result<Summary, Error> {
    let Some(subject) = stage.find(case.name) else {
        return Err(Error::Program { program: case.name.to_owned(), problem: "it was not started".to_owned() });
    };
    run(&Job {
        name: case.name,
        target: &*subject.target,
        address: subject.address,
        connections: case.connections,
        pace: case.pace,
        span: Span { warm_up: WARM_UP, measured },
        process: Some(subject.process),
    })
}
