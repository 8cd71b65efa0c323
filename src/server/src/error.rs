//! Why a command of the program ended badly, and with which exit code.
//! Refused requests are answers and no errors; configuration and import have errors of their own.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use engine::EngineError;
use store::StoreError;
use wal::WalError;

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
    /// There is no such data directory.
    #[error("{path} holds no log of tidegate's: give --data-dir the directory that the server was started with", path = path.display())]
    NoData {
        /// As given.
        path: PathBuf,
    },
    /// The engine did not start or had to stop.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The store could not be opened or read.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// The log could not be read.
    #[error(transparent)]
    Log(#[from] WalError),
    /// The output could not be written.
    #[error("cannot write the output: {0}")]
    Output(io::Error),
}

/// A command line or configuration that cannot be followed.
pub const BAD_USAGE: u8 = 2;
/// The system's fault, and no storage's.
const FAILED: u8 = 1;
const DAMAGED: u8 = 3;
const STORAGE_FAILED: u8 = 4;
const IN_USE: u8 = 5;

impl ServerError {
    /// For `map_err`: wraps what the system said.
    pub fn system(attempted: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::System { attempted, source }
    }

    /// How the program ends.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Listen { .. } | Self::NoData { .. } => BAD_USAGE,
            Self::System { .. } | Self::Output(_) => FAILED,
            Self::Engine(error) => of_engine(error),
            Self::Log(error) => of_log(error),
            Self::Store(error) => of_store(error),
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
        StoreError::Damaged { .. } | StoreError::Newer { .. } => DAMAGED,
        StoreError::OtherPartition { .. } | StoreError::Missing(_) | StoreError::Exists(_) => BAD_USAGE,
        StoreError::Disk { .. } | StoreError::Refused { .. } | StoreError::Gap { .. } => STORAGE_FAILED,
    }
}
