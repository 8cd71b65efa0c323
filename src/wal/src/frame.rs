//! A frame on its way in ([`FrameBuffer`]) and on its way out ([`Frame`], [`records`]).
//! It must not know what a record means, nor where the frame lies on disk.

use crate::format::{FRAME_ALIGN, FRAME_HEADER_BYTES, FrameHeader, MAX_FRAME_BYTES, frame_bytes};
use crate::{Lsn, VisitError};

const RECORD_LENGTH_BYTES: usize = 4;

/// Records gathered for one frame, with room for the header in front, so that the frame goes to the
/// disk in one write without being copied.
#[derive(Debug)]
pub struct FrameBuffer {
    bytes: Vec<u8>,
    record_count: u32,
    limit_bytes: usize,
}

impl Default for FrameBuffer {
    fn default() -> Self {
        Self::with_limit(MAX_FRAME_BYTES)
    }
}

impl FrameBuffer {
    /// An empty buffer that takes a frame of up to [`MAX_FRAME_BYTES`].
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty buffer for frames of at most `limit_bytes`, header and padding included.
    pub fn with_limit(limit_bytes: usize) -> Self {
        let limit = limit_bytes.min(MAX_FRAME_BYTES);
        let limit_bytes = limit - limit % FRAME_ALIGN;
        Self { bytes: vec![0; FRAME_HEADER_BYTES], record_count: 0, limit_bytes }
    }

    /// Appends a record. `false`, and nothing has changed, if it does not fit any more.
    pub fn push(&mut self, record: &[u8]) -> bool {
        if self.bytes.len() + RECORD_LENGTH_BYTES + record.len() > self.limit_bytes {
            return false;
        }
        self.bytes.extend_from_slice(&(record.len() as u32).to_le_bytes());
        self.bytes.extend_from_slice(record);
        self.record_count += 1;
        true
    }

    /// How many records it holds.
    pub fn record_count(&self) -> u32 {
        self.record_count
    }

    /// The bytes of the records and their lengths.
    pub fn payload_len(&self) -> usize {
        self.bytes.len() - FRAME_HEADER_BYTES
    }

    /// The length in bytes of the longest record that still fits.
    pub fn remaining(&self) -> usize {
        self.limit_bytes.saturating_sub(self.bytes.len() + RECORD_LENGTH_BYTES)
    }

    /// Whether it holds no record.
    pub fn is_empty(&self) -> bool {
        self.record_count == 0
    }

    /// Empties it and keeps its memory.
    pub fn clear(&mut self) {
        self.bytes.truncate(FRAME_HEADER_BYTES);
        self.record_count = 0;
    }

    /// What the frame will take up on disk.
    pub(crate) fn frame_bytes(&self) -> usize {
        frame_bytes(self.payload_len())
    }

    /// Completes the frame around the payload, hands it to `write` with its header's checksum, and
    /// leaves the buffer as it was, whatever `write` says.
    pub(crate) fn with_frame<T>(&mut self, mut header: FrameHeader, write: impl FnOnce(&[u8], u32) -> T) -> T {
        let unpadded = self.bytes.len();
        self.bytes.resize(self.frame_bytes(), 0);
        header.payload_crc = crc32c::crc32c(&self.bytes[FRAME_HEADER_BYTES..]);
        let checksum = header.encode(&mut self.bytes);
        let outcome = write(&self.bytes, checksum);
        self.bytes.truncate(unpadded);
        outcome
    }
}

/// A frame as it was read: sound, and next in the chain.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// The number of its first record.
    pub first_lsn: Lsn,
    /// How many records it holds; never 0.
    pub record_count: u32,
    /// The time its writer stamped it with.
    pub time_ms: u64,
    /// Its number in the log, seals counted; the first frame has 1.
    pub number: u64,
    /// The segment that holds it.
    pub segment: u64,
    /// Where it starts, in bytes from the segment's start.
    pub offset: u64,
    /// Its records, for [`records`].
    pub payload: &'a [u8],
}

impl Frame<'_> {
    /// The number of its last record.
    pub fn last_lsn(&self) -> Lsn {
        Lsn(self.first_lsn.0 + u64::from(self.record_count) - 1)
    }
}

/// The records of a frame's payload, in order.
///
/// ```
/// // Each record follows its length.
/// let payload = [2, 0, 0, 0, b'h', b'i', 0, 0, 0, 0];
/// let found: Result<Vec<&[u8]>, wal::VisitError> = wal::records(&payload).collect();
/// assert_eq!(found.unwrap(), [b"hi".as_slice(), b""]);
/// ```
pub fn records(payload: &[u8]) -> Records<'_> {
    Records { rest: payload }
}

/// The iterator behind [`records`]. It ends after the first error.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    rest: &'a [u8],
}

impl<'a> Records<'a> {
    fn split(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.rest.split_first_chunk::<RECORD_LENGTH_BYTES>()?;
        let (record, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        self.rest = rest;
        Some(record)
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<&'a [u8], VisitError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let left = self.rest.len();
        Some(self.split().ok_or_else(|| {
            self.rest = &[];
            VisitError(format!("a record is longer than the {left} bytes left in its frame"))
        }))
    }
}
