//! What the store uses of the machine, for whoever watches it. It must not know what is stored.

use crate::columns::Columns;
use crate::{Store, StoreError};
use rocksdb::properties::{
    ACTUAL_DELAYED_WRITE_RATE, ESTIMATE_NUM_KEYS, ESTIMATE_PENDING_COMPACTION_BYTES, IS_WRITE_STOPPED, PropName,
    SIZE_ALL_MEM_TABLES, TOTAL_SST_FILES_SIZE,
};

/// Whether writes wait for flushes or compactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stall {
    /// They do not.
    #[default]
    None,
    /// They are slowed down.
    Slowed,
    /// They wait.
    Stopped,
}

/// What the store uses of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Status {
    /// In files that are in use, in bytes.
    pub disk_bytes: u64,
    /// In memory and not flushed yet, in bytes.
    pub memtable_bytes: u64,
    /// Compactions are behind by so much, in bytes.
    pub pending_compaction_bytes: u64,
    /// Whether writes wait.
    pub stall: Stall,
    /// Rows of every kind; an estimate.
    pub rows: u64,
}

impl Store {
    /// What the store uses of the machine at the moment. Costs no I/O.
    pub fn status(&self) -> Result<Status, StoreError> {
        Ok(Status {
            disk_bytes: self.sum(TOTAL_SST_FILES_SIZE)?,
            memtable_bytes: self.sum(SIZE_ALL_MEM_TABLES)?,
            pending_compaction_bytes: self.sum(ESTIMATE_PENDING_COMPACTION_BYTES)?,
            stall: self.stall()?,
            rows: self.sum(ESTIMATE_NUM_KEYS)?,
        })
    }

    fn stall(&self) -> Result<Stall, StoreError> {
        // Both are of the whole database, and any column family tells them.
        if self.figure(IS_WRITE_STOPPED)? > 0 {
            return Ok(Stall::Stopped);
        }
        Ok(if self.figure(ACTUAL_DELAYED_WRITE_RATE)? > 0 { Stall::Slowed } else { Stall::None })
    }

    fn figure(&self, name: &PropName) -> Result<u64, StoreError> {
        let figure = self.db.property_int_value(name).map_err(StoreError::rocks(STATUS))?;
        Ok(figure.unwrap_or_default())
    }

    fn sum(&self, name: &PropName) -> Result<u64, StoreError> {
        let figures = Columns::of(&self.db).each().map(|column| self.db.property_int_value_cf(column, name));
        figures
            .into_iter()
            .try_fold(0, |sum, figure| Ok(sum + figure.map_err(StoreError::rocks(STATUS))?.unwrap_or_default()))
    }
}

const STATUS: &str = "ask the store how it is";
