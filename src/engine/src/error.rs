//! What can go wrong with an engine as a whole. Refusals of single requests are answers, not errors.

use ledger::Imbalance;
use std::io;
use wal::WalError;

/// Why an engine did not start or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The log could not be opened, read or written.
    #[error(transparent)]
    Log(#[from] WalError),
    /// The log is sound, but what it says does not add up.
    #[error("{0}; the log is readable but its records contradict each other: restore a backup and keep this directory")]
    Imbalance(#[from] Imbalance),
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
