//! What one durable write costs on this disk: the floor of every latency that promises durability.
//! It must not know a log's format.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Instant;

use crate::Error;
use crate::latency::Latencies;

const BLOCK_BYTES: usize = 4096;
const BLOCKS: u64 = 1000;

/// The median of appending 4 KiB by `pwrite` and `fdatasync` into space that was written before, in microseconds.
pub fn fdatasync_p50_us(directory: &Path) -> Result<f64, Error> {
    let path = directory.join("probe");
    probe(&path).map_err(Error::file("measure writes to", &path))
}

fn probe(path: &Path) -> std::io::Result<f64> {
    let file = File::create(path)?;
    // Zeros, really written: into a growing or sparse file each sync would write the file system's own log as well.
    file.write_all_at(&vec![0; BLOCK_BYTES * BLOCKS as usize], 0)?;
    file.sync_all()?;
    let block = [0xA5; BLOCK_BYTES];
    let mut latencies = Latencies::new();
    for place in 0..BLOCKS {
        let started = Instant::now();
        file.write_all_at(&block, place * BLOCK_BYTES as u64)?;
        file.sync_data()?;
        latencies.record(started.elapsed());
    }
    Ok(latencies.quantile_us(0.5))
}
