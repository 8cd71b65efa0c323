//! `disk_use`: the disk that a long life takes. Only arguments, output and exit codes live here.
#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use bench::disk_use::{HEADER, Plan, run};
use bench::{Error, work_directory};
use clap::Parser;

#[derive(Parser)]
#[command(
    about = "Lets a server live with constant stock and a steady stream of reservations, and prints the disk that it takes",
    after_help = "Three of four reservations are confirmed and shipped, one is released. History is kept for so many seconds \
                  only, and 16 MiB of log, so that minutes show what otherwise takes months. At the end `tidegate verify` \
                  must call the data sound.\n\n\
                  Examples:\n  \
                  disk_use\n  \
                  disk_use --rate 4000 --stretches 40\n\n\
                  Exit codes: 0 the disk in use is bounded, 1 it went on growing, or another promise was broken, 2 it could \
                  not be carried out."
)]
struct Arguments {
    /// The program
    #[arg(long, default_value = "target/release/tidegate")]
    tidegate: PathBuf,
    /// Reservations a second
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(10..=30_000))]
    rate: u64,
    /// Lines of the table
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(4..=10_000))]
    stretches: u32,
    /// Seconds of each
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    stretch: u64,
    /// Seconds that history is kept
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    history: u64,
    /// Where the data go, which are removed afterwards
    #[arg(long)]
    work: Option<PathBuf>,
    /// Print a line of JSON for each stretch and no table
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match carry_out(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("disk_use: {error}");
            ExitCode::from(if matches!(error, Error::Promise(_)) { 1 } else { 2 })
        }
    }
}

fn carry_out(arguments: &Arguments) -> Result<(), Error> {
    let work = work_directory(arguments.work.as_deref())?;
    let plan = Plan {
        program: arguments.tidegate.clone(),
        work: work.path().to_owned(),
        rate: arguments.rate,
        stretches: arguments.stretches,
        stretch: Duration::from_secs(arguments.stretch),
        history: Duration::from_secs(arguments.history),
    };
    if !arguments.json {
        println!("{HEADER}");
    }
    run(&plan, |stretch| {
        if arguments.json {
            println!("{}", serde_json::json!(stretch));
        } else {
            println!("{stretch}");
        }
    })?;
    Ok(())
}
