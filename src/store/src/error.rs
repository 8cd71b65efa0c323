//! Why the store did not do what it was asked: what was attempted, whose fault it is, and what to do.
//! It must not know what an answer over HTTP looks like.

use engine::records::RecordError;
use engine::{Lsn, ProjectionError};
use ledger::Millis;
use rocksdb::ErrorKind;
use std::path::PathBuf;

/// What went wrong. None of them ever stops reservations: the log has everything.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The machine's fault: it could not read or write. Tried again, it may work.
    #[error(
        "could not {attempted}: {reason}; see to the disk (space, rights, health); a server that serves tries again by itself"
    )]
    Disk {
        /// What was being done.
        attempted: &'static str,
        /// What the system said.
        reason: String,
    },
    /// The disk's fault: what was written is not what is read.
    #[error(
        "could not {attempted}: the store is damaged: {reason}; move its directory away (never delete it) and start: it is made \
         again from a log that reaches back to record 1, and any other start is refused; then restore a backup"
    )]
    Damaged {
        /// What was being done.
        attempted: &'static str,
        /// What was found.
        reason: String,
    },
    /// `RocksDB` refused for another reason: a defect, unless it is shutting down.
    #[error("could not {attempted}: {reason}")]
    Refused {
        /// What was being done.
        attempted: &'static str,
        /// What it said.
        reason: String,
    },
    /// Written by a newer build.
    #[error("the store has format {found}; this build reads up to {known}: start a newer build")]
    Newer {
        /// The format that was found.
        found: u32,
        /// The newest that this build knows.
        known: u32,
    },
    /// Written by an older build, in a format that was never released.
    #[error(
        "the store has format {found}, and this build reads only {known}: move its directory away, and it is made again \
         from the log where the log reaches back to its beginning; otherwise start the build that wrote it"
    )]
    Older {
        /// The format that was found.
        found: u32,
        /// The only one that this build reads.
        known: u32,
    },
    /// The directory belongs to another part of the whole.
    #[error("the store belongs to partition {found}, not {asked}: name the right directory or the right partition")]
    OtherPartition {
        /// Whose it is.
        found: u32,
        /// For whom it was opened.
        asked: u32,
    },
    /// No store where one must be.
    #[error("there is no store in {}", .0.display())]
    Missing(PathBuf),
    /// Something where nothing may be.
    #[error("{} is already there: name a directory that is not", .0.display())]
    Exists(PathBuf),
    /// The caller's fault: records were handed in that do not follow the last ones.
    #[error("record {found} does not follow: record {expected} is next")]
    Gap {
        /// What is next.
        expected: Lsn,
        /// What was handed in.
        found: Lsn,
    },
}

impl StoreError {
    /// What `RocksDB` says, told apart by whose fault it is.
    pub(crate) fn rocks(attempted: &'static str) -> impl Fn(rocksdb::Error) -> Self {
        move |error| {
            let kind = error.kind();
            let reason = error.into_string();
            match kind {
                ErrorKind::Corruption => Self::Damaged { attempted, reason },
                ErrorKind::IOError => Self::Disk { attempted, reason },
                _ => Self::Refused { attempted, reason },
            }
        }
    }

    /// A row whose bytes are none, although every checksum was right.
    pub(crate) fn row(attempted: &'static str) -> impl Fn(RecordError) -> Self {
        move |error| Self::damaged(attempted, error.to_string())
    }

    pub(crate) fn damaged(attempted: &'static str, reason: impl Into<String>) -> Self {
        Self::Damaged { attempted, reason: reason.into() }
    }

    fn attempted(&self) -> &'static str {
        match self {
            Self::Disk { attempted, .. } | Self::Damaged { attempted, .. } | Self::Refused { attempted, .. } => {
                attempted
            }
            Self::Gap { .. } => "apply records",
            Self::Newer { .. } | Self::Older { .. } | Self::OtherPartition { .. } | Self::Missing(_) => {
                "open the store"
            }
            Self::Exists(_) => "back the store up",
        }
    }
}

impl From<StoreError> for ProjectionError {
    fn from(error: StoreError) -> Self {
        let (attempted, is_damage) = (error.attempted(), matches!(error, StoreError::Damaged { .. }));
        let text = error.to_string();
        // What was attempted is said once.
        let reason = text.strip_prefix(&format!("could not {attempted}: ")).unwrap_or(&text).to_owned();
        Self { attempted, reason, is_damage }
    }
}

/// Why records were not handed out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordsError {
    /// Records after the place that was asked for are forgotten.
    #[error("the records asked for are gone: record {oldest} is the oldest that is kept")]
    Gone {
        /// The oldest that is kept, or where there is none, the next one.
        oldest: Lsn,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why history was not told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HistoryError {
    /// The time that was asked for is forgotten.
    #[error("the history of that time is gone: it is kept from {} ms on", .oldest.0)]
    Gone {
        /// From when on it is kept.
        oldest: Millis,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
