//! What a backup says of itself. A directory without it is no backup: it is written when all else is
//! on disk.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::durable;
use crate::error::ServerError;

/// The layout of a backup that this build writes, and the highest that it reads.
pub const FORMAT: u32 = 1;

const FILE: &str = "backup.json";

/// What is in a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The backup's layout.
    pub format: u32,
    /// The record that the store's copy covers; its log begins after it.
    pub lsn_store: u64,
    /// The last record of the log's copy.
    pub lsn: u64,
    /// The server's time when it was made, in milliseconds.
    pub time_ms: u64,
    /// The partition of store and log.
    pub partition: u32,
    /// The epoch of the log.
    pub epoch: u32,
    /// The digest of the store's live rows, in hexadecimal.
    pub digest: String,
}

impl Manifest {
    /// Writes it durably into a backup's directory.
    pub fn write(&self, directory: &Path) -> Result<(), ServerError> {
        let attempt = || -> io::Result<()> {
            durable::replace(&directory.join(FILE), &serde_json::to_vec(self)?)?;
            // The directory's own entry, where it has a parent that can be named.
            directory.canonicalize()?.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())
        };
        attempt().map_err(ServerError::file("write the manifest in", directory))
    }

    /// Reads that of a backup.
    pub fn read(directory: &Path) -> Result<Self, ServerError> {
        let bytes = match fs::read(directory.join(FILE)) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(ServerError::NoBackup { path: directory.to_owned() });
            }
            read => read.map_err(ServerError::file("read the manifest in", directory))?,
        };
        let bad = |reason: String| ServerError::BadBackup { path: directory.to_owned(), reason };
        let manifest: Self = serde_json::from_slice(&bytes).map_err(|error| bad(format!("its {FILE}: {error}")))?;
        if manifest.format > FORMAT {
            let reason = format!("it has format {}, and this build reads up to {FORMAT}", manifest.format);
            return Err(bad(reason));
        }
        Ok(manifest)
    }

    /// Whether a directory has one.
    pub fn is_in(directory: &Path) -> bool {
        directory.join(FILE).exists()
    }
}
