//! `overload`: the gateway before a platform that is asked for more than it can do, row by row. Only arguments, output and
//! exit codes live here.
#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use bench::Error;
use bench::overload::{Options, Outcome, ROWS, Row, Verdict, markdown, play, write};
use clap::Parser;
use clap::builder::PossibleValuesParser;
use indicatif::{ProgressBar, ProgressStyle};

#[derive(Parser)]
#[command(
    about = "Plays overload scenarios against the gateway before a stub platform, and prints a table of figures and criteria",
    after_help = "Each row has a server and a platform of its own, on free loopback ports and in a temporary directory. Most loads \
                  are the k6 scenarios k6/overload-*.js; the others are made by this program.\n\n\
                  Examples:\n  \
                  overload --rows mixed,slow\n  \
                  overload --short\n\n\
                  Exit codes: 0 every criterion held, 1 one did not, 2 it could not be carried out."
)]
struct Arguments {
    /// The program tidegate
    #[arg(long, default_value = "target/release/tidegate")]
    tidegate: PathBuf,
    /// The program k6
    #[arg(long, default_value = ".venv/bin/k6")]
    k6: PathBuf,
    /// The directory of the k6 scenarios
    #[arg(long, default_value = "k6")]
    scenarios: PathBuf,
    /// Rows to play [default: all, or with --short those that fit]
    #[arg(long, value_delimiter = ',', value_parser = PossibleValuesParser::new(ROWS.map(|row| row.name)))]
    rows: Vec<String>,
    /// A few seconds a row, a few rows, and no criterion that hangs on the machine's speed
    #[arg(long)]
    short: bool,
    /// Where DATE-overload.md and DATE-overload.json go; a short run writes none
    #[arg(long, default_value = "bench/results")]
    results: PathBuf,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match carry_out(&arguments) {
        Ok(outcomes) => {
            print!("{}", markdown(&outcomes));
            let failed = outcomes.iter().filter(|outcome| outcome.verdict == Verdict::Failed).count();
            eprintln!("overload: {} rows held, {failed} failed", outcomes.len() - failed);
            if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("overload: {error}");
            ExitCode::from(2)
        }
    }
}

fn carry_out(arguments: &Arguments) -> Result<Vec<Outcome>, Error> {
    let options = Options {
        tidegate: arguments.tidegate.clone(),
        k6: arguments.k6.clone(),
        scenarios: arguments.scenarios.clone(),
        is_short: arguments.short,
    };
    let is_wanted = |row: &&Row| match &arguments.rows[..] {
        [] => !arguments.short || row.is_in_short,
        names => names.iter().any(|name| name == row.name),
    };
    let mut outcomes = Vec::new();
    for row in ROWS.iter().filter(is_wanted) {
        let outcome = shown(row, &options)?;
        eprintln!("{}: {:?}: {}", outcome.row, outcome.verdict, outcome.figure);
        outcomes.push(outcome);
        if !arguments.short {
            write(&outcomes, &arguments.results)?;
        }
    }
    Ok(outcomes)
}

/// One row, with a line that says what goes on and since when.
fn shown(row: &Row, options: &Options) -> Result<Outcome, Error> {
    let style = ProgressStyle::with_template("{spinner} {prefix}, {elapsed} of about {msg}");
    let bar = ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    let about = if options.is_short { row.seconds / 5 } else { row.seconds };
    bar.enable_steady_tick(Duration::from_millis(200));
    bar.set_message(format!("{about} s"));
    let outcome = play(row, options, &mut |what| {
        bar.set_prefix(format!("{}: {what}", row.name));
        if bar.is_hidden() {
            eprintln!("{}: {what}", row.name);
        }
    });
    bar.finish_and_clear();
    outcome
}
