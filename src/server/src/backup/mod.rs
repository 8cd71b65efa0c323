//! A copy of a serving server's data: the store as of one record, the log from there on, and a
//! manifest that is written last. It knows no HTTP, and not how a copy becomes a server again.

mod manifest;

use std::fs;
use std::path::{Path, PathBuf};

use engine::{Stretch, copy_log};
use wal::RealDisk;

use crate::data_dir;
use crate::error::ServerError;
use crate::stage::Opened;

pub use manifest::Manifest;

/// The log that goes into every backup.
#[derive(Debug, Clone)]
pub struct Source {
    /// Where it lies.
    pub log_dir: PathBuf,
    /// Its sizes and whose it is.
    pub log: wal::Options,
}

/// Makes a backup in `directory`, which must not exist, in a parent that must. It has all that was
/// durable when the store's copy was made, and nothing of it once this fails.
pub fn make(source: &Source, opened: &Opened, directory: &Path) -> Result<Manifest, ServerError> {
    let place = |reason| ServerError::BackupPlace { path: directory.to_owned(), reason };
    fs::create_dir(directory).map_err(place)?;
    let made = opened.checkpoints.hold(|| copy(source, opened, directory));
    if made.is_err() {
        // What is left of it has no manifest, and so is no backup.
        let _left = fs::remove_dir_all(directory);
    }
    made
}

fn copy(source: &Source, opened: &Opened, directory: &Path) -> Result<Manifest, ServerError> {
    let covered = opened.store.backup(&data_dir::store(directory))?;
    // The store never has what is not durable: this is the same record or a later one.
    let until = opened.engine.durable_mark();
    let manifest = Manifest {
        format: manifest::FORMAT,
        lsn_store: covered.lsn.0,
        lsn: until.0,
        time_ms: opened.engine.now().0,
        partition: source.log.partition,
        epoch: source.log.epoch,
        digest: format!("{:016x}", covered.digest),
    };
    let (from, into) = (RealDisk::open(&source.log_dir)?, RealDisk::open(&data_dir::log(directory))?);
    let stretch = Stretch { after: covered.lsn, until };
    copy_log((&from, &source.log), stretch, (into, &source.log), &mut |_| {})?;
    manifest.write(directory)?;
    Ok(manifest)
}
