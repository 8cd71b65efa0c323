//! `tidegate bench-self`: times the stages on this machine, and the log's writes on a directory's disk. It knows nothing of
//! what is planned by it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::thread;
use std::time::Duration;

use super::measured::{ByLines, MOST_CORES, Measured};
use super::sample::{self, Quantiles};
use super::stages::{Stage, record_bytes};
use crate::error::ServerError;
use crate::offline::Progress;

/// Of how many lines a reservation is that tells what a line costs.
const LINES: usize = 11;
/// Samples of a stage that needs only the processor.
const SAMPLES: usize = 101;
/// Writes of 4 KiB: ten of them are beyond the p99.
const SMALL_WRITES: usize = 1_000;
/// Writes of 256 KiB.
const LARGE_WRITES: usize = 60;
/// How long either takes at most, on a slow disk.
const WRITING: Duration = Duration::from_secs(2);

const SMALL_BYTES: usize = 4 << 10;
const LARGE_BYTES: usize = 256 << 10;

/// How many stages are measured.
const STEPS: u64 = 12;

/// Measures everything, in a directory of its own in `directory`, which it removes again.
pub fn measure(directory: &Path) -> Result<Measured, ServerError> {
    let mut bench =
        Bench { scratch: Scratch::make(directory)?, done: 0, progress: Progress::of_steps("measuring", STEPS) };
    let small = bench.writes(SMALL_BYTES, SMALL_WRITES)?;
    let large = bench.writes(LARGE_BYTES, LARGE_WRITES)?;
    Ok(Measured {
        format: Measured::FORMAT,
        cores: cores(),
        sync_4k_p50_us: small.p50_ns / 1e3,
        sync_4k_p99_us: small.p99_ns / 1e3,
        sync_256k_p50_us: large.p50_ns / 1e3,
        hash_ns: bench.takes_ns(Stage::Hash, 1)?,
        route_ns: bench.takes_ns(Stage::Route, 1)?,
        parse_ns: bench.by_lines(Stage::Parse)?,
        decide_and_apply_ns: bench.by_lines(Stage::DecideAndApply)?,
        encode_ns: bench.by_lines(Stage::Encode)?,
        serialise_ns: bench.by_lines(Stage::Serialise)?,
        record_bytes: ByLines::between(record_bytes(1) as f64, record_bytes(LINES) as f64, LINES),
    })
}

/// What cannot be asked is one.
fn cores() -> u32 {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    u32::try_from(cores).unwrap_or(MOST_CORES).min(MOST_CORES)
}

struct Bench {
    scratch: Scratch,
    done: u64,
    progress: Progress,
}

impl Bench {
    fn writes(&mut self, bytes: usize, samples: usize) -> Result<Quantiles, ServerError> {
        let mut run = Stage::Commit(bytes).prepare(&self.scratch.0.join("log"), 1)?;
        let quantiles = sample::of_each(&mut run, samples, WRITING);
        self.step();
        quantiles
    }

    fn takes_ns(&mut self, stage: Stage, lines: usize) -> Result<f64, ServerError> {
        let mut run = stage.prepare(&self.scratch.0.join("log"), lines)?;
        let quantiles = sample::of_many(&mut run, SAMPLES)?;
        self.step();
        Ok(quantiles.p50_ns)
    }

    fn by_lines(&mut self, stage: Stage) -> Result<ByLines, ServerError> {
        Ok(ByLines::between(self.takes_ns(stage, 1)?, self.takes_ns(stage, LINES)?, LINES))
    }

    fn step(&mut self) {
        self.done += 1;
        self.progress.is_at(self.done, STEPS);
    }
}

/// A directory that is gone when it is dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn make(directory: &Path) -> Result<Self, ServerError> {
        let path = directory.join(format!("bench-self-{}", process::id()));
        fs::create_dir(&path).map_err(ServerError::file("make", &path))?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed has a name that says whose it is.
        let _left = fs::remove_dir_all(&self.0);
    }
}
