//! The log as a stream of events: shared by all consumers, of which there may only be so many. It
//! knows nothing of how events are sent.

use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;

use store::Store;
use wal::{Follower, Lsn, RealDisk, WalError};

use super::batch::Batch;
use super::cursor::Cursor;
use super::reader::Reader;
use crate::api::store_reads::blocking;
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

/// A consumer: its place, and its right to be one.
#[derive(Debug)]
pub struct Consumer {
    reader: Reader,
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

    /// Which history of the directory it is: places of another one lead nowhere.
    pub fn epoch(&self) -> u32 {
        self.options.epoch
    }

    /// The place after a record.
    pub fn cursor(&self, lsn: Lsn) -> Cursor {
        Cursor { epoch: self.options.epoch, partition: self.options.partition, lsn }
    }

    /// Where it is read from.
    pub fn disk(&self) -> &RealDisk {
        &self.disk
    }

    /// Follows it from the record after `seen`.
    pub fn follow(&self, seen: Lsn) -> Follower {
        Follower::after(seen, &self.options)
    }

    /// The record that a cursor stands after, if it is a durable one of this log.
    pub fn find(&self, cursor: Cursor, durable: Lsn) -> Option<Lsn> {
        let is_known = cursor == self.cursor(cursor.lsn) && cursor.lsn <= durable;
        is_known.then_some(cursor.lsn)
    }

    /// The place from which everything can be read that log or store keeps.
    pub async fn oldest(self: &Arc<Self>, store: &Store) -> Result<Lsn, Problem> {
        let log = Arc::clone(self);
        let first = blocking(move || wal::oldest(&log.disk, &log.options)).await;
        let first = first.map_err(|error| unreadable(&error))?;
        Ok(before(first.min(store.oldest_record())))
    }

    /// What a consumer is told whose events are not to be had.
    pub fn gone(&self, oldest: Lsn) -> Problem {
        let detail = "these events are not kept, or not of this log: read what they led to, then go on after `oldest`";
        Problem::new(Code::EventsGone, detail).with_text("oldest", &self.cursor(oldest).encode())
    }
}

impl Consumer {
    /// A consumer that reads on where `reader` stands.
    pub fn new(reader: Reader, permit: Permit) -> Self {
        Self { reader, _permit: permit }
    }

    /// The last record that it was given or passed.
    pub fn seen(&self) -> Lsn {
        self.reader.seen()
    }

    /// The place that it has come to.
    pub fn cursor(&self) -> Cursor {
        self.reader.log().cursor(self.seen())
    }

    /// Fills the batch with what is durable and was not seen.
    pub async fn read(&mut self, durable: Lsn, mut batch: Batch) -> Result<Batch, Problem> {
        if self.seen() >= durable {
            return Ok(batch);
        }
        let mut reader = self.reader.clone();
        let (reader, batch, read) = blocking(move || {
            let read = reader.read(durable, &mut batch);
            (reader, batch, read)
        })
        .await;
        self.reader = reader;
        read.map(|()| batch)
    }
}

/// The place before a record.
pub fn before(record: Lsn) -> Lsn {
    // The first record of all is 1.
    Lsn(record.0 - 1)
}

/// What a consumer is told when its events are there and cannot be read.
pub fn unreadable(error: &dyn Display) -> Problem {
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
