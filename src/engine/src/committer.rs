//! The committer: turns what waits in the commit buffer into one frame, syncs it, moves the
//! durable mark and wakes who waits for it. One step is one group; threads drive it from outside.

use crate::commit::Group;
use crate::ports::{Journal, JournalError};
use crate::sync::thread;
use crate::{Engine, EngineError};
use std::sync::Arc;
use std::time::Duration;

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// There was nothing to do.
    Idle,
    /// A group of so many records is durable.
    Committed(u32),
    /// There is no space; the group waits.
    NoSpace,
}

/// The only writer of the log.
pub struct Committer<J> {
    engine: Arc<Engine>,
    journal: J,
    waiting: Option<Group>,
}

impl<J: Journal> Committer<J> {
    /// A committer for an engine's events.
    pub fn new(engine: Arc<Engine>, journal: J) -> Self {
        Self { engine, journal, waiting: None }
    }

    /// Makes one group durable, if there is one. An error is terminal: the engine answers
    /// nothing more.
    pub fn step(&mut self) -> Result<Step, EngineError> {
        let Some(mut group) = self.waiting.take().or_else(|| self.engine.commit.take()) else {
            return Ok(Step::Idle);
        };
        let metrics = &self.engine.metrics;
        let started_us = self.engine.clock.monotonic_us();
        let bytes = match self.journal.append(&mut group.frame, group.first_lsn, self.engine.clock.now().0) {
            Ok(bytes) => bytes,
            Err(JournalError::NoSpace) => {
                self.waiting = Some(group);
                return Ok(Step::NoSpace);
            }
            Err(JournalError::Failed(error)) => return Err(self.fail(error)),
        };
        let written_us = self.engine.clock.monotonic_us();
        if let Err(JournalError::Failed(error)) = self.journal.settle() {
            return Err(self.fail(error));
        }
        let synced_us = self.engine.clock.monotonic_us();
        metrics.log_write.record(seconds(written_us - started_us));
        metrics.log_sync.record(seconds(synced_us - written_us));
        metrics.log_bytes.increment(bytes);
        self.engine.commit.note_group(synced_us - started_us);
        let records = group.frame.record_count();
        metrics.group_records.record(f64::from(records));
        self.engine.commit.done(group);
        self.engine.wake_ports();
        Ok(Step::Committed(records))
    }

    /// Marks the end of what was acknowledged; to be called when nothing came for a while.
    pub fn seal(&mut self) -> Result<(), EngineError> {
        match self.journal.seal(self.engine.clock.now().0) {
            Ok(()) | Err(JournalError::NoSpace) => Ok(()),
            Err(JournalError::Failed(error)) => Err(self.fail(error)),
        }
    }

    /// Waits a while for space, after [`Step::NoSpace`].
    pub fn wait_for_space(&mut self, timeout: Duration) {
        self.journal.wait_for_space(timeout);
    }

    /// Makes this thread the one that is woken when work arrives.
    pub fn attend(&self) {
        self.engine.commit.attend(thread::current());
    }

    /// Sleeps until work arrives or the timeout has passed. Says whether there is work.
    pub fn park(&self, timeout: Duration) -> bool {
        let commit = &self.engine.commit;
        if commit.may_park() {
            thread::park_timeout(timeout);
            commit.woke();
        }
        commit.waiting_bytes() > 0
    }

    fn fail(&self, error: wal::WalError) -> EngineError {
        self.engine.fail(error.to_string());
        EngineError::Log(error)
    }
}

fn seconds(us: u64) -> f64 {
    us as f64 / 1e6
}
