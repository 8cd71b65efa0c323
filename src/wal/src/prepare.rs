//! Prepares space ahead of the log's tail, so that an append never allocates. It must not know what
//! the log writes there, nor which thread steps it.

use crate::disk::{Disk, DiskFile, write_zeros};
use crate::error::WalError;
use crate::segment::{NEXT_FILE, file_name};
use crate::space::{Extent, Space};
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::Duration;

/// What a step of preparing came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prepared {
    /// One more step of space is on disk; there may be more to do.
    Worked,
    /// A whole segment's worth lies ahead of the tail.
    Idle,
    /// The disk is full. Try again after a while.
    Full,
}

/// Writes zeros ahead of the log's tail, a step at a time.
#[derive(Debug)]
pub struct Preparer<D: Disk> {
    disk: Arc<D>,
    space: Arc<Space>,
    /// A handle of its own for the segment in work: of two users of one handle only the first to ask
    /// learns of a failed write-back, and the log must not miss one.
    target: Option<(u64, D::File)>,
}

impl<D: Disk> Preparer<D> {
    pub(crate) fn new(disk: Arc<D>, space: Arc<Space>) -> Self {
        Self { disk, space, target: None }
    }

    /// Prepares one step, if the log needs it.
    ///
    /// # Errors
    /// Any error but a full disk is terminal for the log too.
    pub fn step(&mut self) -> Result<Prepared, WalError> {
        if self.space.is_poisoned() {
            return Err(WalError::Poisoned);
        }
        let Some(extent) = self.space.plan() else {
            return Ok(Prepared::Idle);
        };
        match self.extend(extent) {
            Ok(()) => {
                self.space.extended(extent);
                Ok(Prepared::Worked)
            }
            Err(error) if is_full(&error) => {
                self.space.met_full();
                Ok(Prepared::Full)
            }
            Err(source) => {
                self.space.poison();
                Err(WalError::io("prepare space in", file_name(extent.segment))(source))
            }
        }
    }

    /// Blocks until the log has used up space, the log failed, or `timeout` has passed. After
    /// [`Prepared::Full`] only time ends the wait.
    pub fn wait(&self, timeout: Duration) {
        self.space.wait_until_consumed(timeout);
    }

    /// Zeros are counted only once they are synced; after an error all of the extent is written anew.
    fn extend(&mut self, extent: Extent) -> io::Result<()> {
        let file = match self.target.take() {
            Some((segment, file)) if segment == extent.segment => file,
            _ if extent.from == 0 => self.disk.create(NEXT_FILE)?,
            _ => self.disk.open(&file_name(extent.segment))?,
        };
        let (_, file) = self.target.insert((extent.segment, file));
        write_zeros(file, extent.from, extent.to)?;
        file.sync_data()
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}
