//! `replay`: a day of real orders over HTTP, reconciled to the last unit. Only arguments, output and exit codes live here.
#![forbid(unsafe_code)]

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use bench::Error;
use bench::replay::plan::{Plan, plan};
use bench::replay::stock::ShortPercent;
use bench::replay::{Options, Pace, generate, orders, run};
use clap::{Parser, Subcommand};

/// Unless told otherwise, a day takes so long.
const DEFAULT_DAY_SECONDS: f64 = 20.0;

#[derive(Parser)]
#[command(
    about = "Replays a day of orders against a running Tidegate and reconciles every unit",
    after_help = "The file is CSV with the columns InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,\
                  CustomerID,Country. Each invoice becomes a reservation (over 100 lines: several) that is confirmed; a \
                  cancellation releases what it undoes, or adjusts the stock upward.\n\n\
                  Examples:\n  \
                  replay generate --out day.csv --seed 7 --invoices 150\n  \
                  replay day.csv --api http://127.0.0.1:7700\n  \
                  replay day.csv --speed 0 --connections 256 --short 5\n\n\
                  Exit codes: 0 every unit reconciled, 1 a difference or an unknown outcome, 2 it could not be carried out.",
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true
)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// The day's orders
    #[arg(required = true)]
    file: Option<PathBuf>,
    /// The API of a running Tidegate
    #[arg(long, default_value = "http://127.0.0.1:7700")]
    api: String,
    /// Seconds of the day replayed in one second; 0: as fast as possible [default: the day takes 20 s]
    #[arg(long, value_parser = parse_speed)]
    speed: Option<f64>,
    /// Keep-alive connections, each with one request at a time
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..))]
    connections: u16,
    /// Percent of the SKUs that get half the stock that the day asks for
    #[arg(long, default_value = "0", value_parser = parse_percent)]
    short: ShortPercent,
    /// Prefix of every reservation id; the same prefix against the same server replays nothing [default: the time]
    #[arg(long)]
    run: Option<String>,
}

#[derive(Subcommand)]
enum Command {
    /// Writes a made-up day of the same shape; the same seed gives the same file
    Generate {
        /// Where to
        #[arg(long)]
        out: PathBuf,
        /// Which day
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// How many invoices, at least 10
        #[arg(long, default_value_t = 150, value_parser = clap::value_parser!(u32).range(10..))]
        invoices: u32,
    },
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse() {
        Arguments { command: Some(Command::Generate { out, seed, invoices }), .. } => {
            generate_file(&out, seed, invoices as usize).map(|()| true)
        }
        arguments => replay_file(&arguments),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("replay: {error}");
            ExitCode::from(2)
        }
    }
}

fn generate_file(path: &Path, seed: u64, invoices: usize) -> Result<(), Error> {
    let file = File::create(path).map_err(Error::file("create", path))?;
    generate::generate(BufWriter::new(file), seed, invoices)
        .map_err(|error| Error::file("write", path)(std::io::Error::other(error)))
}

/// True when every unit was reconciled.
fn replay_file(arguments: &Arguments) -> Result<bool, Error> {
    // Proof: clap requires the file unless there is a subcommand, and that was taken before.
    let file = arguments.file.as_deref().expect("clap requires the file");
    let run_id = arguments.run.clone().unwrap_or_else(run_of_now);
    let plan = plan(&orders::read(file)?, &run_id)?;
    let options = Options {
        api: arguments.api.clone(),
        pace: pace(arguments.speed, &plan),
        connections: usize::from(arguments.connections),
        short: arguments.short,
    };
    let report = run(plan, &options)?;
    print!("{report}");
    Ok(report.is_sound())
}

fn pace(speed: Option<f64>, plan: &Plan) -> Pace {
    let speed = speed.unwrap_or(plan.duration_seconds() as f64 / DEFAULT_DAY_SECONDS);
    if speed > 0.0 { Pace::Times(speed) } else { Pace::Unpaced }
}

fn run_of_now() -> String {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{:x}", since_epoch.as_millis())
}

fn parse_speed(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|speed: &f64| *speed == 0.0 || (1.0..=1e6).contains(speed))
        .ok_or_else(|| "0, or a number from 1 to 1000000, is wanted".to_owned())
}

fn parse_percent(text: &str) -> Result<ShortPercent, String> {
    text.parse().ok().and_then(ShortPercent::new).ok_or_else(|| "a percentage from 0 to 100 is wanted".to_owned())
}
