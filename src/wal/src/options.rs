//! The log's sizes and identity, and the ranges they must keep. It must not know where they are configured.

use crate::WalError;
use crate::format::{FRAME_ALIGN, MAX_FRAME_BYTES, SEGMENT_HEADER_BYTES};

/// How large the log's pieces are, and whose log it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// A segment's size in bytes: at least 64 KiB, a multiple of 512.
    pub segment_bytes: u64,
    /// Prepared bytes kept back for commands that settle when the disk is full; at most a segment.
    pub reserve_bytes: u64,
    /// Bytes of zeros that one preparing step writes and syncs: a multiple of 512, not 0.
    pub prepare_step_bytes: u64,
    /// The partition that every segment and frame must carry.
    pub partition: u32,
    /// The epoch that every segment and frame must carry.
    pub epoch: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { segment_bytes: 256 << 20, reserve_bytes: 64 << 20, prepare_step_bytes: 8 << 20, partition: 0, epoch: 0 }
    }
}

impl Options {
    const MIN_SEGMENT_BYTES: u64 = 64 << 10;

    /// Checks every range.
    ///
    /// # Errors
    /// [`WalError::Option`] names the first option out of its range.
    pub fn validate(&self) -> Result<(), WalError> {
        let aligned = |bytes: u64| bytes.is_multiple_of(FRAME_ALIGN as u64);
        let refuse = |option, reason| Err(WalError::Option { option, reason });
        if self.segment_bytes < Self::MIN_SEGMENT_BYTES || !aligned(self.segment_bytes) {
            return refuse("segment_bytes", "must be at least 65536 and a multiple of 512");
        }
        if self.reserve_bytes > self.segment_bytes {
            return refuse("reserve_bytes", "must not be more than segment_bytes");
        }
        if self.prepare_step_bytes == 0 || !aligned(self.prepare_step_bytes) {
            return refuse("prepare_step_bytes", "must be a multiple of 512 and not 0");
        }
        Ok(())
    }

    /// The largest frame that fits a segment, header included: below [`MAX_FRAME_BYTES`] only where
    /// segments are smaller than that. For [`FrameBuffer::with_limit`](crate::FrameBuffer::with_limit).
    pub fn frame_limit_bytes(&self) -> usize {
        let room = self.segment_bytes.saturating_sub(SEGMENT_HEADER_BYTES);
        room.min(MAX_FRAME_BYTES as u64) as usize
    }
}
