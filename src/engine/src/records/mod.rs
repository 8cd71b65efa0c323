//! The bytes of a record: a version byte, then the frozen structs of that version.

mod v1;
mod v2;

use ledger::{Event, Refusal};

/// The record format that this build writes.
pub const VERSION: u8 = 2;

/// Why a record's bytes are no event. The frame's checksum was right, so that this is either a
/// newer writer or a defect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// No bytes.
    #[error("the record is empty")]
    Empty,
    /// A version that this build does not know.
    #[error("the record has format {found}; this build reads up to {VERSION}: start a newer build")]
    Newer {
        /// The version byte.
        found: u8,
    },
    /// The bytes are not a record of their version.
    #[error("the record's bytes are malformed: {0}")]
    Malformed(String),
    /// A field holds what it must not.
    #[error("the record's field {0} is out of range")]
    Field(&'static str),
}

/// Appends an event's bytes.
pub fn encode(event: &Event, into: &mut Vec<u8>) {
    into.push(VERSION);
    v2::encode(event, into);
}

/// Reads an event back, checking bytes first and then meaning.
pub fn decode(bytes: &[u8]) -> Result<Event, RecordError> {
    match bytes.split_first() {
        None => Err(RecordError::Empty),
        Some((&1, payload)) => v1::decode(payload),
        Some((&VERSION, payload)) => v2::decode(payload),
        Some((&found, _)) => Err(RecordError::Newer { found }),
    }
}

/// The refusal for an event too large for a frame; the caps on lines keep it from happening.
pub(crate) fn too_large() -> Refusal {
    Refusal::Invalid { pointer: "/lines".into(), detail: "touches too many buckets for one record: use fewer lines" }
}
