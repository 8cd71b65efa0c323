//! The server under test with a shim in it that ends it. It must not know what is asked of it.

use super::points::Point;
use crate::Error;
use crate::server::Server;
use std::fs::File;
use std::path::PathBuf;
use std::process::Stdio;

/// What every server of a run has in common.
pub(super) struct Program {
    pub(super) path: PathBuf,
    pub(super) shim: PathBuf,
    pub(super) data_dir: PathBuf,
    /// Where backups go.
    pub(super) work: PathBuf,
    /// What the servers say, one after another.
    pub(super) messages: File,
}

impl Program {
    /// Where the backup of a round goes.
    pub(super) fn backup(&self, round: u64) -> PathBuf {
        self.work.join(format!("backup-{round}"))
    }

    /// Starts a server that will end at a point, after so many such calls. Small segments and many checkpoints, so that a
    /// short life meets everything.
    pub(super) fn start(&self, point: Point, nth: u64, shards: u64) -> Result<Server, Error> {
        let mut environment = vec![
            ("TIDEGATE_ENGINE__SHARDS", shards.to_string()),
            ("TIDEGATE_LOG__SEGMENT_BYTES", "4194304".to_owned()),
            ("TIDEGATE_LOG__RESERVE_BYTES", "1048576".to_owned()),
            ("TIDEGATE_LOG__RETENTION_BYTES", "0".to_owned()),
            ("TIDEGATE_STORE__CHECKPOINT_INTERVAL_MS", "100".to_owned()),
            // What is refused for the machine's sake tells nothing of what is kept.
            ("TIDEGATE_ADMISSION__TARGET_DELAY_MS", "10000".to_owned()),
            ("TIDEGATE_ADMISSION__DROP_DELAY_MS", "60000".to_owned()),
            // So little that the store flushes by itself as well, between checkpoints.
            ("TIDEGATE_STORE__MEMTABLE_BYTES", "1048576".to_owned()),
        ];
        if let Some((call, _)) = point.call() {
            environment.push(("LD_PRELOAD", self.shim.display().to_string()));
            environment.push(("CRASH_AT", format!("{call}:{nth}")));
        }
        let messages = self.messages.try_clone().map_err(Error::system("keep what the server says"))?;
        Server::start(&self.path, &self.data_dir, &environment, Stdio::from(messages))
    }
}
