//! The projector: reads the durable log and hands its records to the projection, a batch a step. It
//! lags behind during a rush, bounded by the log's space, and never stops a reservation.

use crate::{Engine, Projection, ProjectionError, Recorded, Upkeep, records};
use std::ops::ControlFlow;
use std::sync::Arc;
use wal::{Disk, FollowError, Follower, Lsn, VisitError, WalError};

/// The most records of one batch.
const BATCH_RECORDS: usize = 4_096;
/// The bytes of records from which on a batch is full.
const BATCH_BYTES: usize = 2 << 20;

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Projected {
    /// The projection has everything that is durable.
    Idle,
    /// It has so many records more.
    Applied(usize),
}

/// Keeps a projection up with the durable log.
pub struct Projector<D: Disk> {
    engine: Arc<Engine>,
    disk: Arc<D>,
    projection: Arc<dyn Projection>,
    follower: Follower,
    /// Read, and not applied yet: an error keeps it.
    batch: Vec<Recorded>,
}

impl<D: Disk> Projector<D> {
    pub(crate) fn new(engine: Arc<Engine>, disk: Arc<D>, projection: Arc<dyn Projection>) -> Self {
        let applied = projection.applied();
        engine.note_applied(applied);
        let follower = Follower::after(applied, &engine.options.log);
        Self { engine, disk, projection, follower, batch: Vec::new() }
    }

    /// Applies one batch, if something is durable that the projection has not got. After an error the
    /// same step may be taken again.
    pub fn step(&mut self) -> Result<Projected, ProjectionError> {
        let outcome = self.read().and_then(|()| self.apply());
        self.engine.note_upkeep(Upkeep::Following, outcome.as_ref().err().map(ToString::to_string));
        outcome
    }

    /// How many durable records the projection has not got.
    pub fn lag(&self) -> u64 {
        self.engine.durable_mark().0.saturating_sub(self.engine.applied_mark().0)
    }

    /// Whether the log was seen to be damaged.
    pub fn has_seen_damage(&self) -> bool {
        self.engine.damage().is_some()
    }

    fn apply(&mut self) -> Result<Projected, ProjectionError> {
        let Some(last) = self.batch.last().map(|record| record.lsn) else {
            return Ok(Projected::Idle);
        };
        self.projection.apply(&self.batch)?;
        self.engine.note_applied(last);
        let records = self.batch.len();
        self.batch.clear();
        Ok(Projected::Applied(records))
    }

    fn read(&mut self) -> Result<(), ProjectionError> {
        if !self.batch.is_empty() {
            return Ok(());
        }
        let batch = &mut self.batch;
        let mut bytes = 0;
        let mut take = |lsn, record: &[u8]| {
            batch.push(recorded(lsn, record)?);
            bytes += record.len();
            let is_full = batch.len() >= BATCH_RECORDS || bytes >= BATCH_BYTES;
            Ok(if is_full { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        };
        let read = self.follower.read(&*self.disk, self.engine.durable_mark(), &mut take);
        read.map_err(|error| {
            // What was acknowledged is not what the disk gives back: trying again does not mend that.
            let is_damage = !matches!(error, FollowError::Failed(WalError::Io { .. }));
            if is_damage {
                self.engine.note_damage(error.to_string());
            }
            // Read again from the start of what was not applied.
            self.batch.clear();
            self.follower = Follower::after(self.projection.applied(), &self.engine.options.log);
            ProjectionError { attempted: "read the log for the store", reason: error.to_string(), is_damage }
        })
    }
}

fn recorded(lsn: Lsn, bytes: &[u8]) -> Result<Recorded, VisitError> {
    let event = records::decode(bytes).map_err(|error| VisitError(format!("record {lsn}: {error}")))?;
    Ok(Recorded { lsn, bytes: bytes.to_vec(), event })
}
