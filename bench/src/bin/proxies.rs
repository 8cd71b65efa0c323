//! `proxies`: the gateway beside nginx and `HAProxy`, as a dated page. Only arguments and output live here.
#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use bench::Error;
use bench::proxies::{Comparison, Options, compare, markdown, write};
use clap::Parser;

#[derive(Parser)]
#[command(
    about = "Starts a bare upstream, and nginx, HAProxy and tidegate before it, loads each in turn with wrk, and writes the comparison",
    after_help = "Everything runs on free loopback ports and in a temporary directory, and is stopped and removed at the end.\n\n\
                  Examples:\n  \
                  proxies --tidegate target/release/tidegate\n  \
                  proxies --rounds 1 --seconds 2 --results .\n\n\
                  Exit codes: 0 measured, 2 it could not be carried out, or somebody answered what was not expected."
)]
struct Arguments {
    /// The program tidegate
    #[arg(long, default_value = "target/release/tidegate")]
    tidegate: PathBuf,
    /// The program `bare_hyper` [default: the one beside this program]
    #[arg(long)]
    bare_hyper: Option<PathBuf>,
    /// How often each measurement is made, in turns
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..=99))]
    rounds: u8,
    /// Seconds of each measurement
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Where DATE-proxies.md and DATE-proxies.json go
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
            eprintln!("proxies: {error}");
            ExitCode::from(2)
        }
    }
}

fn measure(arguments: Arguments) -> Result<Comparison, Error> {
    let own = std::env::current_exe().map_err(Error::system("find this program"))?;
    let options = Options {
        tidegate: arguments.tidegate,
        bare_hyper: arguments.bare_hyper.unwrap_or_else(|| own.with_file_name("bare_hyper")),
        rounds: usize::from(arguments.rounds),
        measured: Duration::from_secs(arguments.seconds),
    };
    let comparison = compare(&options, |summary| eprintln!("{}", serde_json::json!(summary)))?;
    for path in write(&comparison, &arguments.results)? {
        eprintln!("wrote {}", path.display());
    }
    Ok(comparison)
}
