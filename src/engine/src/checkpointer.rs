//! The checkpointer: makes what the projection has durable, so that recovery starts there; lets go
//! of the log below that, and of history that is old enough. Stepped from outside.

use crate::{Engine, Projection, ProjectionError, Upkeep};
use ledger::Millis;
use std::sync::Arc;
use wal::{Disk, Lsn, Trimmed, Trimmer};

/// What a checkpoint came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoint {
    /// Recovery replays from the record after this.
    pub lsn: Lsn,
    /// What of the log was let go.
    pub trimmed: Trimmed,
}

/// Takes checkpoints when they are due.
pub struct Checkpointer<D: Disk> {
    engine: Arc<Engine>,
    projection: Arc<dyn Projection>,
    trimmer: Trimmer<D>,
    last_us: u64,
    last_log_bytes: u64,
    /// Whether there may be something to forget.
    forgets: bool,
}

impl<D: Disk> Checkpointer<D> {
    pub(crate) fn new(engine: Arc<Engine>, projection: Arc<dyn Projection>, trimmer: Trimmer<D>) -> Self {
        let last_us = engine.clock.monotonic_us();
        Self { engine, projection, trimmer, last_us, last_log_bytes: 0, forgets: false }
    }

    /// Takes a checkpoint if the last is old enough, or much log was written since.
    pub fn step(&mut self) -> Result<Option<Checkpoint>, ProjectionError> {
        let options = &self.engine.options;
        let waited_us = self.engine.clock.monotonic_us().saturating_sub(self.last_us);
        let written = self.engine.commit.written_bytes().saturating_sub(self.last_log_bytes);
        if waited_us < options.checkpoint_interval.0 * 1_000 && written < options.checkpoint_bytes {
            return Ok(None);
        }
        self.checkpoint().map(Some)
    }

    /// Takes a checkpoint now. Reservations go on meanwhile.
    pub fn checkpoint(&mut self) -> Result<Checkpoint, ProjectionError> {
        let outcome = self.attempt();
        if outcome.is_err() {
            self.engine.metrics.checkpoint_failures.increment(1);
        }
        self.engine.note_upkeep(Upkeep::Checkpoints, outcome.as_ref().err().map(ToString::to_string));
        outcome
    }

    /// Forgets a piece of the history that is old enough, from each checkpoint on until nothing is left of it. Says
    /// whether there is more. What keeps it from forgetting never keeps it from checkpoints.
    pub fn forget(&mut self) -> Result<bool, ProjectionError> {
        if !self.forgets {
            return Ok(false);
        }
        let options = &self.engine.options;
        // A retry is recognised after a restart too.
        let keep = options.policy.keep_history.max(options.idempotency_window);
        let horizon = Millis(self.engine.clock.now().0.saturating_sub(keep.0));
        let more = self.projection.forget(horizon);
        self.engine.note_upkeep(Upkeep::Forgetting, more.as_ref().err().map(ToString::to_string));
        self.forgets = *more.as_ref().unwrap_or(&true);
        more
    }

    fn attempt(&mut self) -> Result<Checkpoint, ProjectionError> {
        let metrics = &self.engine.metrics;
        self.last_us = self.engine.clock.monotonic_us();
        self.last_log_bytes = self.engine.commit.written_bytes();
        self.forgets = true;
        let lsn = if self.projection.flushed() < self.projection.applied() {
            self.projection.flush()?
        } else {
            self.projection.flushed()
        };
        let options = &self.engine.options;
        let trimmed = self.trimmer.trim(lsn, options.retention_bytes);
        let trimmed = trimmed.map_err(|error| ProjectionError {
            attempted: "trim the log",
            reason: error.to_string(),
            is_damage: false,
        })?;
        let took_us = self.engine.clock.monotonic_us().saturating_sub(self.last_us);
        metrics.checkpoint.record(took_us as f64 / 1e6);
        metrics.flushed_lsn.set(lsn.0 as f64);
        metrics.log_kept_bytes.set(trimmed.kept_bytes as f64);
        metrics.log_oldest_lsn.set(trimmed.oldest.0 as f64);
        metrics.log_trimmed_bytes.increment(trimmed.bytes);
        Ok(Checkpoint { lsn, trimmed })
    }
}
