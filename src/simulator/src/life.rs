//! One process: an engine with all that must be stepped, and the one port that its clients use. It ends
//! when it is dropped. It must not know why.

use engine::{
    Answer, Checkpointer, Committer, Engine, EngineError, EngineMetrics, Options, Parts, Port, Progress, Projection,
    Projector, Request, Ticket,
};
use std::sync::Arc;
use wal::{Disk, Log, Opened, Preparer};

pub(crate) struct Life<D: Disk> {
    pub engine: Arc<Engine>,
    pub committer: Committer<Log<D>>,
    pub preparer: Preparer<D>,
    pub projector: Projector<D>,
    pub checkpointer: Checkpointer<D>,
    pub opened: Opened,
    port: Arc<Port>,
}

impl<D: Disk> Life<D> {
    pub fn begin(
        disk: D,
        projection: Arc<dyn Projection>,
        options: &Options,
        clock: &crate::clock::Clock,
    ) -> Result<Self, EngineError> {
        let (time, metrics) = (Box::new(clock.clone()), EngineMetrics::new(&metrics::NoopRecorder));
        let parts = engine::open(disk, projection, options.clone(), time, metrics, &Progress::default())?;
        let Parts { engine, committer, preparer, projector, checkpointer, opened } = parts;
        let port = Port::new(|| {});
        engine.attach(&port);
        Ok(Self { engine, committer, preparer, projector, checkpointer, opened, port })
    }

    /// The answer, if all that it rests on is durable already.
    pub fn submit(&self, ticket: u32, request: Request) -> Option<Answer> {
        self.engine.submit(&self.port, Ticket(ticket), request)
    }

    /// The answers that have become ready since.
    pub fn collect(&self) -> Vec<(u32, Answer)> {
        let mut ready = Vec::new();
        self.engine.collect(&self.port, |ticket, answer| ready.push((ticket.0, answer)));
        ready
    }
}
