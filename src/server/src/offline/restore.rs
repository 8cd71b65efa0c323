//! `tidegate restore`: a data directory from a backup, up to any record that the backup's log has. The
//! new log has an epoch of its own: what its server will decide is another history than what others decided
//! after the backup, and a place in theirs leads nowhere here.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use engine::{LOG_DIRECTORY, Stretch, copy_log};
use serde::Serialize;
use store::Store;
use wal::{DirectoryLock, Lsn, RealDisk};

use super::progress::Progress;
use crate::backup::Manifest;
use crate::data_dir::{self, RESTORING_DIRECTORY, STORE_DIRECTORY};
use crate::error::ServerError;

/// What may lie in an empty data directory: our lock, what a broken-off restore left, and what a
/// new file system has.
const IGNORED: [&str; 3] = ["LOCK", RESTORING_DIRECTORY, "lost+found"];

/// When 2026 began, since 1970.
const FIRST_EPOCH: Duration = Duration::from_secs(1_767_225_600);

/// What was restored.
#[derive(Debug, Serialize)]
pub struct Restored {
    /// The last record that is there.
    pub lsn: u64,
    /// The epoch in which the log goes on.
    pub epoch: u32,
}

/// Restores the backup in `from` into `data_dir`, which must be empty or missing, with the records up
/// to `until`, or all. No server starts in what is left where this breaks off.
pub fn restore(from: &Path, data_dir: &Path, until: Option<u64>) -> Result<Restored, ServerError> {
    let manifest = Manifest::read(from)?;
    let until = wanted(&manifest, until)?;
    check_store(from, &manifest)?;
    check_empty(data_dir)?;
    let _lock = DirectoryLock::acquire(data_dir)?;
    let restoring = data_dir.join(RESTORING_DIRECTORY);
    clear(&restoring, data_dir)?;
    let bad = || ServerError::BadBackup { path: from.to_owned(), reason: "its epoch is the last there is".to_owned() };
    let epoch = own_epoch(manifest.epoch, SystemTime::now()).ok_or_else(bad)?;
    if let Err(error) = build(from, &restoring, &manifest, until, epoch) {
        // The next restore removes what this cannot.
        let _left = remove(&restoring);
        return Err(error);
    }
    // Where this breaks off, what is left of it is what keeps servers from starting.
    publish(&restoring, data_dir)?;
    Ok(Restored { lsn: until.0, epoch })
}

fn wanted(manifest: &Manifest, until: Option<u64>) -> Result<Lsn, ServerError> {
    let (from, to) = (manifest.lsn_store, manifest.lsn);
    let until = until.unwrap_or(to);
    if until < from || until > to {
        return Err(ServerError::Until { until, from, to });
    }
    Ok(Lsn(until))
}

/// An epoch that no other restore has, of this backup or of another, unless both are made within the same second: later
/// than the backup's, and the seconds since 2026 began.
fn own_epoch(of_backup: u32, now: SystemTime) -> Option<u32> {
    let since_1970 = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let seconds = since_1970.saturating_sub(FIRST_EPOCH).as_secs();
    Some(of_backup.checked_add(1)?.max(u32::try_from(seconds).unwrap_or(u32::MAX)))
}

/// The store must be the one that the manifest was written for.
fn check_store(from: &Path, manifest: &Manifest) -> Result<(), ServerError> {
    let options = store::Options { partition: manifest.partition, ..store::Options::default() };
    let marks = Store::open_read_only(&data_dir::store(from), &options)?.marks();
    let found = (marks.lsn.0, format!("{:016x}", marks.digest));
    if found == (manifest.lsn_store, manifest.digest.clone()) {
        return Ok(());
    }
    let (lsn, digest) = found;
    let reason = format!(
        "its store covers record {lsn} with the digest {digest}, and its manifest says record {} and {}",
        manifest.lsn_store, manifest.digest
    );
    Err(ServerError::BadBackup { path: from.to_owned(), reason })
}

fn check_empty(data_dir: &Path) -> Result<(), ServerError> {
    if !data_dir.exists() {
        return Ok(());
    }
    // No server starts beside what a restore has left: what has its place already is of the same restore.
    let restored: &[&str] =
        if data_dir.join(RESTORING_DIRECTORY).exists() { &[STORE_DIRECTORY, LOG_DIRECTORY] } else { &[] };
    for entry in fs::read_dir(data_dir).map_err(ServerError::file("read", data_dir))? {
        let found = entry.map_err(ServerError::file("read", data_dir))?.file_name().to_string_lossy().into_owned();
        if !IGNORED.contains(&found.as_str()) && !restored.contains(&found.as_str()) {
            return Err(ServerError::NotEmpty { path: data_dir.to_owned(), found });
        }
    }
    Ok(())
}

/// Removes what a broken-off restore has left, and last of all what tells that there was one.
fn clear(restoring: &Path, data_dir: &Path) -> Result<(), ServerError> {
    if restoring.exists() {
        remove(&data_dir::store(data_dir))?;
        remove(&data_dir::log(data_dir))?;
        sync(data_dir)?;
    }
    remove(restoring)
}

fn remove(directory: &Path) -> Result<(), ServerError> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(ServerError::file("remove", directory)),
    }
}

/// Makes store and log in a directory in which no server starts.
fn build(from: &Path, into: &Path, manifest: &Manifest, until: Lsn, epoch: u32) -> Result<(), ServerError> {
    fs::create_dir(into).map_err(ServerError::file("make", into))?;
    copy_files(&data_dir::store(from), &data_dir::store(into))?;
    let theirs = wal::Options { partition: manifest.partition, epoch: manifest.epoch, ..wal::Options::default() };
    let ours = wal::Options { epoch, ..theirs };
    let (source, disk) = (RealDisk::open(&data_dir::log(from))?, RealDisk::open(&data_dir::log(into))?);
    let stretch = Stretch { after: Lsn(manifest.lsn_store), until };
    let total = until.0 - manifest.lsn_store;
    let progress = Progress::of_records("writing the log", total);
    let mut tell = |lsn: Lsn| progress.is_at(lsn.0 - manifest.lsn_store, total);
    Ok(copy_log((&source, &theirs), stretch, (disk, &ours), &mut tell)?)
}

/// Copies the files of a directory that has no others in it, durably.
fn copy_files(from: &Path, into: &Path) -> Result<(), ServerError> {
    fs::create_dir(into).map_err(ServerError::file("make", into))?;
    let list = || -> io::Result<Vec<_>> {
        fs::read_dir(from)?
            .map(|entry| entry.and_then(|entry| Ok((entry.file_name(), entry.metadata()?.len()))))
            .collect()
    };
    let files = list().map_err(ServerError::file("read", from))?;
    let total = files.iter().map(|(_, bytes)| bytes).sum();
    let progress = Progress::of_bytes("copying the store", total);
    let mut done = 0;
    for (name, bytes) in files {
        let copy = into.join(&name);
        let copied = fs::copy(from.join(&name), &copy).and_then(|_| File::open(&copy)?.sync_all());
        copied.map_err(ServerError::file("copy the store to", &copy))?;
        done += bytes;
        progress.is_at(done, total);
    }
    sync(into)
}

/// Gives store and log their places. Until the last step no server starts there.
fn publish(restoring: &Path, data_dir: &Path) -> Result<(), ServerError> {
    sync(restoring)?;
    for place in [data_dir::store, data_dir::log] {
        let from = place(restoring);
        fs::rename(&from, place(data_dir)).map_err(ServerError::file("give its place to", &from))?;
    }
    sync(data_dir)?;
    remove(restoring)?;
    sync(data_dir)
}

fn sync(directory: &Path) -> Result<(), ServerError> {
    let synced = File::open(directory).and_then(|directory| directory.sync_all());
    synced.map_err(ServerError::file("sync", directory))
}

#[cfg(test)]
mod tests {
    use super::{FIRST_EPOCH, own_epoch};
    use std::time::{Duration, SystemTime};

    #[test]
    fn every_restore_has_an_epoch_of_its_own() {
        let at = |seconds| SystemTime::UNIX_EPOCH + FIRST_EPOCH + Duration::from_secs(seconds);
        assert_eq!(own_epoch(0, at(700)), Some(700));
        assert_eq!(own_epoch(0, at(701)), Some(701), "the same backup, a second later");
        assert_eq!(own_epoch(700, at(700)), Some(701), "a backup of what was just restored");
        assert_eq!(own_epoch(6, SystemTime::UNIX_EPOCH), Some(7), "a clock that was never set");
        assert_eq!(own_epoch(u32::MAX, at(700)), None);
    }
}
