//! Commands that look at the data of a stopped server and change nothing.

mod log;
mod verify;

use std::path::Path;

use wal::{DirectoryLock, RealDisk, WalError};

use crate::error::ServerError;

pub use log::log;
pub use verify::{Report, verify};

/// A data directory that no server has while this lives.
struct Data {
    disk: RealDisk,
    _lock: DirectoryLock,
}

impl Data {
    /// Only looks: a directory that is not one of ours stays as it is.
    fn open(data_dir: &Path) -> Result<Self, ServerError> {
        let log = data_dir.join(engine::LOG_DIRECTORY);
        if !log.is_dir() {
            return Err(ServerError::NoData { path: data_dir.to_owned() });
        }
        let lock = DirectoryLock::acquire(data_dir)?;
        let disk = RealDisk::open(&log)?;
        Ok(Self { disk, _lock: lock })
    }
}

/// Why a frame's record cannot be used, in the log's own terms.
fn unusable(lsn: wal::Lsn, error: &engine::records::RecordError) -> wal::VisitError {
    wal::VisitError(format!("record {lsn}: {error}"))
}

/// Whether an error says that the data is not what was written, rather than that it cannot be read.
fn is_damage(error: &WalError) -> bool {
    use WalError::{BeginsLate, Damaged, EndsEarly, Visit};
    matches!(error, Damaged { .. } | BeginsLate { .. } | EndsEarly { .. } | Visit { .. })
}
