//! Where a consumer's events are read: in the log as far back as it goes, in the store before that. To
//! the consumer it is one stream. It knows nothing of who waits, nor how events are sent.

use std::ops::ControlFlow;
use std::sync::Arc;

use store::{RecordsError, Store};
use wal::{FollowError, Follower, Lsn};

use super::batch::Batch;
use super::log::{EventLog, before, unreadable};
use crate::api::metrics::ApiMetrics;
use crate::api::store_reads::{self, StoreRead, timed};
use crate::http::Problem;

/// One consumer's place. It holds no file and no buffer.
#[derive(Debug, Clone)]
pub struct Reader {
    log: Arc<EventLog>,
    store: Arc<Store>,
    metrics: Arc<ApiMetrics>,
    follower: Follower,
    /// What is before this record, the log has let go.
    log_begins: Lsn,
}

impl Reader {
    /// Goes on after a record.
    pub fn after(seen: Lsn, log: Arc<EventLog>, store: Arc<Store>, metrics: Arc<ApiMetrics>) -> Self {
        let follower = log.follow(seen);
        Self { log, store, metrics, follower, log_begins: Lsn(0) }
    }

    /// The last record that was given or passed.
    pub fn seen(&self) -> Lsn {
        self.follower.seen()
    }

    /// The log.
    pub fn log(&self) -> &Arc<EventLog> {
        &self.log
    }

    /// Fills the batch with what is durable and was not seen. A batch that has something is given
    /// before the reason why there is no more: that is met again.
    pub fn read(&mut self, durable: Lsn, batch: &mut Batch) -> Result<(), Problem> {
        let read = if self.is_before_the_log() { Ok(()) } else { self.read_log(durable, batch) };
        // The log may be trimmed while it is read.
        let read = read.and_then(|()| {
            if batch.is_empty() && self.is_before_the_log() { self.read_store(durable, batch) } else { Ok(()) }
        });
        if batch.is_empty() { read } else { Ok(()) }
    }

    fn is_before_the_log(&self) -> bool {
        self.seen().next() < self.log_begins
    }

    fn read_log(&mut self, durable: Lsn, batch: &mut Batch) -> Result<(), Problem> {
        let log = &self.log;
        let mut take = |lsn, record: &[u8]| batch.take(log.cursor(lsn), record);
        match self.follower.read(log.disk(), durable, &mut take) {
            Ok(()) => Ok(()),
            Err(FollowError::Gone { oldest }) => {
                self.log_begins = oldest;
                Ok(())
            }
            Err(FollowError::Failed(error)) => Err(unreadable(&error)),
        }
    }

    /// All that the log has let go was applied to the store before.
    fn read_store(&mut self, durable: Lsn, batch: &mut Batch) -> Result<(), Problem> {
        let begun = self.seen();
        let (mut seen, mut refused) = (begun, None);
        let mut take = |lsn, record: &[u8]| {
            if lsn > durable {
                return ControlFlow::Break(());
            }
            match batch.take(self.log.cursor(lsn), record) {
                Ok(wanted) => {
                    seen = lsn;
                    wanted
                }
                Err(error) => {
                    refused = Some(error);
                    ControlFlow::Break(())
                }
            }
        };
        let read = timed(&self.metrics, StoreRead::Events, || self.store.records(begun, &mut take));
        self.follower = self.log.follow(seen);
        match (read, refused) {
            (Err(RecordsError::Gone { oldest }), _) => Err(self.log.gone(before(oldest.min(self.log_begins)))),
            (Err(RecordsError::Store(error)), _) => Err(store_reads::unreadable(&error)),
            (Ok(()), Some(error)) => Err(unreadable(&error)),
            // Neither has them: whoever made this directory has lost them.
            (Ok(()), None) if seen == begun => Err(self.log.gone(before(self.log_begins))),
            (Ok(()), None) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
