//! How long a server takes from its start to its first answer, by what it has to load and to replay. It speaks HTTP and
//! knows the contract only.

mod fill;

use crate::Error;
use crate::server::Server;
use serde::Serialize;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Instant;

/// What a server has to recover.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// SKUs in its store.
    pub skus: u64,
    /// Live reservations in its store.
    pub reservations: u64,
    /// Log after the store, in MiB.
    pub tail_mib: u64,
}

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    /// SKUs in the store.
    pub skus: u64,
    /// Live reservations in the store.
    pub reservations: u64,
    /// Log after the store, in MiB.
    pub tail_mib: u64,
    /// Records in it.
    pub tail_records: u64,
    /// The store's files, in MiB.
    pub store_mib: u64,
    /// From the start of the program to the first `ready`, in seconds: each start, in order.
    pub seconds: Vec<f64>,
}

/// The head of the table of which [`Figures`] is a line.
pub const HEADER: &str = "| SKUs | live reservations | log after the store | records in it | store | ready after (each start) |\n\
                          |---:|---:|---:|---:|---:|---|";

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { skus, reservations, tail_mib, tail_records, store_mib, seconds } = self;
        let seconds: Vec<_> = seconds.iter().map(|seconds| format!("{seconds:.1} s")).collect();
        let seconds = seconds.join(", ");
        write!(f, "| {skus} | {reservations} | {tail_mib} MiB | {tail_records} | {store_mib} MiB | {seconds} |")
    }
}

/// Fills a server, lets go of it without a stop, and starts it so many times on what it left, each time from the same
/// store.
pub fn measure(program: &Path, work: &Path, size: Size, starts: u64) -> Result<Figures, Error> {
    let data = work.join("data");
    let server = start(program, &data)?;
    fill::stock(&server.api, size.skus)?;
    fill::reserve(&server.api, size.skus, size.reservations)?;
    server.checkpoint()?;
    server.stop()?;
    let (store, kept) = (data.join("store"), work.join("store"));
    copy(&store, &kept)?;
    let server = start(program, &data)?;
    let before = server.metric("tidegate_log_written_bytes_total")?;
    let mut tail_records = 0;
    while size.reservations > 0
        && server.metric("tidegate_log_written_bytes_total")? - before < (size.tail_mib << 20) as f64
    {
        tail_records += fill::extend(&server.api, size.reservations, tail_records)?;
    }
    drop(server);
    let mut seconds = Vec::new();
    for _ in 0..starts {
        fs::remove_dir_all(&store).map_err(Error::file("remove", &store))?;
        copy(&kept, &store)?;
        let started = Instant::now();
        let server = start(program, &data)?;
        seconds.push(started.elapsed().as_secs_f64());
        drop(server);
    }
    let store_mib = bytes_of(&kept)? >> 20;
    let Size { skus, reservations, tail_mib } = size;
    Ok(Figures { skus, reservations, tail_mib, tail_records, store_mib, seconds })
}

/// Starts a server that takes no checkpoint by itself, and waits until it is ready.
fn start(program: &Path, data: &Path) -> Result<Server, Error> {
    let environment = [
        ("TIDEGATE_STORE__CHECKPOINT_INTERVAL_MS", "3600000".to_owned()),
        ("TIDEGATE_TELEMETRY__LOG_LEVEL", "error".to_owned()),
    ];
    let mut server = Server::start(program, data, &environment, Stdio::inherit())?;
    if server.is_ready()? {
        return Ok(server);
    }
    Err(Error::Program { program: program.display().to_string(), problem: "it was killed while it started".to_owned() })
}

fn files(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = fs::read_dir(directory).map_err(Error::file("list", directory))?;
    entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .map_err(Error::file("list", directory))
}

fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    fs::create_dir_all(to).map_err(Error::file("create", to))?;
    for file in files(from)? {
        let target = to.join(file.file_name().unwrap_or_default());
        fs::copy(&file, &target).map_err(Error::file("copy", &file))?;
    }
    Ok(())
}

fn bytes_of(directory: &Path) -> Result<u64, Error> {
    let length = |file: PathBuf| fs::metadata(&file).map(|meta| meta.len()).map_err(Error::file("look at", &file));
    files(directory)?.into_iter().map(length).sum()
}
