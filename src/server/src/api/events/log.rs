//! The log as a stream of events: shared by all consumers, of which there may only be so many. It
//! knows nothing of how events are sent.

use std::path::Path;
use std::sync::Arc;

use wal::{FollowError, Follower, Lsn, RealDisk, WalError};

use super::batch::Batch;
use super::cursor::Cursor;
use crate::http::{Capacity, Code, Permit, Problem};

/// Consumers at once: streams, and polls under way.
const MAX_CONSUMERS: usize = 256;

/// The log of a data directory that this process writes, to be read beside the writing.
#[derive(Debug)]
pub struct EventLog {
    disk: RealDisk,
    options: wal::Options,
    consumers: Arc<Capacity>,
}

/// One consumer's place in the log. It holds no file and no buffer.
#[derive(Debug)]
pub struct Consumer {
    log: Arc<EventLog>,
    follower: Follower,
    _permit: Permit,
}

impl EventLog {
    /// Opens the directory; nothing is read yet.
    pub fn open(directory: &Path, options: wal::Options) -> Result<Self, WalError> {
        Ok(Self { disk: RealDisk::open(directory)?, options, consumers: Capacity::new(MAX_CONSUMERS) })
    }

    /// How many consumers there are, and may be.
    pub fn consumers(&self) -> &Arc<Capacity> {
        &self.consumers
    }

    /// The place after a record.
    pub fn cursor(&self, lsn: Lsn) -> Cursor {
        Cursor { epoch: self.options.epoch, partition: self.options.partition, lsn }
    }

    /// The record that a cursor stands after, if it is a durable one of this log.
    pub fn find(&self, cursor: Cursor, durable: Lsn) -> Option<Lsn> {
        let is_known = cursor == self.cursor(cursor.lsn) && cursor.lsn <= durable;
        is_known.then_some(cursor.lsn)
    }

    /// The place from which everything that is kept can be read.
    pub async fn oldest(self: &Arc<Self>) -> Result<Lsn, Problem> {
        let log = Arc::clone(self);
        let first = blocking(move || wal::oldest(&log.disk, &log.options)).await.map_err(unreadable)?;
        Ok(Lsn(first.0 - 1))
    }

    /// What a consumer is told whose events are not to be had.
    pub fn gone(&self, oldest: Lsn) -> Problem {
        let detail = "these events are not kept, or not of this log: read what they led to, then go on after `oldest`";
        Problem::new(Code::EventsGone, detail).with_text("oldest", &self.cursor(oldest).encode())
    }
}

impl Consumer {
    /// A consumer that goes on after a record.
    pub fn after(seen: Lsn, log: Arc<EventLog>, permit: Permit) -> Self {
        let follower = Follower::after(seen, &log.options);
        Self { log, follower, _permit: permit }
    }

    /// The last record that it was given or passed.
    pub fn seen(&self) -> Lsn {
        self.follower.seen()
    }

    /// The place that it has come to.
    pub fn cursor(&self) -> Cursor {
        self.log.cursor(self.seen())
    }

    /// Fills the batch with what is durable and was not seen. A batch that has something is given
    /// before the reason why there is no more: that is met again.
    pub async fn read(&mut self, durable: Lsn, mut batch: Batch) -> Result<Batch, Problem> {
        if self.seen() >= durable {
            return Ok(batch);
        }
        let (log, mut follower) = (Arc::clone(&self.log), self.follower.clone());
        let (follower, batch, read) = blocking(move || {
            let mut take = |lsn, record: &[u8]| batch.take(log.cursor(lsn), record);
            let read = follower.read(&log.disk, durable, &mut take);
            (follower, batch, read)
        })
        .await;
        self.follower = follower;
        match read {
            Err(FollowError::Gone { oldest }) if batch.is_empty() => Err(self.log.gone(Lsn(oldest.0 - 1))),
            Err(FollowError::Failed(error)) if batch.is_empty() => Err(unreadable(error)),
            Ok(()) | Err(_) => Ok(batch),
        }
    }
}

/// Reading may wait for the disk, and an I/O thread must not.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let done = tokio::task::spawn_blocking(work).await;
    done.expect("a panic there ends the process, and the runtime's end ends who waits here too")
}

fn unreadable(error: WalError) -> Problem {
    tracing::error!(%error, "cannot read events from the log");
    let detail = "the log cannot be read: the server's own log says why";
    Problem::new(Code::StorageFailed, detail).with_text("reason", "log_unreadable")
}

#[cfg(test)]
mod tests {
    use super::EventLog;
    use crate::api::events::cursor::Cursor;
    use wal::Lsn;

    #[test]
    fn a_cursor_of_another_log_or_of_what_is_not_durable_leads_nowhere() {
        let directory = tempfile::tempdir().expect("a directory");
        let options = wal::Options { partition: 2, epoch: 3, ..wal::Options::default() };
        let log = EventLog::open(directory.path(), options).expect("a directory of ours");
        let ours = Cursor { epoch: 3, partition: 2, lsn: Lsn(7) };
        assert_eq!(log.cursor(Lsn(7)), ours);
        assert_eq!(log.find(ours, Lsn(7)), Some(Lsn(7)));
        assert_eq!(log.find(ours, Lsn(6)), None);
        assert_eq!(log.find(Cursor { epoch: 2, ..ours }, Lsn(7)), None);
        assert_eq!(log.find(Cursor { partition: 0, ..ours }, Lsn(7)), None);
    }
}
