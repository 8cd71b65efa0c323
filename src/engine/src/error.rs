//! What can go wrong with an engine as a whole. Refusals of single requests are answers, not errors.

use crate::ProjectionError;
use ledger::Imbalance;
use std::io;
use wal::{Lsn, WalError};

/// Why an engine did not start or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The log could not be opened, read or written.
    #[error(transparent)]
    Log(#[from] WalError),
    /// The log is sound, but what it says does not add up.
    #[error("{0}; the log is readable but its records contradict each other: restore a backup and keep this directory")]
    Imbalance(#[from] Imbalance),
    /// The store could not be read.
    #[error(transparent)]
    Projection(#[from] ProjectionError),
    /// The store's rows are not those that were put.
    #[error(
        "the store's rows at record {lsn} have the digest {found:016x} instead of {expected:016x}: \
         nothing was changed. If the log reaches back to record 1, remove the store's directory and start again: it is \
         rebuilt from the log; otherwise restore a backup"
    )]
    Digest {
        /// The last record that the rows cover.
        lsn: Lsn,
        /// What was written with them.
        expected: u64,
        /// What they have.
        found: u64,
    },
    /// A worker thread could not be started.
    #[error("cannot start the {name} thread: {source}")]
    Thread {
        /// Which thread.
        name: &'static str,
        /// Why.
        source: io::Error,
    },
    /// Writing to the log failed while serving.
    #[error("the log failed: {0}; nothing was acknowledged since. Check the disk, then start again")]
    Failed(String),
}
