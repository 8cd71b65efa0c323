//! `curves`: what a server costs by how much it keeps. Only arguments, output and exit codes live here.
#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use bench::Error;
use bench::curves::{Curves, Options, Part, Size, measure, write};
use clap::{Parser, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

#[derive(Parser)]
#[command(
    about = "Measures memory, processor time, an expiry wave and the limits of memory of real servers, by how much they keep",
    after_help = "Everything runs on free loopback ports and in temporary directories, which are removed: up to some gigabytes. All of it \
                  takes about ten minutes.\n\n\
                  Examples:\n  \
                  curves --only memory,wave\n  \
                  curves --short\n\n\
                  Exit codes: 0 measured, 1 a promise was broken, 2 it could not be carried out."
)]
struct Arguments {
    /// The program tidegate
    #[arg(long, default_value = "target/release/tidegate")]
    tidegate: PathBuf,
    /// Some parts instead of all
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Part>,
    /// A little of everything, in two minutes
    #[arg(long)]
    short: bool,
    /// Where the temporary directories are made: a file system like the server's
    #[arg(long, default_value = ".")]
    work: PathBuf,
    /// Where DATE-curves.md and DATE-curves.json go; a short run writes none
    #[arg(long, default_value = "bench/results")]
    results: PathBuf,
}

fn main() -> ExitCode {
    match carry_out(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("curves: {error}");
            ExitCode::from(if matches!(error, Error::Promise(_)) { 1 } else { 2 })
        }
    }
}

fn carry_out(arguments: Arguments) -> Result<(), Error> {
    let Arguments { tidegate, only, short, work, results } = arguments;
    let size = if short { Size::short() } else { Size::whole() };
    let options = Options { tidegate, work, size };
    let parts = if only.is_empty() { Part::value_variants().to_vec() } else { only };
    let mut all = Curves::default();
    for part in parts {
        let curves = shown(part, &options)?;
        if !short {
            write(&curves, &results)?;
        }
        all.absorb(curves);
    }
    print!("{}", all.page());
    Ok(())
}

/// One part, with a line that says what goes on and since when.
fn shown(part: Part, options: &Options) -> Result<Curves, Error> {
    let style = ProgressStyle::with_template("{spinner} {elapsed_precise} {msg}");
    let bar = ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar.enable_steady_tick(Duration::from_millis(200));
    let name = part.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned());
    let measured = measure(part, options, &|what| {
        bar.set_message(format!("{name}: {what}"));
        if bar.is_hidden() {
            eprintln!("{name}: {what}");
        }
    });
    bar.finish_and_clear();
    measured
}
