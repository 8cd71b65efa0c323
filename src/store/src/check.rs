//! Reads every row and compares what they come to with what the store says of itself.

use crate::{Store, StoreError};
use engine::Loaded;

/// What a sound store has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Checked {
    /// What the rows cover; the digest is that of the rows.
    pub marks: Loaded,
    /// Rows of SKUs and sales: stock, settings and counters.
    pub buckets: u64,
    /// Reservations held or confirmed.
    pub live: u64,
    /// Reservations that have ended.
    pub ended: u64,
    /// Records kept.
    pub records: u64,
    /// Balances kept of earlier times.
    pub history: u64,
}

impl Store {
    /// Reads every row, and compares the sum of the live ones with the digest that stands beside
    /// them. [`StoreError::Damaged`] names what does not fit.
    pub fn check(&self) -> Result<Checked, StoreError> {
        unimplemented!()
    }
}
