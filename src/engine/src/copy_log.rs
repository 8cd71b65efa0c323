//! Copies a stretch of one log into a new one, record by record: for backups, and for what is made
//! again from them. It must not know where the two lie, nor who asked.

use crate::records;
use std::io;
use std::ops::ControlFlow;
use wal::{
    Disk, FollowError, Follower, FrameBuffer, Log, Lsn, Options, Prepared, Preparer, VisitError, WalError, WriteError,
};

/// Which records are copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// From the record after this one.
    pub after: Lsn,
    /// Up to this one.
    pub until: Lsn,
}

/// Makes a log in `disk` with a stretch of the records of the log in `source`, under their numbers, and
/// seals it. All of them must be durable in `source`. The options say whose each log is: the new one
/// may have another epoch. `progress` is told the last record that is durable in the new log.
///
/// # Errors
/// [`FollowError::Gone`] when the log in `source` begins later; [`WalError::Exists`] when there is a
/// log in `disk` already. After any other error part of a log is there.
pub fn copy_log<S: Disk, D: Disk>(
    (source, source_options): (&S, &Options),
    stretch: Stretch,
    (disk, options): (D, &Options),
    progress: &mut dyn FnMut(Lsn),
) -> Result<(), FollowError> {
    let (log, preparer) = Log::create(disk, *options, stretch.after)?;
    let frame = FrameBuffer::with_limit(options.frame_limit_bytes());
    let mut copy = Copy { log, preparer, frame, time_ms: 0, progress };
    let mut failed = None;
    let mut take = |lsn, record: &[u8]| {
        let event = records::decode(record).map_err(|error| VisitError(format!("record {lsn}: {error}")))?;
        Ok(match copy.push(record, event.at.0) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        })
    };
    Follower::after(stretch.after, source_options).read(source, stretch.until, &mut take)?;
    match failed {
        Some(error) => Err(error.into()),
        None => Ok(copy.finish()?),
    }
}

struct Copy<'p, D: Disk> {
    log: Log<D>,
    preparer: Preparer<D>,
    frame: FrameBuffer,
    /// The latest time that any record so far carries.
    time_ms: u64,
    progress: &'p mut dyn FnMut(Lsn),
}

impl<D: Disk> Copy<'_, D> {
    fn push(&mut self, record: &[u8], at_ms: u64) -> Result<(), WalError> {
        if !self.frame.push(record) {
            self.write()?;
            if !self.frame.push(record) {
                let reason = "must hold the longest record of the log that is copied";
                return Err(WalError::Option { option: "segment_bytes", reason });
            }
        }
        self.time_ms = self.time_ms.max(at_ms);
        Ok(())
    }

    fn write(&mut self) -> Result<(), WalError> {
        if self.frame.is_empty() {
            return Ok(());
        }
        let first_lsn = self.log.last_lsn().next();
        while let Err(error) = self.log.write(&mut self.frame, first_lsn, self.time_ms) {
            match error {
                WriteError::NoSpace => self.prepare()?,
                WriteError::Failed(error) => return Err(error),
            }
        }
        self.log.sync()?;
        self.frame.clear();
        (self.progress)(self.log.last_lsn());
        Ok(())
    }

    fn prepare(&mut self) -> Result<(), WalError> {
        match self.preparer.step()? {
            Prepared::Worked | Prepared::Idle => Ok(()),
            Prepared::Full => {
                let source = io::ErrorKind::StorageFull.into();
                Err(WalError::Io { attempted: "prepare space in", file: "the copy of the log".to_owned(), source })
            }
        }
    }

    /// Without space for it there is no seal, and the copy is as good.
    fn finish(mut self) -> Result<(), WalError> {
        self.write()?;
        self.log.seal(self.time_ms).map(drop)
    }
}
