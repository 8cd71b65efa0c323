//! Removes the oldest segments of a log that is being written, once what they led to is kept elsewhere.
//! It must not know where, nor who steps it.

use crate::Lsn;
use crate::disk::{Disk, DiskFile};
use crate::error::WalError;
use crate::format::{Identity, SegmentHeader};
use crate::segment::{self, NEXT_FILE};
use crate::space::Space;
use std::io::ErrorKind;
use std::sync::Arc;

/// What trimming came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trimmed {
    /// The segments removed.
    pub segments: u64,
    /// The bytes of their files.
    pub bytes: u64,
    /// The bytes of the files that are left, prepared space included.
    pub kept_bytes: u64,
    /// The first record that is left; where none is, the first that there will be.
    pub oldest: Lsn,
}

/// Trims the log beside its writing end. Made by [`Log::trimmer`](crate::Log::trimmer).
#[derive(Debug)]
pub struct Trimmer<D: Disk> {
    disk: Arc<D>,
    space: Arc<Space>,
    identity: Identity,
}

impl<D: Disk> Trimmer<D> {
    pub(crate) fn new(disk: Arc<D>, space: Arc<Space>, identity: Identity) -> Self {
        Self { disk, space, identity }
    }

    /// Removes whole segments, the oldest first, as long as every record of a segment is at or before
    /// `below` and the files after it come to at least `keep_bytes` bytes. The active segment stays.
    /// Every record up to `below` must be durable elsewhere: [`Log::open`](crate::Log::open) with an
    /// earlier one is refused from now on.
    ///
    /// # Errors
    /// [`WalError::Poisoned`] once the log has failed. Any other error ends the trimming and not the
    /// log: some segments may have been removed, and the same call may be made again.
    pub fn trim(&self, below: Lsn, keep_bytes: u64) -> Result<Trimmed, WalError> {
        if self.space.is_poisoned() {
            return Err(WalError::Poisoned);
        }
        // The header of the active segment is on disk, name and all; that of a later one may not be yet.
        let active = self.space.active_segment();
        let segments = self.segments()?;
        let (first, _) = segments.first().ok_or_else(segment::none_left)?;
        let kept_bytes = segments.iter().map(|(_, bytes)| bytes).sum::<u64>() + self.next_bytes()?;
        let mut trimmed = Trimmed { segments: 0, bytes: 0, kept_bytes, oldest: first.oldest() };
        for ((header, bytes), (next, _)) in segments.iter().zip(segments.iter().skip(1)) {
            let is_kept_elsewhere = header.segment < active && next.link.last_lsn <= below;
            if !is_kept_elsewhere || trimmed.kept_bytes - bytes < keep_bytes {
                break;
            }
            let name = segment::file_name(header.segment);
            self.disk.remove(&name).map_err(WalError::io("remove", name))?;
            trimmed.segments += 1;
            trimmed.bytes += bytes;
            trimmed.kept_bytes -= bytes;
            trimmed.oldest = next.oldest();
        }
        if trimmed.segments > 0 {
            self.disk.sync_dir().map_err(WalError::io("sync", "the log's directory"))?;
        }
        Ok(trimmed)
    }

    /// Every segment's header and length in bytes. No file stays open: there may be many.
    fn segments(&self) -> Result<Vec<(SegmentHeader, u64)>, WalError> {
        let ids = segment::list(&*self.disk)?;
        let open = |id| segment::open(&*self.disk, self.identity, id);
        ids.into_iter().map(|id| open(id).map(|segment| (segment.header, segment.bytes))).collect()
    }

    /// The length of the segment in preparation; 0 where there is none, or it got its name just now.
    fn next_bytes(&self) -> Result<u64, WalError> {
        match self.disk.open_to_read(NEXT_FILE).and_then(|file| file.len()) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(0),
            length => length.map_err(WalError::io("ask for the length of", NEXT_FILE)),
        }
    }
}
