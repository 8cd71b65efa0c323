//! The program `simulate`: plays seeds, counts what they did, and names the first that breaks a promise
//! with the command that does it again. It must not know what a seed does.

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use simulator::{Failure, Plan, Report, Sound, play};
use std::ops::Range;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

/// Plays seeds: lives of the whole engine on a disk in memory that loses, tears, refuses and corrupts,
/// with crashes, restarts and clients that retry. Each must keep every promise.
#[derive(Debug, Parser)]
#[command(
    after_help = "A seed does the same every time and everywhere. One that breaks a promise ends the run with exit code 1, \
                  and is named with the command that does it again and tells every step.\n\n\
                  Examples:\n  simulate --seeds 0..1000\n  simulate --seeds 42 --verbose\n  \
                  simulate --seeds 0..2000 --operations 5000 --threads 2"
)]
struct Arguments {
    /// One seed, or a range of them: FROM..TO, without TO
    #[arg(long, value_parser = seeds, value_name = "SEEDS", default_value = "0..100")]
    seeds: Range<u64>,
    /// Operations that the clients of each seed ask, at least
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=100_000_000), default_value_t = 5_000)]
    operations: u64,
    /// Threads; each plays whole seeds
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=64), default_value_t = 2)]
    threads: u8,
    /// Tell every step of a single seed on the standard output
    #[arg(long)]
    verbose: bool,
}

fn seeds(text: &str) -> Result<Range<u64>, String> {
    let number = |text: &str| text.parse::<u64>().map_err(|error| format!("{text:?}: {error}; write 42 or 0..1000"));
    let range = if let Some((from, to)) = text.split_once("..") {
        number(from)?..number(to)?
    } else {
        let seed = number(text)?;
        seed..seed.checked_add(1).ok_or("the last seed is 18446744073709551614")?
    };
    if range.is_empty() { Err("the range is empty: write FROM..TO with FROM below TO".to_owned()) } else { Ok(range) }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let Range { start, end } = arguments.seeds;
    if arguments.verbose && end - start > 1 {
        eprintln!("--verbose tells the steps of one seed: give one, as in --seeds {start}");
        return ExitCode::from(2);
    }
    match play_all(&arguments) {
        Ok(report) => {
            println!("{report}{}", report.to_json());
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("{failure}");
            let (seed, operations) = (failure.seed, arguments.operations);
            eprintln!(
                "again, with every step: cargo run --release -p simulator -- --seeds {seed} --operations {operations} --verbose"
            );
            ExitCode::FAILURE
        }
    }
}

/// Every seed, over all threads; the first failure ends them all.
fn play_all(arguments: &Arguments) -> Result<Report, Failure> {
    let (next, failed) = (AtomicU64::new(arguments.seeds.start), AtomicBool::new(false));
    let progress = ProgressBar::new(arguments.seeds.end - arguments.seeds.start);
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} seeds, {elapsed} of about {duration}");
    progress.set_style(style.expect("the template is sound"));
    let work = || {
        let mut sum = Report::default();
        while !failed.load(Ordering::Relaxed) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= arguments.seeds.end {
                break;
            }
            let plan = Plan { seed, operations: arguments.operations, verbose: arguments.verbose };
            sum.merge(play(&Sound, plan).inspect_err(|_| failed.store(true, Ordering::Relaxed))?);
            progress.inc(1);
        }
        Ok(sum)
    };
    let done = thread::scope(|scope| {
        let threads: Vec<_> = (0..arguments.threads).map(|_| scope.spawn(work)).collect();
        let joined =
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        joined.collect::<Vec<_>>()
    });
    progress.finish_and_clear();
    done.into_iter().try_fold(Report::default(), |mut sum, report| {
        sum.merge(report?);
        Ok(sum)
    })
}
