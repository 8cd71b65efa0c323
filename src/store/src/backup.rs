//! A copy of the whole store as of one record, made of hard links.

use crate::{Options, Store, StoreError};
use engine::Loaded;
use rocksdb::checkpoint::Checkpoint;
use std::path::Path;

const BACKUP: &str = "back the store up";

impl Store {
    /// Makes a store in `dir` that has all that was applied when this was called, and says what it
    /// covers. `dir` must not exist, and lie in the same file system, or its files are copied.
    pub fn backup(&self, dir: &Path) -> Result<Loaded, StoreError> {
        if dir.exists() {
            return Err(StoreError::Exists(dir.into()));
        }
        self.flush_all()?;
        let checkpoint = Checkpoint::new(&self.db).map_err(StoreError::rocks(BACKUP))?;
        checkpoint.create_checkpoint(dir).map_err(StoreError::rocks(BACKUP))?;
        // Records may have been applied meanwhile: the copy itself knows what it has.
        let options = Options { partition: self.keys.partition, ..Options::default() };
        Ok(Self::open_read_only(dir, &options)?.marks())
    }
}
