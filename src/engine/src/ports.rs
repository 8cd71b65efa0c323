//! How the engine reaches durable storage. The log of this machine serves it; a replicated
//! stream can serve the same trait.

use std::time::Duration;
use wal::{Disk, FrameBuffer, Log, Lsn, WalError, WriteError};

/// Why a frame is not durable.
#[derive(Debug)]
pub enum JournalError {
    /// No prepared space: nothing was written, the same frame may be tried again.
    NoSpace,
    /// Terminal: what became of the frame is not known, and nothing more may be acknowledged.
    Failed(WalError),
}

/// Takes frames of decided events and makes them durable, one in flight.
pub trait Journal: Send {
    /// Writes a frame. It is not durable before [`Journal::settle`] has returned.
    fn append(&mut self, frame: &mut FrameBuffer, first_lsn: Lsn, time_ms: u64) -> Result<u64, JournalError>;
    /// Waits until the frame is durable.
    fn settle(&mut self) -> Result<(), JournalError>;
    /// Marks the end of what was acknowledged, when nothing is under way. Idempotent.
    fn seal(&mut self, time_ms: u64) -> Result<(), JournalError>;
    /// Waits a while for space.
    fn wait_for_space(&mut self, timeout: Duration);
}

impl<D: Disk> Journal for Log<D> {
    fn append(&mut self, frame: &mut FrameBuffer, first_lsn: Lsn, time_ms: u64) -> Result<u64, JournalError> {
        match self.write(frame, first_lsn, time_ms) {
            Ok(written) => Ok(written.bytes),
            Err(WriteError::NoSpace) => Err(JournalError::NoSpace),
            Err(WriteError::Failed(error)) => Err(JournalError::Failed(error)),
        }
    }

    fn settle(&mut self) -> Result<(), JournalError> {
        self.sync().map_err(JournalError::Failed)
    }

    fn seal(&mut self, time_ms: u64) -> Result<(), JournalError> {
        // Without space there is no seal: the last group stays ambiguous, which is allowed.
        Log::seal(self, time_ms).map(|_sealed| ()).map_err(JournalError::Failed)
    }

    fn wait_for_space(&mut self, timeout: Duration) {
        Log::wait_for_space(self, timeout);
    }
}
