//! What can go wrong with the log, said so that an operator knows what was attempted and what to do.
//! It must not know how the server reports it.

use crate::Lsn;
use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// Why the log could not be opened, read, written or prepared.
#[derive(Debug, Error)]
pub enum WalError {
    /// The disk refused. While the log is being written this is terminal.
    #[error("could not {attempted} {file}: {source}; check the disk and the file system, then start again")]
    Io {
        /// What was being done.
        attempted: &'static str,
        /// To which file.
        file: String,
        /// What the disk answered.
        source: io::Error,
    },

    /// Bytes that were once acknowledged are missing or changed. Nothing was altered.
    #[error(
        "{file} is damaged at byte {offset}: {reason}; nothing was changed: check the disk and restore the log from a copy"
    )]
    Damaged {
        /// The file's name.
        file: String,
        /// Where what is sound ends, in bytes from the file's start.
        offset: u64,
        /// What is wrong there.
        reason: &'static str,
    },

    /// Segments that are needed are not there. Nothing was altered.
    #[error(
        "the log begins with record {oldest}, but records from {wanted} on are needed: restore a backup, or put the missing segments back"
    )]
    BeginsLate {
        /// The first record that the log holds.
        oldest: Lsn,
        /// The first record that was asked for.
        wanted: Lsn,
    },

    /// The log's end is missing. Nothing was altered.
    #[error(
        "the log ends at record {last}, before record {kept} that was already kept elsewhere: acknowledged records are missing; restore a backup, or put the missing segments back"
    )]
    EndsEarly {
        /// The last record that the log holds; 0 where there is no log.
        last: Lsn,
        /// The last record that is kept elsewhere.
        kept: Lsn,
    },

    /// A new log was to be made where there is one.
    #[error("the directory already holds a log, from {file} on: choose an empty one")]
    Exists {
        /// The log's first segment.
        file: String,
    },

    /// A later release wrote this file.
    #[error(
        "{file} has format version {found}, and this release reads up to {supported}: run the release that wrote it, or a later one"
    )]
    NewerFormat {
        /// The file's name.
        file: String,
        /// The version it carries.
        found: u16,
        /// The highest version read here.
        supported: u16,
    },

    /// Another process holds the directory.
    #[error(
        "{path} is locked by {holder}: stop it, or choose another data directory",
        path = path.display(),
        holder = pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
    )]
    InUse {
        /// The lock file.
        path: PathBuf,
        /// The holder's process id, where it has written one.
        pid: Option<u32>,
    },

    /// An option is out of its range.
    #[error("the log's option {option} {reason}")]
    Option {
        /// The option's name.
        option: &'static str,
        /// What it must be.
        reason: &'static str,
    },

    /// An earlier write or sync failed; what is on disk is known only after the log is opened again.
    #[error("the log failed earlier and writes nothing more: start again to read what it holds")]
    Poisoned,

    /// The caller refused a frame that the log holds sound.
    #[error("{file} holds a frame at byte {offset} that cannot be used: {source}")]
    Visit {
        /// The file's name.
        file: String,
        /// Where the frame starts, in bytes from the file's start.
        offset: u64,
        /// Why.
        source: VisitError,
    },
}

impl WalError {
    /// For `map_err`: wraps what the disk answered.
    pub(crate) fn io(attempted: &'static str, file: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let file = file.into();
        move |source| Self::Io { attempted, file, source }
    }
}

/// Why a live reader cannot go on.
#[derive(Debug, Error)]
pub enum FollowError {
    /// Records that were asked for are not kept any more: take what they led to from elsewhere, and
    /// follow from `oldest` on.
    #[error("the log is kept from record {oldest} on only")]
    Gone {
        /// The first record that is kept.
        oldest: Lsn,
    },

    /// The log could not be read, or what it must hold is not there.
    #[error(transparent)]
    Failed(#[from] WalError),
}

/// Why a payload cannot be used, in words for the operator.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct VisitError(pub String);

/// Why a frame was not written.
#[derive(Debug, Error)]
pub enum WriteError {
    /// The prepared space is used up. Nothing was written; the same frame may be tried again once
    /// the preparer has made room.
    #[error("the log has no prepared space left: free some on its disk")]
    NoSpace,

    /// Terminal: nothing may be acknowledged any more.
    #[error(transparent)]
    Failed(#[from] WalError),
}
