//! The writing end of the log: one frame at a time, each synced before the next. It must not know who
//! waits for it, nor how space comes to be prepared.

use crate::disk::{Disk, DiskFile};
use crate::error::{WalError, WriteError};
use crate::format::{FORMAT_VERSION, FrameHeader, Identity, Link, SEGMENT_HEADER_BYTES, SegmentHeader};
use crate::segment::{self, NEXT_FILE};
use crate::space::{Room, Space, SpaceHandle};
use crate::{FrameBuffer, Lsn, Trimmer};
use std::sync::Arc;
use std::time::Duration;

/// What a write put on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// The frame's size in bytes, header and padding included.
    pub bytes: u64,
}

/// The log, open for appending. Made by [`Log::open`].
#[derive(Debug)]
pub struct Log<D: Disk> {
    pub(crate) disk: Arc<D>,
    pub(crate) space: Arc<Space>,
    pub(crate) identity: Identity,
    /// The active segment and its file.
    pub(crate) segment: u64,
    pub(crate) file: D::File,
    /// The end of the chain, the unsynced frame included.
    pub(crate) chain: Link,
    /// Whether the last frame is a seal.
    pub(crate) sealed: bool,
    pub(crate) unsynced: bool,
    pub(crate) bytes_written: u64,
    /// The size of the frame that found no space.
    pub(crate) refused_bytes: u64,
}

impl<D: Disk> Log<D> {
    /// Writes the buffered records, numbered from `first_lsn`, as one frame. They are durable once
    /// [`Log::sync`] has returned. The buffer keeps its records.
    ///
    /// # Panics
    /// If the frame before was not synced, `first_lsn` does not follow [`Log::last_lsn`], the buffer
    /// is empty, or the frame is larger than a segment: each would break what the log proves.
    pub fn write(&mut self, frame: &mut FrameBuffer, first_lsn: Lsn, time_ms: u64) -> Result<Written, WriteError> {
        self.check()?;
        assert!(!self.unsynced, "a frame is written only after the sync of the one before");
        assert_eq!(first_lsn, self.chain.last_lsn.next(), "records are numbered without a gap");
        assert!(!frame.is_empty(), "an empty frame is a seal");
        self.append(frame, time_ms)
    }

    /// Makes the written frame durable.
    ///
    /// # Errors
    /// Terminal, and never to be tried again: after a failed sync the kernel may have dropped the
    /// bytes and call the next sync a success (<https://wiki.postgresql.org/wiki/Fsync_Errors>).
    pub fn sync(&mut self) -> Result<(), WalError> {
        self.check()?;
        if !self.unsynced {
            return Ok(());
        }
        let name = segment::file_name(self.segment);
        self.file.sync_data().map_err(WalError::io("sync", name)).map_err(self.poisoning())?;
        self.unsynced = false;
        Ok(())
    }

    /// Appends and syncs an empty frame that proves the ones before it acknowledged. `false`, and
    /// nothing was done, if the last frame is a seal, there is none, or there is no prepared space.
    ///
    /// # Panics
    /// If a written frame was not synced.
    pub fn seal(&mut self, time_ms: u64) -> Result<bool, WalError> {
        self.check()?;
        assert!(!self.unsynced, "a seal is written only after the sync of the frame before");
        if self.sealed || self.chain.number == 0 {
            return Ok(false);
        }
        match self.append(&mut FrameBuffer::new(), time_ms) {
            Ok(_) => self.sync().map(|()| true),
            Err(WriteError::NoSpace) => Ok(false),
            Err(WriteError::Failed(error)) => Err(error),
        }
    }

    /// Blocks until the frame that was last refused with [`WriteError::NoSpace`] fits, the log failed,
    /// or `timeout` has passed; says whether it fits.
    pub fn wait_for_space(&self, timeout: Duration) -> bool {
        self.space.wait_until_prepared(self.refused_bytes, timeout)
    }

    /// A view of the prepared space.
    pub fn space(&self) -> SpaceHandle {
        SpaceHandle(Arc::clone(&self.space))
    }

    /// The disk that it is on, to be read beside the writing.
    pub fn disk(&self) -> Arc<D> {
        Arc::clone(&self.disk)
    }

    /// What removes the log's oldest segments, beside this.
    pub fn trimmer(&self) -> Trimmer<D> {
        Trimmer::new(Arc::clone(&self.disk), Arc::clone(&self.space), self.identity)
    }

    /// The bytes of all frames written since the log was opened.
    pub fn bytes_written(&self) -> u64 {
        self.bytes_written
    }

    /// The number of the last record written, synced or not.
    pub fn last_lsn(&self) -> Lsn {
        self.chain.last_lsn
    }

    /// The segment that holds the tail.
    pub fn active_segment(&self) -> u64 {
        self.segment
    }

    fn append(&mut self, frame: &mut FrameBuffer, time_ms: u64) -> Result<Written, WriteError> {
        let bytes = frame.frame_bytes() as u64;
        assert!(self.space.can_ever_hold(bytes), "a frame of {bytes} bytes exceeds a segment");
        let offset = match self.space.room_for(bytes) {
            Room::Here(offset) => offset,
            Room::InNextSegment => {
                self.roll().map_err(self.poisoning())?;
                SEGMENT_HEADER_BYTES
            }
            Room::None => {
                self.refused_bytes = bytes;
                return Err(WriteError::NoSpace);
            }
        };
        self.write_at(frame, offset, time_ms).map_err(self.poisoning())?;
        self.sealed = frame.is_empty();
        self.unsynced = true;
        self.bytes_written += bytes;
        self.space.appended(bytes);
        Ok(Written { bytes })
    }

    fn write_at(&mut self, frame: &mut FrameBuffer, offset: u64, time_ms: u64) -> Result<(), WalError> {
        let header = FrameHeader {
            version: FORMAT_VERSION,
            identity: self.identity,
            segment: self.segment,
            number: self.chain.number + 1,
            first_lsn: self.chain.last_lsn.next(),
            record_count: frame.record_count(),
            payload_bytes: frame.payload_len() as u32,
            previous: self.chain.checksum,
            time_ms,
            payload_crc: 0,
        };
        self.chain = frame.with_frame(header, |bytes, checksum| {
            let name = segment::file_name(self.segment);
            let written = self.file.write_at(bytes, offset);
            written.map_err(WalError::io("append to", name)).map(|()| header.link(checksum))
        })?;
        Ok(())
    }

    /// Goes on to the segment that the preparer has made ready.
    fn roll(&mut self) -> Result<(), WalError> {
        let header = SegmentHeader {
            version: FORMAT_VERSION,
            identity: self.identity,
            segment: self.segment + 1,
            predecessor: self.segment,
            link: self.chain,
        };
        let file = self.disk.open(NEXT_FILE).map_err(WalError::io("open", NEXT_FILE))?;
        segment::publish(&*self.disk, &file, &header)?;
        self.segment = header.segment;
        self.file = file;
        self.space.rolled();
        Ok(())
    }

    fn check(&self) -> Result<(), WalError> {
        if self.space.is_poisoned() { Err(WalError::Poisoned) } else { Ok(()) }
    }

    /// For `map_err`: whatever the error, the log ends with it.
    fn poisoning(&self) -> impl FnOnce(WalError) -> WalError + use<D> {
        let space = Arc::clone(&self.space);
        move |error| {
            space.poison();
            error
        }
    }
}
