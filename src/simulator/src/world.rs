//! A world: one disk, one projection, one clock, the clients and the auditor, and one process after the
//! other that lives on them. What happens in a life is in `steps`, how lives end and begin in `ends`,
//! `starts` and `probes`.

use crate::Broken;
use crate::audit::Auditor;
use crate::clients::{Clients, Scene, Sent};
use crate::clock::Clock;
use crate::faults::Faults;
use crate::life::Life;
use crate::report::{Count, Report};
use crate::rig::Rig;
use crate::settings::Settings;
use crate::trace::Trace;
use engine::{MemoryProjection, Projected, Step};
use fastrand::Rng;
use ledger::Millis;
use std::sync::Arc;
use wal::faulty::FaultyDisk;
use wal::{Lsn, Prepared};

pub(crate) struct World<'w, R: Rig> {
    pub rig: &'w R,
    pub random: Rng,
    pub settings: Settings,
    pub clock: Clock,
    pub disk: FaultyDisk,
    pub projection: Arc<MemoryProjection>,
    pub clients: Clients,
    pub auditor: Auditor,
    pub faults: Faults,
    pub trace: &'w mut Trace,
    pub report: &'w mut Report,
    ticket: u32,
    /// The highest durable mark that anybody was told.
    pub durable: Lsn,
    /// The latest engine time of this life, and of any.
    pub latest: Millis,
    pub latest_ever: Millis,
    /// Writes may go astray in this world. One that has may be met later as damage.
    pub goes_astray: bool,
    pub is_tainted: bool,
    /// The one that has may have been the last of all: nothing can be demanded of the log.
    pub is_unproven: bool,
    pub is_full: bool,
    pub is_projection_failing: bool,
    /// The auditor cannot read the log any more.
    pub is_unaudited: bool,
    /// The digest at a clean stop: the next life must begin with it.
    pub left_behind: Option<u64>,
}

impl<'w, R: Rig> World<'w, R> {
    pub fn new(rig: &'w R, seed: u64, trace: &'w mut Trace, report: &'w mut Report) -> Self {
        let mut random = Rng::with_seed(seed);
        let settings = Settings::draw(&mut random);
        Self {
            rig,
            clock: Clock::default(),
            disk: FaultyDisk::new(),
            projection: Arc::default(),
            clients: Clients::new(),
            auditor: Auditor::new(&settings.options.log),
            faults: Faults::default(),
            trace,
            report,
            ticket: 0,
            durable: Lsn(0),
            latest: Millis(0),
            latest_ever: Millis(0),
            goes_astray: random.u8(..3) == 0,
            is_tainted: false,
            is_unproven: false,
            is_full: false,
            is_projection_failing: false,
            is_unaudited: false,
            left_behind: None,
            random,
            settings,
        }
    }

    /// Lives on until so many operations were asked, or the log is rightly refused. Returns with
    /// everything judged.
    pub fn run(&mut self, operations: u64) -> Result<(), Broken> {
        self.report.one(Count::Worlds);
        self.trace.tell(|| format!("a new world: {:?}", self.settings));
        let Some(mut life) = self.start()? else { return Ok(()) };
        self.open_shop(&mut life)?;
        let until = self.report.get(Count::Operations) + operations;
        loop {
            let end = self.live(&mut life)?;
            self.end(life, end)?;
            match self.start()? {
                Some(next) => life = next,
                None => return Ok(()),
            }
            if self.report.get(Count::Operations) >= until {
                return Ok(());
            }
        }
    }

    /// What there is to sell is written before anything goes wrong.
    fn open_shop(&mut self, life: &mut Life<R::Disk>) -> Result<(), Broken> {
        for sent in Clients::opening(life.engine.now()) {
            self.ask(life, sent)?;
            self.commit_all(life)?;
        }
        self.rest(life)
    }

    /// Sends a request, and hears its answer if it is ready.
    pub fn ask(&mut self, life: &Life<R::Disk>, sent: Sent) -> Result<(), Broken> {
        // What is ready is heard first: an answer at once must not overtake one before it.
        self.hear(life)?;
        self.ticket += 1;
        self.trace.tell(|| format!("ask {}: {:?}", self.ticket, sent.request));
        self.clients.send(&sent);
        match life.submit(self.ticket, sent.request.clone()) {
            None => self.clients.wait(self.ticket, sent),
            Some(answer) => {
                self.trace.tell(|| format!("told {} at once: {answer:?}", self.ticket));
                let scene = Self::scene(&self.settings, self.latest_ever, life);
                self.clients.hear(sent, answer, scene, self.report)?;
            }
        }
        Ok(())
    }

    /// Hears every answer that has become ready.
    pub fn hear(&mut self, life: &Life<R::Disk>) -> Result<(), Broken> {
        let durable = life.engine.durable_mark();
        if durable < self.durable {
            return Err(Broken::Order(format!("the durable mark went from {} back to {durable}", self.durable)));
        }
        self.durable = durable;
        let now = life.engine.now();
        if now < self.latest {
            return Err(Broken::Order(format!("engine time went from {:?} back to {now:?}", self.latest)));
        }
        self.latest = now;
        self.latest_ever = self.latest_ever.max(now);
        for (ticket, answer) in life.collect() {
            self.trace.tell(|| format!("told {ticket}: {answer:?}"));
            let scene = Scene { settings: &self.settings, now, latest: self.latest_ever };
            self.clients.hear_ticket(ticket, answer, scene, self.report)?;
        }
        Ok(())
    }

    /// Makes everything durable that was decided. Nothing must be armed.
    pub fn commit_all(&mut self, life: &mut Life<R::Disk>) -> Result<(), Broken> {
        let stopped = |why: String| Broken::Stopped(why);
        loop {
            while life.preparer.step().map_err(|error| stopped(error.to_string()))? == Prepared::Worked {}
            match life.committer.step().map_err(|error| stopped(error.to_string()))? {
                Step::Committed(_) => {}
                Step::Idle => return self.hear(life),
                Step::NoSpace => return Err(stopped("no space on a disk without limit".to_owned())),
            }
        }
    }

    /// The projection gets everything that is durable. Nothing must be armed.
    pub fn project_all(life: &mut Life<R::Disk>) -> Result<(), Broken> {
        loop {
            match life.projector.step() {
                Ok(Projected::Applied(_)) => {}
                Ok(Projected::Idle) => return Ok(()),
                Err(error) => return Err(Broken::Stopped(error.to_string())),
            }
        }
    }

    /// Reads back and sums up, while nothing is under way.
    pub fn rest(&mut self, life: &Life<R::Disk>) -> Result<(), Broken> {
        let scene = Self::scene(&self.settings, self.latest_ever, life);
        let mut read = |request| life.submit(0, request);
        self.clients.rest(&mut read, scene, &mut self.random, self.report)
    }

    /// Under what answers are judged now. Not of all of `self`: the clients change while they judge.
    pub fn scene<'s>(settings: &'s Settings, latest: Millis, life: &Life<R::Disk>) -> Scene<'s> {
        let now = life.engine.now();
        Scene { settings, now, latest: latest.max(now) }
    }
}
