//! The program `tidegate`: reads the command line, does what it says, and ends with the exit code
//! of the contract. What the commands do is the library's affair.
#![forbid(unsafe_code)]

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use clap::Parser;
use serde::Serialize;
use server::api::Contract;
use server::cli::{self, Cli, Command};
use server::config::{self, Overlay, Sources};
use server::error::{BAD_USAGE, ServerError};
use server::import::{self, Job};
use server::serve::Setup;
use server::sizing::{self, Measured, PlanReport, REFERENCE};
use server::{offline, serve, telemetry};

/// What ten thousand connections have taken it gives back, where the system's keeps it (docs/decisions/0010-allocator.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A panic leaves no thread in a state that anybody has thought of.
const PANICKED: i32 = 70;

fn main() -> ExitCode {
    end_on_panic();
    match Cli::parse().command {
        Command::Serve(flags) => serve(&flags),
        Command::Import(flags) => ExitCode::from(import(flags)),
        Command::Verify(flags) => verify(&flags),
        Command::Restore(flags) => ended(restore(&flags)),
        Command::Log(flags) => ended(log(&flags)),
        Command::BenchSelf(flags) => ended(bench_self(&flags)),
        Command::Plan(flags) => ended(plan(&flags)),
        Command::OpenApi => ended(openapi()),
    }
}

fn end_on_panic() {
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        print(panic);
        std::process::exit(PANICKED);
    }));
}

fn serve(flags: &cli::Serve) -> ExitCode {
    let sources = Sources::new(flags.config.as_deref(), config::environment(), flags.flags());
    let read = sources.read().and_then(|base| base.settle(&Overlay::default()).map(|settled| (base, settled.config)));
    match read {
        Ok((base, config)) => {
            let log_level = telemetry::set_up_log(&config.telemetry);
            ended(serve::serve(Setup { sources, base, config, log_level }))
        }
        Err(error) => {
            eprintln!("tidegate: {error}");
            ExitCode::from(BAD_USAGE)
        }
    }
}

fn import(flags: cli::Import) -> u8 {
    let cli::Import { source, api, format } = flags;
    import::run(&Job { source, target: api, format, patience: import::PATIENCE })
}

fn verify(flags: &cli::Verify) -> ExitCode {
    let reported = offline::verify(&flags.data_dir).and_then(|report| print(&report).map(|()| report.sound));
    match reported {
        Ok(sound) => ExitCode::from(u8::from(!sound)),
        Err(error) => ended(Err(error)),
    }
}

fn restore(flags: &cli::Restore) -> Result<(), ServerError> {
    print(&offline::restore(&flags.from, &flags.data_dir, flags.until)?)
}

/// A line of JSON.
fn print(report: &impl Serialize) -> Result<(), ServerError> {
    let text = serde_json::to_string(report).map_err(|error| ServerError::Output(error.into()))?;
    writeln!(io::stdout(), "{text}").map_err(ServerError::Output)
}

fn log(flags: &cli::Log) -> Result<(), ServerError> {
    let mut out = BufWriter::new(io::stdout().lock());
    offline::log(&flags.data_dir, flags.from.unwrap_or(0), flags.limit.unwrap_or(u64::MAX), &mut out)?;
    out.flush().map_err(ServerError::Output)
}

fn bench_self(flags: &cli::BenchSelf) -> Result<(), ServerError> {
    let measured = sizing::measure(&flags.dir)?;
    if flags.json { print(&measured) } else { write_out(&sizing::measured_table(&measured)) }
}

fn plan(flags: &cli::Plan) -> Result<(), ServerError> {
    let target = flags.target()?;
    let measured = match &flags.measured {
        Some(file) => Measured::read(file)?,
        None => sizing::measure(&flags.dir)?,
    };
    let node = Measured { cores: flags.cores.unwrap_or(measured.cores), ..measured };
    let plan = sizing::plan(&target, &node, &REFERENCE)?;
    if flags.json { print(&PlanReport::from(&plan)) } else { write_out(&sizing::plan_toml(&target, &node, &plan)) }
}

fn openapi() -> Result<(), ServerError> {
    write_out(&Contract::openapi_json())
}

fn write_out(text: &str) -> Result<(), ServerError> {
    io::stdout().write_all(text.as_bytes()).map_err(ServerError::Output)
}

fn ended(result: Result<(), ServerError>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tidegate: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}
