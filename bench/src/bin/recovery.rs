//! `recovery`: how long a server takes to be ready, by what it has to recover. Only arguments, output and exit codes live
//! here.
#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;

use bench::recovery::{HEADER, Size, measure};
use bench::{Error, work_directory};
use clap::Parser;

#[derive(Parser)]
#[command(
    about = "Fills a server, kills it, and measures how long it takes from its start until it is ready",
    after_help = "The log after the store is extensions of the reservations; the store is put back as it was at its last \
                  checkpoint before each start, so that all of that log is replayed.\n\n\
                  Examples:\n  \
                  recovery\n  \
                  recovery --sizes 1000000/1000000/1024 --starts 5\n\n\
                  Exit codes: 0 measured, 2 it could not be carried out."
)]
struct Arguments {
    /// The program
    #[arg(long, default_value = "target/release/tidegate")]
    tidegate: PathBuf,
    /// SKUs, live reservations and MiB of log after the store, one line of the table each
    #[arg(long, value_delimiter = ',', value_parser = size, default_value = "1000/1000/0,100000/100000/64,1000000/1000000/0,1000000/1000000/1024")]
    sizes: Vec<Size>,
    /// Starts of each
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=100))]
    starts: u64,
    /// Where the data go, which are removed afterwards: a file system like the server's
    #[arg(long)]
    work: Option<PathBuf>,
    /// Print a line of JSON for each and no table
    #[arg(long)]
    json: bool,
}

fn size(text: &str) -> Result<Size, String> {
    let wrong = || format!("{text:?} is not SKUS/RESERVATIONS/MIB, as in 1000000/1000000/1024");
    let numbers: Result<Vec<u64>, _> = text.split('/').map(str::parse).collect();
    match numbers.map_err(|_| wrong())?.as_slice() {
        &[skus, reservations, tail_mib] if skus > 0 => Ok(Size { skus, reservations, tail_mib }),
        _ => Err(wrong()),
    }
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("recovery: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Error> {
    if !arguments.json {
        println!("{HEADER}");
    }
    for &size in &arguments.sizes {
        let work = work_directory(arguments.work.as_deref())?;
        let figures = measure(&arguments.tidegate, work.path(), size, arguments.starts)?;
        if arguments.json {
            println!("{}", serde_json::json!(figures));
        } else {
            println!("{figures}");
        }
    }
    Ok(())
}
