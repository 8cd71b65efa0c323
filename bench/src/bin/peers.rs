//! `peers`: Tidegate against hyper alone and Redis, on this machine, as a dated page. Only arguments and output live here.
#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use bench::Error;
use bench::peers::{Comparison, Options, compare, markdown, write};
use clap::Parser;

#[derive(Parser)]
#[command(
    about = "Starts tidegate, bare_hyper and redis-server on loopback, loads each in turn, and writes the comparison",
    after_help = "Everything runs on free ports and in a temporary directory, and is stopped and removed at the end.\n\n\
                  Examples:\n  \
                  peers --tidegate target/release/tidegate\n  \
                  peers --tidegate target/release/tidegate --rounds 1 --seconds 2 --skip-redis --results .\n\n\
                  Exit codes: 0 measured, 2 it could not be carried out, or somebody answered what was not expected."
)]
struct Arguments {
    /// The program tidegate
    #[arg(long)]
    tidegate: PathBuf,
    /// The program `bare_hyper` [default: the one beside this program]
    #[arg(long)]
    bare_hyper: Option<PathBuf>,
    /// The program redis-server
    #[arg(long, default_value = "redis-server", conflicts_with = "skip_redis")]
    redis: PathBuf,
    /// Compare without Redis
    #[arg(long)]
    skip_redis: bool,
    /// How often each measurement is made, in turns
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=99))]
    rounds: u8,
    /// Seconds of each measurement
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Where the temporary directory is made: its disk is the one that is measured
    #[arg(long, default_value = ".")]
    work_dir: PathBuf,
    /// Where DATE.md and DATE.json go
    #[arg(long, default_value = "bench/results")]
    results: PathBuf,
}

fn main() -> ExitCode {
    match measure(Arguments::parse()) {
        Ok(comparison) => {
            print!("{}", markdown(&comparison));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("peers: {error}");
            ExitCode::from(2)
        }
    }
}

fn measure(arguments: Arguments) -> Result<Comparison, Error> {
    let options = Options {
        tidegate: arguments.tidegate,
        bare_hyper: arguments.bare_hyper.map_or_else(bare_hyper_beside, Ok)?,
        redis: (!arguments.skip_redis).then_some(arguments.redis),
        work_dir: arguments.work_dir,
        rounds: usize::from(arguments.rounds),
        measured: Duration::from_secs(arguments.seconds),
    };
    let comparison = compare(&options, |summary| eprintln!("{}", serde_json::json!(summary)))?;
    for path in write(&comparison, &arguments.results)? {
        eprintln!("wrote {}", path.display());
    }
    Ok(comparison)
}

fn bare_hyper_beside() -> Result<PathBuf, Error> {
    let own = std::env::current_exe().map_err(Error::system("find this program"))?;
    Ok(own.with_file_name("bare_hyper"))
}
