//! The client behind `tidegate import`: reads a file, sends it to a running server in bounded
//! pieces, and reports by the line numbers of that file. What a line means is the server's affair;
//! this knows nothing of the engine or of the server's own code.

mod chunk;
mod client;
mod error;
mod found;
mod lines;
mod progress;
mod records;
mod report;
mod rows;
mod shopify;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

pub use client::Target;
pub use error::ImportError;
pub use report::{LineError, Renamed, Report};

use chunk::Chunk;
use client::Client;
use found::Found;
use lines::Lines;
use progress::Progress;
use rows::Rows;
use shopify::Inventory;

/// How long `tidegate import` waits for a server that is not ready.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What to import, and where to.
#[derive(Clone, Debug)]
pub struct Job {
    /// What to read.
    pub source: Source,
    /// The server.
    pub target: Target,
    /// The format; by the file's extension when absent.
    pub format: Option<Format>,
    /// How long to wait for a server that is not ready, for each piece of the file.
    pub patience: Duration,
}

/// What to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Standard input, written `-`.
    Stdin,
    /// A file.
    File(PathBuf),
}

/// How the source is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A JSON object a line.
    Ndjson,
    /// A header row that names the columns, then a row each.
    Csv,
    /// Shopify's inventory export.
    ShopifyCsv,
}

impl FromStr for Source {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "-" => Self::Stdin,
            path => Self::File(path.into()),
        })
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Stdin => write!(out, "stdin"),
            Self::File(path) => write!(out, "{}", path.display()),
        }
    }
}

/// Imports and tells the user; the exit code: 0 nothing refused, 1 something refused or the server
/// gave up, 2 bad usage or file.
pub fn run(job: &Job) -> u8 {
    let mut report = Report::default();
    let outcome = import(job, &mut report);
    for renamed in report.renamed() {
        eprintln!("{}: {renamed}", job.source);
    }
    for error in report.errors() {
        eprintln!("{}:{error}", job.source);
    }
    println!("{report}");
    match outcome {
        Ok(()) => u8::from(report.refused > 0),
        Err(error) => {
            eprintln!("tidegate import: {error}");
            error.exit_code()
        }
    }
}

/// Sends the whole source. The report is right for what was sent even when this fails halfway.
pub fn import(job: &Job, report: &mut Report) -> Result<(), ImportError> {
    let format = job.format()?;
    let (reader, bytes) = job.source.open()?;
    let progress = Progress::new(bytes);
    let reader = BufReader::new(progress.count(reader));
    let source: Box<dyn Iterator<Item = Result<Found, ImportError>>> = match format {
        Format::Ndjson => Box::new(Lines::new(reader)),
        Format::Csv => Box::new(Rows::new(reader)?),
        Format::ShopifyCsv => Box::new(Inventory::new(reader)?),
    };

    let client = Client::new(job.target.clone(), job.patience);
    let mut chunk = Chunk::default();
    for found in source {
        match found? {
            Found::Json(origin, json) => {
                if !chunk.has_room_for(&json) {
                    client.send(&chunk, report, &progress)?;
                    chunk.clear();
                }
                chunk.push(origin, &json);
            }
            Found::Bad(origin, detail) => report.refuse(&origin, detail),
            Found::Nothing => report.skipped += 1,
            Found::Renamed(renamed) => report.rename(renamed),
        }
    }
    if !chunk.is_empty() {
        client.send(&chunk, report, &progress)?;
    }
    Ok(())
}

impl Job {
    fn format(&self) -> Result<Format, ImportError> {
        let by_extension = || match &self.source {
            Source::Stdin => Some(Format::Ndjson),
            Source::File(path) => match path.extension()?.to_str()? {
                "ndjson" | "jsonl" => Some(Format::Ndjson),
                "csv" => Some(Format::Csv),
                _ => None,
            },
        };
        self.format
            .or_else(by_extension)
            .ok_or_else(|| ImportError::UnknownFormat { source_name: self.source.to_string() })
    }
}

impl Source {
    /// The bytes, and how many there are if that is known.
    fn open(&self) -> Result<(Box<dyn Read>, Option<u64>), ImportError> {
        let path = match self {
            Self::Stdin => return Ok((Box::new(io::stdin().lock()), None)),
            Self::File(path) => path,
        };
        let opened = File::open(path).and_then(|file| {
            let metadata = file.metadata()?;
            if metadata.is_dir() {
                return Err(io::ErrorKind::IsADirectory.into());
            }
            // A pipe or a device has no length to speak of.
            Ok((file, metadata.is_file().then_some(metadata.len())))
        });
        match opened {
            Ok((file, bytes)) => Ok((Box::new(file), bytes)),
            Err(source) => Err(ImportError::Unreadable { path: path.clone(), source }),
        }
    }
}
