//! Commands on the data of a stopped server, or on a backup. Those that look change nothing.

mod log;
mod progress;
mod restore;
mod verify;

use std::path::Path;

use engine::EngineError;
use store::{RecordsError, Store, StoreError};
use wal::{DirectoryLock, FollowError, RealDisk, WalError};

use crate::backup::Manifest;
use crate::data_dir::{self, RESTORING_DIRECTORY};
use crate::error::ServerError;

pub use log::log;
pub(crate) use progress::Progress;
pub use restore::{Restored, restore};
pub use verify::{Report, StoreReport, verify};

/// A data directory that no server has while this lives, or a backup, which no server ever has.
struct Data {
    disk: RealDisk,
    log: wal::Options,
    store: Option<Store>,
    _lock: Option<DirectoryLock>,
}

impl Data {
    /// Only looks: a directory that is not one of ours stays as it is.
    fn open(data_dir: &Path) -> Result<Self, ServerError> {
        let restoring = data_dir.join(RESTORING_DIRECTORY);
        if restoring.exists() {
            return Err(ServerError::HalfRestored { path: restoring });
        }
        let (log, has_store) = (data_dir::log(data_dir), data_dir::has_store(data_dir));
        if !log.is_dir() {
            let no_data = ServerError::NoData { path: data_dir.to_owned() };
            return Err(if has_store { ServerError::LogGone { path: log } } else { no_data });
        }
        let lock = if Manifest::is_in(data_dir) { None } else { Some(DirectoryLock::acquire(data_dir)?) };
        let disk = RealDisk::open(&log)?;
        let log = data_dir::in_its_epoch(&disk, wal::Options::default())?;
        let open = || Store::open_read_only(&data_dir::store(data_dir), &store::Options::default());
        let store = if has_store { Some(open()?) } else { None };
        Ok(Self { disk, log, store, _lock: lock })
    }
}

/// Why a frame's record cannot be used, in the log's own terms.
fn unusable(lsn: wal::Lsn, error: &engine::records::RecordError) -> wal::VisitError {
    wal::VisitError(format!("record {lsn}: {error}"))
}

/// Whether an error says that the data is not what was written, rather than that it cannot be read.
fn is_damage(error: &ServerError) -> bool {
    match error {
        ServerError::LogGone { .. }
        | ServerError::BadBackup { .. }
        | ServerError::Store(StoreError::Damaged { .. })
        | ServerError::Records(RecordsError::Gone { .. } | RecordsError::Store(StoreError::Damaged { .. }))
        | ServerError::Engine(EngineError::Imbalance(_) | EngineError::Digest { .. }) => true,
        ServerError::Engine(EngineError::Projection(error)) => error.is_damage,
        ServerError::Log(error) | ServerError::Follow(FollowError::Failed(error)) => is_log_damage(error),
        _ => false,
    }
}

fn is_log_damage(error: &WalError) -> bool {
    use WalError::{BeginsLate, Damaged, EndsEarly, Visit};
    matches!(error, Damaged { .. } | BeginsLate { .. } | EndsEarly { .. } | Visit { .. })
}
