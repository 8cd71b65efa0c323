//! `crash`: kills the server at random moments and at chosen calls to the system, and checks what it promises. Only
//! arguments, output and exit codes live here.
#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;

use bench::Error;
use bench::crash::{Plan, Report, run};
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};

#[derive(Parser)]
#[command(
    about = "Kills the server again and again under load, and checks after each restart that what was acknowledged is there",
    after_help = "Each round starts the program on the same data, lets eight clients buy, and ends it without warning: at a \
                  random moment, or inside a chosen call (before a write, after a sync, in a checkpoint, in recovery, ...), by \
                  a small library that is compiled with `cc` and loaded into it. Then the server is started again, and every \
                  reservation of the round, everything that was in doubt and a sample of the rest is looked at; the units must \
                  add up exactly. At the end all of it is.\n\n\
                  Examples:\n  \
                  crash --rounds 300\n  \
                  crash --rounds 40 --seed 7 --work /tmp/crash\n\n\
                  Exit codes: 0 every promise held, 1 one did not, 2 it could not be carried out."
)]
struct Arguments {
    /// The program
    #[arg(long, default_value = "target/release/tidegate")]
    tidegate: PathBuf,
    /// Kills
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    rounds: u64,
    /// What is drawn follows from it
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where its data go, to be kept for a look; a temporary directory without it
    #[arg(long)]
    work: Option<PathBuf>,
    /// Print JSON and no table
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match carry_out(&arguments) {
        Ok(report) if arguments.json => {
            println!("{}", serde_json::json!(report));
            ExitCode::SUCCESS
        }
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(error @ Error::Promise(_)) => {
            eprintln!("crash: {error}; again with --seed {} --rounds {}", arguments.seed, arguments.rounds);
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("crash: {error}");
            ExitCode::from(2)
        }
    }
}

fn carry_out(arguments: &Arguments) -> Result<Report, Error> {
    let temporary = tempfile::tempdir().map_err(Error::system("make a temporary directory"))?;
    let work = arguments.work.clone().unwrap_or_else(|| temporary.path().to_owned());
    let plan = Plan { program: arguments.tidegate.clone(), work, rounds: arguments.rounds, seed: arguments.seed };
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} kills, {eta} left; {msg}");
    let bar = ProgressBar::new(plan.rounds).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let report = run(&plan, |round, report| {
        bar.set_position(round + 1);
        bar.set_message(format!("{} reservations", report.reservations));
    });
    bar.finish_and_clear();
    report
}
