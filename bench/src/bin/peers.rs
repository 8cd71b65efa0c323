//! `peers`: Tidegate against peers and proxies, on this machine, as a dated page. Only arguments and output live here.
#![forbid(unsafe_code)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use bench::Error;
use bench::peers::{
    Guest, Options, Plan, Programs, Section, Tigerbeetle, compare, latest, markdown, read, rewritten, write,
};
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(
    about = "Starts tidegate and whom it is compared with on loopback, loads each in turn, and writes the comparison",
    after_help = "Everything runs on free ports and in a temporary directory, and is stopped and removed at the end.\n\n\
                  Examples:\n  \
                  peers --tidegate target/release/tidegate\n  \
                  peers --rounds 1 --seconds 2 --only reservations,answers --without postgres --results .\n  \
                  peers readme\n\n\
                  Exit codes: 0 measured, 2 it could not be carried out, or somebody answered what was not expected.",
    args_conflicts_with_subcommands = true
)]
struct Arguments {
    #[command(subcommand)]
    instead: Option<Instead>,
    #[command(flatten)]
    measure: Measure,
}

#[derive(Subcommand)]
enum Instead {
    /// Write the table of README anew from a result
    Readme {
        /// The result, as seen from the page [default: the latest whole one]
        result: Option<PathBuf>,
        /// The page
        #[arg(long, default_value = "README.md")]
        page: PathBuf,
        /// Where the latest is looked for
        #[arg(long, default_value = "bench/results")]
        results: PathBuf,
    },
}

#[derive(clap::Args)]
struct Measure {
    /// The program tidegate
    #[arg(long, default_value = "target/release/tidegate")]
    tidegate: PathBuf,
    /// The program `bare_hyper` [default: the one beside this program]
    #[arg(long)]
    bare_hyper: Option<PathBuf>,
    /// The program redis-server
    #[arg(long, default_value = "redis-server")]
    redis: PathBuf,
    /// The directory of initdb and postgres [default: the newest in /usr/lib/postgresql, or the PATH]
    #[arg(long)]
    postgres: Option<PathBuf>,
    /// The program of `TigerBeetle`, which is compared where somebody has it
    #[arg(long)]
    tigerbeetle: Option<PathBuf>,
    /// A Python with its client
    #[arg(long, default_value = ".venv-tigerbeetle/bin/python")]
    tigerbeetle_python: PathBuf,
    /// The script that loads it
    #[arg(long, default_value = "scripts/tigerbeetle_load.py")]
    tigerbeetle_script: PathBuf,
    /// Some sections instead of all
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Section>,
    /// Compare without these
    #[arg(long, value_enum, value_delimiter = ',')]
    without: Vec<Guest>,
    /// Try 1,000,000 SKUs as well
    #[arg(long)]
    million: bool,
    /// How often each measurement is made, in turns
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=99))]
    rounds: u8,
    /// Seconds of each measurement
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Where the temporary directory is made: its disk is the one that is measured
    #[arg(long, default_value = ".")]
    work_dir: PathBuf,
    /// Where page, data and plots go
    #[arg(long, default_value = "bench/results")]
    results: PathBuf,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.instead {
        Some(Instead::Readme { result, page, results }) => rewrite(result, &page, &results),
        None => measure(arguments.measure),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("peers: {error}");
            ExitCode::from(2)
        }
    }
}

fn measure(measure: Measure) -> Result<(), Error> {
    let Measure { tidegate, bare_hyper, redis, postgres, only, without, million, .. } = measure;
    let bare_hyper = bare_hyper.map_or_else(bare_hyper_beside, Ok)?;
    let tigerbeetle = measure.tigerbeetle.map(|server| Tigerbeetle {
        server,
        python: measure.tigerbeetle_python,
        script: measure.tigerbeetle_script,
    });
    let sections = if only.is_empty() { Plan::whole().sections } else { only };
    let options = Options {
        plan: Plan { sections, without, million, tigerbeetle: tigerbeetle.is_some() },
        programs: Programs { tidegate, bare_hyper, redis, postgres, tigerbeetle },
        work_dir: measure.work_dir,
        rounds: usize::from(measure.rounds),
        measured: Duration::from_secs(measure.seconds),
    };
    let comparison = compare(&options)?;
    for path in write(&comparison, &measure.results)? {
        eprintln!("wrote {}", path.display());
    }
    print!("{}", markdown(&comparison, &[]));
    Ok(())
}

fn rewrite(result: Option<PathBuf>, page: &Path, results: &Path) -> Result<(), Error> {
    let result = result.map_or_else(|| latest(results), Ok)?;
    let text = fs::read_to_string(page).map_err(Error::file("read", page))?;
    let new = rewritten(&text, &result.display().to_string(), &read(&result)?);
    let new = new.ok_or_else(|| Error::Answer {
        attempt: "find the place of the table",
        answer: format!("{} has no markers", page.display()),
    })?;
    fs::write(page, new).map_err(Error::file("write", page))
}

fn bare_hyper_beside() -> Result<PathBuf, Error> {
    let own = std::env::current_exe().map_err(Error::system("find this program"))?;
    Ok(own.with_file_name("bare_hyper"))
}
