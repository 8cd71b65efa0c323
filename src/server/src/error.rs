//! Why a command of the program ended badly, and with which exit code.
//! Refused requests are answers and no errors; configuration, its changes and import have errors of their own.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use engine::EngineError;
use store::{RecordsError, StoreError};
use wal::{FollowError, Lsn, WalError};

use crate::config::ConfigError;
use crate::sizing::Unmet;

/// What went wrong; each message says what was attempted and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// An address could not be had.
    #[error(
        "cannot listen on {address} for {listener}: {source}; stop what holds it, or give --{listener} another address"
    )]
    Listen {
        /// `api` or `admin`.
        listener: &'static str,
        /// Where.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The system refused something that every server needs.
    #[error("cannot {attempted}: {source}; the system is short of something, look at its limits")]
    System {
        /// What was being done.
        attempted: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// What is kept in the data directory of the configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// There is no such data directory.
    #[error("{path} holds no log of tidegate's: give --data-dir the directory that the server was started with", path = path.display())]
    NoData {
        /// As given.
        path: PathBuf,
    },
    /// A restore was broken off there.
    #[error(
        "{path} is what a restore has left that was broken off: nothing was started. Restore again, which begins anew",
        path = path.display()
    )]
    HalfRestored {
        /// What was being restored.
        path: PathBuf,
    },
    /// The log is not enough to make the store again.
    #[error(
        "there is no store in {path}, and the log begins with record {oldest}: what came before is only in the store. \
         Nothing was changed. Put the store's directory back, or restore a backup into an empty directory",
        path = path.display()
    )]
    StoreGone {
        /// Where the store was looked for.
        path: PathBuf,
        /// The oldest record of the log.
        oldest: Lsn,
    },
    /// There is a store without its log.
    #[error(
        "there is a store beside {path}, but no log: what was decided last may be in the log only. Put the log's \
         directory back, or restore a backup into an empty directory",
        path = path.display()
    )]
    LogGone {
        /// Where the log was looked for.
        path: PathBuf,
    },
    /// The store's last record is another one in the log.
    #[error(
        "the store in {path} is not of this log: record {lsn}, its last, is another one there. Nothing was changed. Put \
         the store back that belongs to the log, or restore a backup into an empty directory",
        path = path.display()
    )]
    OtherLife {
        /// Where the store lies.
        path: PathBuf,
        /// The record that both have.
        lsn: Lsn,
    },
    /// A backup cannot be made there.
    #[error(
        "cannot make a backup in {path}: {reason}; name a directory that does not exist in one that does",
        path = path.display()
    )]
    BackupPlace {
        /// As given.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// There is no finished backup.
    #[error(
        "{path} holds no backup: a backup.json is written when all else is on disk. Name the directory that was given \
         to POST /admin/v1/backup",
        path = path.display()
    )]
    NoBackup {
        /// As given.
        path: PathBuf,
    },
    /// The backup is not what it says.
    #[error("the backup in {path} cannot be used: {reason}; nothing was changed: take another one", path = path.display())]
    BadBackup {
        /// As given.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A restore goes into an empty directory only.
    #[error(
        "{path} is not empty: it holds `{found}`. Restore into another directory, or move what is there away",
        path = path.display()
    )]
    NotEmpty {
        /// As given.
        path: PathBuf,
        /// What is there.
        found: String,
    },
    /// The backup cannot be restored up to there.
    #[error("--until {until} is not in this backup: it can give any record from {from} to {to}")]
    Until {
        /// As given.
        until: u64,
        /// The first that can be given.
        from: u64,
        /// The last.
        to: u64,
    },
    /// A file could not be read or written.
    #[error("cannot {attempted} {path}: {source}; see to the disk (space, rights, health), then try again", path = path.display())]
    File {
        /// What was being done.
        attempted: &'static str,
        /// To what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Records of the log could not be copied.
    #[error(transparent)]
    Follow(#[from] FollowError),
    /// Records of the store could not be read.
    #[error(transparent)]
    Records(#[from] RecordsError),
    /// The engine did not start or had to stop.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The store could not be opened or read.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// The log could not be read.
    #[error(transparent)]
    Log(#[from] WalError),
    /// What was measured cannot be read.
    #[error("{path} is not what `tidegate bench-self --json` prints: {reason}", path = path.display())]
    Measured {
        /// As given.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A mean above the peak.
    #[error("--mean-rps {mean} is more than --peak-rps {peak}: the peak is the most that ever comes")]
    MeanOverPeak {
        /// As given.
        mean: u64,
        /// As given.
        peak: u64,
    },
    /// One node is too little.
    #[error(transparent)]
    Unmet(#[from] Unmet),
    /// The output could not be written.
    #[error("cannot write the output: {0}")]
    Output(io::Error),
}

/// A command line or configuration that cannot be followed.
pub const BAD_USAGE: u8 = 2;
/// The system's fault, and no storage's; or an answer that is no.
const FAILED: u8 = 1;
const DAMAGED: u8 = 3;
const STORAGE_FAILED: u8 = 4;
const IN_USE: u8 = 5;

impl ServerError {
    /// For `map_err`: wraps what the system said.
    pub fn system(attempted: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::System { attempted, source }
    }

    /// For `map_err`: wraps what the system said of a file.
    pub fn file(attempted: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::File { attempted, path: path.to_owned(), source }
    }

    /// How the program ends.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Listen { .. }
            | Self::Config(_)
            | Self::NoData { .. }
            | Self::BackupPlace { .. }
            | Self::NoBackup { .. }
            | Self::NotEmpty { .. }
            | Self::Until { .. }
            | Self::Measured { .. }
            | Self::MeanOverPeak { .. } => BAD_USAGE,
            Self::System { .. } | Self::Output(_) | Self::Unmet(_) => FAILED,
            Self::HalfRestored { .. }
            | Self::StoreGone { .. }
            | Self::LogGone { .. }
            | Self::OtherLife { .. }
            | Self::BadBackup { .. }
            | Self::Follow(FollowError::Gone { .. })
            | Self::Records(RecordsError::Gone { .. }) => DAMAGED,
            Self::File { .. } => STORAGE_FAILED,
            Self::Engine(error) => of_engine(error),
            Self::Log(error) | Self::Follow(FollowError::Failed(error)) => of_log(error),
            Self::Store(error) | Self::Records(RecordsError::Store(error)) => of_store(error),
        }
    }
}

fn of_engine(error: &EngineError) -> u8 {
    match error {
        EngineError::Log(error) => of_log(error),
        EngineError::Imbalance(_) | EngineError::Digest { .. } => DAMAGED,
        EngineError::Projection(error) if error.is_damage => DAMAGED,
        EngineError::Thread { .. } => FAILED,
        EngineError::Failed(_) | EngineError::Projection(_) => STORAGE_FAILED,
    }
}

fn of_log(error: &WalError) -> u8 {
    match error {
        WalError::InUse { .. } => IN_USE,
        WalError::Damaged { .. }
        | WalError::BeginsLate { .. }
        | WalError::EndsEarly { .. }
        | WalError::NewerFormat { .. }
        | WalError::Visit { .. } => DAMAGED,
        WalError::Option { .. } | WalError::Exists { .. } => BAD_USAGE,
        WalError::Io { .. } | WalError::Poisoned => STORAGE_FAILED,
    }
}

fn of_store(error: &StoreError) -> u8 {
    match error {
        StoreError::Damaged { .. } | StoreError::Newer { .. } | StoreError::Older { .. } => DAMAGED,
        StoreError::OtherPartition { .. } | StoreError::Missing(_) | StoreError::Exists(_) => BAD_USAGE,
        StoreError::Disk { .. } | StoreError::Refused { .. } | StoreError::Gap { .. } => STORAGE_FAILED,
    }
}

#[cfg(test)]
mod tests {
    use super::ServerError;
    use engine::{EngineError, ProjectionError};
    use store::StoreError;

    #[test]
    fn damage_and_a_failing_disk_end_differently_wherever_they_are_met() {
        let damaged = StoreError::Damaged { attempted: "open the store", reason: "a checksum".to_owned() };
        let disk = StoreError::Disk { attempted: "open the store", reason: "no space".to_owned() };
        let newer = StoreError::Newer { found: 2, known: 1 };
        for (error, code) in [(damaged, 3), (disk, 4)] {
            let loading = EngineError::Projection(ProjectionError::from(error.clone()));
            assert_eq!(ServerError::Engine(loading).exit_code(), code);
            assert_eq!(ServerError::Store(error).exit_code(), code);
        }
        assert_eq!(ServerError::Store(newer).exit_code(), 3);
    }
}
