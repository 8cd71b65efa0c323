//! The disk that a long life takes: a shop with constant stock and a steady stream of reservations, each of which ends,
//! and the bytes of log and store beside it. It speaks HTTP and knows the contract only.

use crate::server::{Server, verify};
use crate::{Error, bulk};
use serde::Serialize;
use std::fmt;
use std::fs;
use std::iter;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

const SKUS: u64 = 1_000;
const UNITS: u64 = 1_000_000;
/// Reservations go in batches, so many a second.
const BATCHES_A_SECOND: u64 = 10;
/// Of how many reservations one is released, and the others sold and shipped.
const RELEASED_OF: u64 = 4;
/// What stands when a stretch is over is measured this often within it, and the most counts.
const LOOKS_A_STRETCH: u32 = 20;
/// How much more the later half of a life may take than the earlier one and still count as bounded.
const SLACK: f64 = 1.15;

/// How a life goes.
pub struct Plan {
    /// The program.
    pub program: PathBuf,
    /// Where its data go.
    pub work: PathBuf,
    /// Reservations a second.
    pub rate: u64,
    /// How long, in stretches.
    pub stretches: u32,
    /// How long a stretch is.
    pub stretch: Duration,
    /// How long history is kept.
    pub history: Duration,
}

/// What stood at the end of a stretch.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Stretch {
    /// Since the start.
    pub seconds: f64,
    /// Reservations made and ended since the start.
    pub reservations: u64,
    /// Bytes that the log has been written since the start.
    pub written_bytes: u64,
    /// The most that the log's files took within the stretch.
    pub log_bytes: u64,
    /// The most that the store's files took within it.
    pub store_bytes: u64,
    /// Resident memory at its end.
    pub resident_bytes: u64,
}

/// The head of the table of which [`Stretch`] is a line.
pub const HEADER: &str = "| after | reservations ended | log written in all | log's files | store's files | memory |\n\
                          |---:|---:|---:|---:|---:|---:|";

impl fmt::Display for Stretch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seconds, reservations, written_bytes, log_bytes, store_bytes, resident_bytes } = self;
        let [written, log, store, resident] =
            [written_bytes, log_bytes, store_bytes, resident_bytes].map(|bytes| *bytes as f64 / f64::from(1 << 20));
        write!(
            f,
            "| {seconds:.0} s | {reservations} | {written:.0} MiB | {log:.0} MiB | {store:.1} MiB | {resident:.0} MiB |"
        )
    }
}

/// Lives as planned and tells each stretch. Once history is being forgotten, disk that goes on growing is a broken promise.
pub fn run(plan: &Plan, mut tell: impl FnMut(&Stretch)) -> Result<Vec<Stretch>, Error> {
    let data = plan.work.join("data");
    let environment = [
        ("TIDEGATE_LOG__SEGMENT_BYTES", "4194304".to_owned()),
        ("TIDEGATE_LOG__RESERVE_BYTES", "1048576".to_owned()),
        ("TIDEGATE_LOG__RETENTION_BYTES", "16777216".to_owned()),
        ("TIDEGATE_STORE__CHECKPOINT_INTERVAL_MS", "1000".to_owned()),
        ("TIDEGATE_STORE__HISTORY_DAYS", "0".to_owned()),
        ("TIDEGATE_ENGINE__IDEMPOTENCY_WINDOW_MS", plan.history.as_millis().to_string()),
        ("TIDEGATE_TELEMETRY__LOG_LEVEL", "warn".to_owned()),
    ];
    let mut server = Server::start(&plan.program, &data, &environment, Stdio::inherit())?;
    if !server.is_ready()? {
        return Err(Error::Promise("the server ended while it started".to_owned()));
    }
    let mut life = Life { server, data: data.clone(), rate: plan.rate, reservations: 0, started: Instant::now() };
    let mut stretches = Vec::new();
    for _ in 0..plan.stretches {
        let stretch = life.stretch(plan.stretch)?;
        tell(&stretch);
        stretches.push(stretch);
    }
    life.server.stop()?;
    verify(&plan.program, &data)?;
    is_bounded(&stretches, plan.history)?;
    Ok(stretches)
}

struct Life {
    server: Server,
    data: PathBuf,
    rate: u64,
    reservations: u64,
    started: Instant,
}

impl Life {
    fn stretch(&mut self, length: Duration) -> Result<Stretch, Error> {
        let began = Instant::now();
        let pace = Duration::from_secs(1) / BATCHES_A_SECOND as u32;
        // What was shipped is put back on the shelf.
        bulk::stock(&self.server.api, (0..SKUS).map(|sku| format!("sku-{sku}")), UNITS)?;
        let (mut log_bytes, mut store_bytes, mut looks) = (0, 0, 0);
        for batch in 1.. {
            self.batch()?;
            let elapsed = began.elapsed();
            if elapsed >= length / LOOKS_A_STRETCH * looks {
                looks += 1;
                log_bytes = log_bytes.max(bytes_of(&self.data.join("log"))?);
                store_bytes = store_bytes.max(bytes_of(&self.data.join("store"))?);
            }
            if elapsed >= length {
                break;
            }
            thread::sleep((pace * batch).saturating_sub(elapsed));
        }
        Ok(Stretch {
            seconds: self.started.elapsed().as_secs_f64(),
            reservations: self.reservations,
            written_bytes: self.server.metric("tidegate_log_written_bytes_total")? as u64,
            log_bytes,
            store_bytes,
            resident_bytes: self.server.resident_bytes(),
        })
    }

    /// Reservations from the first verb to the last.
    fn batch(&mut self) -> Result<(), Error> {
        let numbers = self.reservations..self.reservations + self.rate / BATCHES_A_SECOND;
        self.reservations = numbers.end;
        bulk::operations(&self.server.api, "reserve, confirm and fulfil", numbers.flat_map(life_of))
    }
}

fn life_of(number: u64) -> impl Iterator<Item = String> {
    let sku = number % SKUS;
    let reserve = format!(
        r#"{{"op":"reserve","id":"r-{number}","customer":"c-{number}","lines":[{{"sku":"sku-{sku}","quantity":1}}]}}"#
    );
    let verbs: &[&str] = if number.is_multiple_of(RELEASED_OF) { &["release"] } else { &["confirm", "fulfil"] };
    let verbs = verbs.iter().map(move |verb| format!(r#"{{"op":"{verb}","id":"r-{number}"}}"#));
    iter::once(reserve).chain(verbs)
}

/// The later half takes no more than the earlier one, once history has begun to be forgotten.
fn is_bounded(stretches: &[Stretch], history: Duration) -> Result<(), Error> {
    let settled = 2.0 * history.as_secs_f64();
    let settled: Vec<_> = stretches.iter().filter(|stretch| stretch.seconds > settled).collect();
    let (earlier, later) = settled.split_at(settled.len() / 2);
    for (what, bytes) in [("log", (|stretch| stretch.log_bytes) as fn(&Stretch) -> u64), ("store", |s| s.store_bytes)] {
        let most = |half: &[&Stretch]| half.iter().map(|stretch| bytes(stretch)).max().unwrap_or_default() as f64;
        if most(later) > most(earlier) * SLACK {
            let (earlier, later) = (most(earlier), most(later));
            return Err(Error::Promise(format!("the {what} goes on growing: {earlier} bytes at most, later {later}")));
        }
    }
    Ok(())
}

/// Files come and go meanwhile: what is gone counts nothing.
fn bytes_of(directory: &Path) -> Result<u64, Error> {
    let entries = fs::read_dir(directory).map_err(Error::file("list", directory))?;
    Ok(entries.flatten().filter_map(|entry| entry.metadata().ok()).map(|metadata| metadata.len()).sum())
}

#[cfg(test)]
mod tests;
