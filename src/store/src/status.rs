//! What the store uses of the machine, for whoever watches it. It must not know what is stored.

use crate::{Store, StoreError};

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
        unimplemented!()
    }
}
