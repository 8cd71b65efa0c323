//! An engine taken apart: the pieces that threads drive in a server, and a seed drives in a test.

use crate::recovery::{self, Progress};
use crate::{
    Checkpointer, Committer, Engine, EngineClock, EngineError, EngineMetrics, Options, Projection, Projector,
    TimeSource,
};
use std::sync::Arc;
use wal::{Disk, Log, Opened, Preparer};

/// A recovered engine, with what must be stepped for it to answer.
pub struct Parts<D: Disk> {
    /// Takes requests.
    pub engine: Arc<Engine>,
    /// Makes them durable, a group a step.
    pub committer: Committer<Log<D>>,
    /// Keeps space ahead of the log's tail.
    pub preparer: Preparer<D>,
    /// Keeps the projection up with the durable log.
    pub projector: Projector<D>,
    /// Makes the projection durable and lets go of the log below.
    pub checkpointer: Checkpointer<D>,
    /// What the log was found to hold.
    pub opened: Opened,
}

/// Loads `projection`, replays what the log on `disk` has beyond it, and builds an engine that goes on from there. Nothing runs yet.
pub fn open<D: Disk>(
    disk: D,
    projection: Arc<dyn Projection>,
    options: Options,
    time: Box<dyn TimeSource>,
    metrics: EngineMetrics,
    progress: &Progress,
) -> Result<Parts<D>, EngineError> {
    let (log, preparer, opened, recovered) = recovery::recover(disk, &*projection, &options, progress)?;
    let clock = EngineClock::new(time, recovered.last_time);
    let engine = Arc::new(Engine::new(options, recovered, clock, metrics, log.space()));
    let projector = Projector::new(Arc::clone(&engine), log.disk(), Arc::clone(&projection));
    let checkpointer = Checkpointer::new(Arc::clone(&engine), projection, log.trimmer());
    let committer = Committer::new(Arc::clone(&engine), log);
    Ok(Parts { engine, committer, preparer, projector, checkpointer, opened })
}
