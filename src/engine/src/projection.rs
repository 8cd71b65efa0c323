//! How the engine reaches the materialised ledger: the state that the durable log leads to, kept so
//! that recovery need not read all of it. It must not know how the rows are stored.

use crate::Lsn;
use ledger::{Event, Millis};

/// A durable record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Its number.
    pub lsn: Lsn,
    /// Its bytes as they stand in the log, for [`crate::records::decode`].
    pub bytes: Vec<u8>,
    /// What they say.
    pub event: Event,
}

/// What a projection has, as far as it is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Loaded {
    /// The last record that the rows cover; 0 where there are none.
    pub lsn: Lsn,
    /// The latest time that any record so far has carried.
    pub time: Millis,
    /// The digest of the live rows, as [`ledger::Ledger::digest`] gives it.
    pub digest: u64,
}

/// Why a projection did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("could not {attempted}: {reason}")]
pub struct ProjectionError {
    /// What was being done.
    pub attempted: &'static str,
    /// Why it was not, and where there is something to do about it: what.
    pub reason: String,
    /// Whether what is stored is not what was put; otherwise trying again may help.
    pub is_damage: bool,
}

/// Follows the durable log; one caller applies, any number ask for the marks.
///
/// `flushed <= applied <= durable`, always. An error never stops reservations: what was not applied
/// is still in the log, and is applied later.
pub trait Projection: Send + Sync + 'static {
    /// Puts the rows of records that follow the last ones without a gap: all of them, or none.
    fn apply(&self, records: &[Recorded]) -> Result<(), ProjectionError>;

    /// Makes all that was applied durable. Returns the last record that is.
    fn flush(&self) -> Result<Lsn, ProjectionError>;

    /// The last record that was applied.
    fn applied(&self) -> Lsn;

    /// The last record that is durable here: the log is not needed up to it.
    fn flushed(&self) -> Lsn;

    /// Hands out events whose rows, put in this order into empty ledgers, are the state at
    /// [`Loaded::lsn`]: everything live, and what ended and was adjusted within `window` before
    /// [`Loaded::time`], the oldest first. Nothing was applied since it was opened.
    fn load(&self, window: Millis, take: &mut dyn FnMut(Event)) -> Result<Loaded, ProjectionError>;

    /// Forgets some of the history that is older than `horizon`. Says whether there is more.
    fn forget(&self, horizon: Millis) -> Result<bool, ProjectionError>;
}
