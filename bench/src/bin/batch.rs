//! `batch`: reservations a second by the size of the batch that carries them. Only arguments, output and exit codes live
//! here.
#![forbid(unsafe_code)]

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use bench::Error;
use bench::load::Span;
use bench::load::batch::{Figures, HEADER, MOST, Plan, measure, prepare};
use clap::Parser;

#[derive(Parser)]
#[command(
    about = "Keeps a few connections busy with batches of reservations of one hot SKU, and prints what came of each size",
    after_help = "It stocks the SKU HOT with 1,000,000,000 units first: do not point it at a server whose stock matters.\n\n\
                  Examples:\n  \
                  batch --address 127.0.0.1:7700\n  \
                  batch --sizes 1000 --connections 4 --seconds 10 --minimal --json\n\n\
                  Exit codes: 0 every reservation was made, 1 some were not, 2 it could not be carried out."
)]
struct Arguments {
    /// Where the API listens
    #[arg(long, default_value = "127.0.0.1:7700")]
    address: SocketAddr,
    /// Reservations in a batch, one run for each number
    #[arg(long, value_delimiter = ',', default_value = "1,10,100,1000,10000", value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST)))]
    sizes: Vec<u32>,
    /// Connections, each with one batch under way
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=256))]
    connections: u16,
    /// Seconds of each run
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Milliseconds before that, which are not counted
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(..=60_000))]
    warm_up_ms: u64,
    /// Ask for statuses only
    #[arg(long)]
    minimal: bool,
    /// Print a line of JSON for each run and no table
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("batch: {error}");
            ExitCode::from(2)
        }
    }
}

/// True when every reservation was made.
fn run(arguments: &Arguments) -> Result<bool, Error> {
    let &Arguments { address, connections, seconds, warm_up_ms, minimal, json, .. } = arguments;
    let span = Span { warm_up: Duration::from_millis(warm_up_ms), measured: Duration::from_secs(seconds) };
    prepare(address)?;
    if !json {
        println!("{HEADER}");
    }
    let mut clean = true;
    for &size in &arguments.sizes {
        let figures = measure(address, Plan { size, connections, minimal, span })?;
        print(&figures, json);
        clean &= figures.errors == 0;
    }
    Ok(clean)
}

fn print(figures: &Figures, json: bool) {
    if json {
        println!("{}", serde_json::json!(figures));
        return;
    }
    println!("{figures}");
    if let Some(answer) = &figures.first_error {
        println!("       not every reservation was made: {answer}");
    }
}
