//! The store as an object: opened, applied to, asked for its marks.

use crate::{Options, StoreError};
use engine::{Loaded, Lsn, Projection, ProjectionError, Recorded};
use ledger::{Event, Millis};
use std::path::Path;

/// The materialised ledger and its history in one directory.
#[derive(Debug)]
pub struct Store {}

impl Store {
    /// Opens the store in `dir`, or makes an empty one there. A second one in the same directory is
    /// refused by `RocksDB`'s own lock.
    pub fn open(dir: &Path, options: &Options) -> Result<Self, StoreError> {
        let _ = (dir, options);
        unimplemented!()
    }

    /// Opens the store in `dir` as it is, to be read only: nothing is written, not even a lock or a log.
    pub fn open_read_only(dir: &Path, options: &Options) -> Result<Self, StoreError> {
        let _ = (dir, options);
        unimplemented!()
    }

    /// Deletes the store in `dir`, which nobody has open. Nothing there is no error.
    pub fn destroy(dir: &Path) -> Result<(), StoreError> {
        let _ = dir;
        unimplemented!()
    }

    /// What the rows cover at the moment.
    pub fn marks(&self) -> Loaded {
        unimplemented!()
    }
}

impl Projection for Store {
    fn apply(&self, records: &[Recorded]) -> Result<(), ProjectionError> {
        let _ = records;
        unimplemented!()
    }

    fn flush(&self) -> Result<Lsn, ProjectionError> {
        unimplemented!()
    }

    fn applied(&self) -> Lsn {
        unimplemented!()
    }

    fn flushed(&self) -> Lsn {
        unimplemented!()
    }

    fn load(&self, window: Millis, take: &mut dyn FnMut(Event)) -> Result<Loaded, ProjectionError> {
        let _ = (window, take);
        unimplemented!()
    }

    fn forget(&self, horizon: Millis) -> Result<bool, ProjectionError> {
        let _ = horizon;
        unimplemented!()
    }
}
