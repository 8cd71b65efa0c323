//! An engine over a disk in memory, stepped by hand: nothing is durable before a test says so.

use crate::asks::told;
use crate::clockwork::Clockwork;
use engine::{
    Answer, Checkpointer, Committer, Engine, EngineError, EngineMetrics, MemoryProjection, Options, Parts, Port,
    Progress, Projected, Projector, Request, Step, Ticket,
};
use ledger::{Millis, Policy};
use std::collections::BTreeMap;
use std::sync::Arc;
use wal::faulty::FaultyDisk;
use wal::{Log, Opened, Prepared, Preparer};

/// Small, so that a test meets every edge.
pub fn options(shards: usize) -> Options {
    let log = wal::Options {
        segment_bytes: 256 << 10,
        reserve_bytes: 64 << 10,
        prepare_step_bytes: 64 << 10,
        ..wal::Options::default()
    };
    let policy = Policy { default_ttl: Millis(60_000), max_hold: Millis(600_000), ..Options::default().policy };
    Options { shards, queue_capacity: 1024, policy, log, ..Options::default() }
}

pub fn open(
    disk: &FaultyDisk,
    projection: &Arc<MemoryProjection>,
    options: &Options,
    clock: &Clockwork,
) -> Result<Parts<FaultyDisk>, EngineError> {
    let (time, metrics) = (Box::new(clock.clone()), EngineMetrics::new(&metrics::NoopRecorder));
    let projection = Arc::clone(projection) as Arc<dyn engine::Projection>;
    engine::open(disk.clone(), projection, options.clone(), time, metrics, &Progress::default())
}

pub struct Shop {
    pub disk: FaultyDisk,
    pub projection: Arc<MemoryProjection>,
    pub clock: Clockwork,
    pub engine: Arc<Engine>,
    pub committer: Committer<Log<FaultyDisk>>,
    pub preparer: Preparer<FaultyDisk>,
    pub projector: Projector<FaultyDisk>,
    pub checkpointer: Checkpointer<FaultyDisk>,
    pub opened: Opened,
    port: Arc<Port>,
    asked: u32,
    answers: BTreeMap<u32, Answer>,
}

impl Shop {
    pub fn new(options: &Options) -> Self {
        Self::on(FaultyDisk::new(), Arc::default(), Clockwork::default(), options)
    }

    pub fn on(disk: FaultyDisk, projection: Arc<MemoryProjection>, clock: Clockwork, options: &Options) -> Self {
        let parts = open(&disk, &projection, options, &clock).expect("the log is sound");
        let port = Port::new(|| {});
        parts.engine.attach(&port);
        let Parts { engine, committer, preparer, projector, checkpointer, opened } = parts;
        let (asked, answers) = (0, BTreeMap::new());
        Self {
            disk,
            projection,
            clock,
            engine,
            committer,
            preparer,
            projector,
            checkpointer,
            opened,
            port,
            asked,
            answers,
        }
    }

    /// The process ends here and another begins on the same disk.
    pub fn reopen(self, options: &Options) -> Self {
        let Self { disk, projection, clock, .. } = self;
        projection.crash();
        Self::on(disk, projection, clock, options)
    }

    /// Asks and does nothing for the answer.
    pub fn submit(&mut self, request: Request) -> u32 {
        self.asked += 1;
        let ticket = self.asked;
        if let Some(answer) = self.engine.submit(&self.port, Ticket(ticket), request) {
            self.answers.insert(ticket, answer);
        }
        ticket
    }

    /// The answer, if it was given by now; taken only once.
    pub fn answer(&mut self, ticket: u32) -> Option<Answer> {
        let answers = &mut self.answers;
        self.engine.collect(&self.port, |ticket, answer| {
            assert!(answers.insert(ticket.0, answer).is_none(), "{ticket:?} was answered twice");
        });
        self.answers.remove(&ticket)
    }

    /// Everything that was decided becomes durable. Returns the sizes of the groups.
    pub fn commit(&mut self) -> Vec<u32> {
        let mut groups = Vec::new();
        loop {
            self.prepare();
            match self.committer.step().expect("the disk is sound") {
                Step::Committed(records) => groups.push(records),
                Step::Idle => return groups,
                Step::NoSpace => panic!("the preparer keeps space ahead"),
            }
        }
    }

    pub fn prepare(&mut self) {
        while self.preparer.step().expect("the disk is sound") == Prepared::Worked {}
    }

    /// The projection gets everything that is durable.
    pub fn project(&mut self) {
        while self.projector.step().expect("the projection is sound") != Projected::Idle {}
    }

    /// Asks, commits, and gives the answer.
    pub fn ask(&mut self, request: Request) -> Answer {
        let ticket = self.submit(request);
        self.commit();
        self.answer(ticket).expect("everything is durable")
    }

    pub fn tell(&mut self, request: Request) -> String {
        told(&self.ask(request))
    }

    pub fn told(&mut self, ticket: u32) -> Option<String> {
        self.answer(ticket).map(|answer| told(&answer))
    }

    /// Sweeps until there is nothing left to sweep, nor to forget.
    pub fn sweep(&mut self) {
        while self.engine.tick() {
            self.commit();
        }
        self.commit();
        self.project();
        // What ended is forgotten once the projection has it, which one tick learns and the next uses.
        self.engine.tick();
        while self.engine.tick() {}
    }
}
