//! What lies where in a data directory, and what must hold before anything in it is opened.
//! It looks and changes nothing; what the files hold is known to log and store.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use store::Store;
use wal::{Disk, Follower, Lsn, RealDisk, WalError};

use crate::error::ServerError;

/// Where in a data directory or a backup the store lies.
pub const STORE_DIRECTORY: &str = "store";

/// What a restore is building; gone once all of it is in its place.
pub const RESTORING_DIRECTORY: &str = "restoring";

/// Where the log of a data directory or a backup lies.
pub fn log(data_dir: &Path) -> PathBuf {
    data_dir.join(engine::LOG_DIRECTORY)
}

/// Where the settings that were patched are kept.
pub fn overlay(data_dir: &Path) -> PathBuf {
    data_dir.join("config-overlay.json")
}

/// Where its store lies.
pub fn store(data_dir: &Path) -> PathBuf {
    data_dir.join(STORE_DIRECTORY)
}

/// Whether there is a store, sound or not: `RocksDB` names its newest state in this file.
pub fn has_store(data_dir: &Path) -> bool {
    store(data_dir).join("CURRENT").exists()
}

/// The options of the log that is there: it goes on in the epoch in which it was begun.
pub fn in_its_epoch(disk: &impl Disk, options: wal::Options) -> Result<wal::Options, WalError> {
    let epoch = wal::identity(disk)?.map_or(options.epoch, |found| found.epoch);
    Ok(wal::Options { epoch, ..options })
}

/// Refuses a store whose last record is another one in the log, as far as the log still has that one.
pub fn check_store(store: &Store, data_dir: &Path, options: &wal::Options) -> Result<(), ServerError> {
    let Some(lsn) = Some(store.marks().lsn).filter(|lsn| lsn.0 > 0) else { return Ok(()) };
    let before = Lsn(lsn.0 - 1);
    let mut ours = None;
    store.records(before, &mut |_, record| {
        ours = Some(record.to_vec());
        ControlFlow::Break(())
    })?;
    let mut theirs = None;
    let read = Follower::after(before, options).read(&RealDisk::open(&log(data_dir))?, lsn, &mut |_, record| {
        theirs = Some(record.to_vec());
        Ok(ControlFlow::Break(()))
    });
    match (read, ours, theirs) {
        (Ok(()), Some(ours), Some(theirs)) if ours != theirs => {
            Err(ServerError::OtherLife { path: self::store(data_dir), lsn })
        }
        // Records that are gone cannot be compared; what else is wrong with the log, its opening tells.
        _ => Ok(()),
    }
}

/// Refuses a directory from which no server may start, before anything in it is touched.
pub fn check(data_dir: &Path, options: wal::Options) -> Result<(), ServerError> {
    let restoring = data_dir.join(RESTORING_DIRECTORY);
    if restoring.exists() {
        return Err(ServerError::HalfRestored { path: restoring });
    }
    let log = log(data_dir);
    match (log.is_dir(), has_store(data_dir)) {
        (false, true) => return Err(ServerError::LogGone { path: log }),
        (false, false) | (true, true) => return Ok(()),
        (true, false) => {}
    }
    let disk = RealDisk::open(&log)?;
    if wal::identity(&disk)?.is_none() {
        return Ok(());
    }
    let oldest = wal::oldest(&disk, &in_its_epoch(&disk, options)?)?;
    if oldest.0 > 1 {
        return Err(ServerError::StoreGone { path: store(data_dir), oldest });
    }
    Ok(())
}
