//! An engine with the threads that drive it: committer, preparer, ticker, projector, checkpointer.

use crate::patience::{Outlook, Patience};
use crate::{
    Checkpoint, Checkpointer, Committer, Engine, EngineError, EngineMetrics, Options, Parts, Progress, Projected,
    Projection, ProjectionError, Projector, Step, SystemTime, Upkeep, pace,
};
use parking_lot::Mutex;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use wal::{DirectoryLock, Disk, Log, Opened, Prepared, Preparer, RealDisk, WalError};

/// Where in a data directory the log lies.
pub const LOG_DIRECTORY: &str = "log";

/// So long without work, and the committer seals the log.
const SEAL_AFTER: Duration = Duration::from_millis(10);
/// How long a thread sleeps at most before it looks whether to stop.
const PAUSE: Duration = Duration::from_millis(200);
/// How long the preparer rests between steps once the reserve is prepared: its syncs share the disk
/// with the committer's, and eight MiB a rest are more than a full load writes.
const PREPARE_REST: Duration = Duration::from_millis(200);
/// How often a stopping committer waits for space before it gives up.
const PAUSES_FOR_SPACE: u32 = 25;
/// How long the projector rests when it has everything: what comes meanwhile goes in one batch.
const PROJECTOR_REST: Duration = Duration::from_millis(10);
/// How long it rests after an error.
const PROJECTOR_PAUSE: Duration = Duration::from_secs(1);
/// How long a stopping projector goes on at most; the next start replays the rest from the log.
const PROJECTOR_STOP: Duration = Duration::from_secs(10);
/// How often it is looked whether a checkpoint is due.
const CHECKPOINT_LOOK: Duration = Duration::from_millis(100);
/// How often the books are swept.
const TICK: Duration = Duration::from_millis(5);
/// Gauges follow every so many ticks.
const TICKS_PER_OBSERVATION: u32 = 40;

/// A serving engine. Dropping it without [`Running::stop`] leaves its threads running.
pub struct Running {
    engine: Arc<Engine>,
    stopping: Arc<AtomicBool>,
    /// Set later than `stopping`: the committer may still need space.
    committed: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
    checkpoints: Checkpoints,
    opened: Opened,
    _lock: DirectoryLock,
}

impl Running {
    /// Loads the projection and replays the log of a data directory that the caller has locked, and
    /// starts serving. Blocks until recovered.
    pub fn start(
        lock: DirectoryLock,
        data_dir: &Path,
        projection: Arc<dyn Projection>,
        options: Options,
        metrics: EngineMetrics,
        progress: &Progress,
    ) -> Result<Self, EngineError> {
        let disk = RealDisk::open(&data_dir.join(LOG_DIRECTORY))?;
        let time = Box::new(SystemTime::default());
        let parts = crate::open(disk, projection, options, time, metrics, progress)?;
        let Parts { engine, committer, preparer, projector, checkpointer, opened } = parts;
        let checkpoints = Checkpoints { engine: Arc::clone(&engine), checkpointer: Arc::new(Mutex::new(checkpointer)) };
        let mut running = Self {
            engine,
            stopping: Arc::default(),
            committed: Arc::default(),
            threads: Vec::new(),
            checkpoints,
            opened,
            _lock: lock,
        };
        running.spawn_all(committer, preparer, projector)?;
        Ok(running)
    }

    /// The engine to ask.
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// Takes checkpoints when an operator asks for one.
    pub fn checkpoints(&self) -> &Checkpoints {
        &self.checkpoints
    }

    /// What the log was found to hold.
    pub fn opened(&self) -> Opened {
        self.opened
    }

    /// Makes everything decided durable, seals the log and stops. No request may come any more.
    pub fn stop(self) -> Result<(), EngineError> {
        self.stopping.store(true, Ordering::SeqCst);
        for thread in self.threads {
            thread.thread().unpark();
            // A panic there has ended the process already, or is told here.
            if thread.join().is_err() {
                self.engine.fail("a worker thread panicked".to_owned());
            }
            // The committer is the first: what comes after it is not needed any more.
            self.committed.store(true, Ordering::SeqCst);
        }
        if let Err(error) = self.checkpoints.checkpointer.lock().checkpoint() {
            tracing::warn!(%error, "no checkpoint at the end: the next start replays more of the log");
        }
        match self.engine.failure() {
            Some(why) => Err(EngineError::Failed(why)),
            None => Ok(()),
        }
    }

    fn spawn_all(
        &mut self,
        committer: Committer<Log<RealDisk>>,
        preparer: Preparer<RealDisk>,
        projector: Projector<RealDisk>,
    ) -> Result<(), EngineError> {
        let (engine, stopping) = (Arc::clone(&self.engine), Arc::clone(&self.stopping));
        self.spawn("committer", move || commit_until(&engine, committer, &stopping))?;
        let (engine, committed) = (Arc::clone(&self.engine), Arc::clone(&self.committed));
        self.spawn("preparer", move || prepare_until(&engine, preparer, &committed))?;
        let (engine, stopping) = (Arc::clone(&self.engine), Arc::clone(&self.stopping));
        self.spawn("ticker", move || tick_until(&engine, &stopping))?;
        let committed = Arc::clone(&self.committed);
        self.spawn("projector", move || project_until(projector, &committed))?;
        let (checkpoints, committed) = (self.checkpoints.clone(), Arc::clone(&self.committed));
        self.spawn("checkpointer", move || checkpoint_until(&checkpoints, &committed))
    }

    fn spawn(&mut self, name: &'static str, work: impl FnOnce() + Send + 'static) -> Result<(), EngineError> {
        let thread = thread::Builder::new().name(name.to_owned()).spawn(work);
        self.threads.push(thread.map_err(|source| EngineError::Thread { name, source })?);
        Ok(())
    }
}

/// Takes checkpoints on demand, beside those that are due.
#[derive(Clone)]
pub struct Checkpoints {
    engine: Arc<Engine>,
    checkpointer: Arc<Mutex<Checkpointer<RealDisk>>>,
}

impl Checkpoints {
    /// Takes a checkpoint that covers all that is durable now. Blocks until the projection has it, and
    /// no longer than it goes on.
    pub fn take(&self) -> Result<Checkpoint, ProjectionError> {
        let refused = |reason| ProjectionError { attempted: "take a checkpoint", reason, is_damage: false };
        let mut patience = Patience::new(self.engine.durable_mark(), self.engine.applied_mark(), Instant::now());
        loop {
            match patience.look(self.engine.applied_mark(), Instant::now()) {
                Outlook::Reached => return self.checkpointer.lock().checkpoint(),
                Outlook::GoesOn => {}
                Outlook::StandsStill(lag) => {
                    let reason = format!("the store is {lag} records behind, and does not go on: try again later");
                    return Err(refused(reason));
                }
            }
            if let Some(why) = self.engine.upkeep_failure(Upkeep::Following) {
                return Err(refused(why));
            }
            thread::sleep(PROJECTOR_REST);
        }
    }

    fn step(&self) -> Result<Option<Checkpoint>, ProjectionError> {
        self.checkpointer.lock().step()
    }

    fn forget(&self) -> Result<bool, ProjectionError> {
        self.checkpointer.lock().forget()
    }

    /// Does something while no checkpoint is taken, and so nothing of log or history is let go.
    pub fn hold<T>(&self, work: impl FnOnce() -> T) -> T {
        let _held = self.checkpointer.lock();
        work()
    }
}

/// An error ends the loop; the engine has told everybody by then.
fn commit_until(engine: &Engine, mut committer: Committer<Log<RealDisk>>, stopping: &AtomicBool) {
    committer.attend();
    let mut sealed = false;
    let mut pauses_left = PAUSES_FOR_SPACE;
    loop {
        let stop = stopping.load(Ordering::SeqCst);
        match committer.step() {
            Ok(Step::Committed(_)) => sealed = false,
            Ok(Step::NoSpace) if stop && pauses_left == 0 => {
                return engine
                    .fail("the disk is full: the last changes were decided, but never acknowledged".to_owned());
            }
            Ok(Step::NoSpace) => {
                pauses_left -= u32::from(stop);
                committer.wait_for_space(PAUSE);
            }
            Ok(Step::Idle) => {
                let quiet = stop || !committer.park(if sealed { PAUSE } else { SEAL_AFTER });
                if quiet && !sealed {
                    if committer.seal().is_err() {
                        return;
                    }
                    sealed = true;
                }
                if stop {
                    return;
                }
            }
            Err(_told) => return,
        }
    }
}

fn prepare_until<D: Disk>(engine: &Engine, mut preparer: Preparer<D>, stopping: &AtomicBool) {
    while !stopping.load(Ordering::SeqCst) {
        match preparer.step() {
            Ok(Prepared::Worked) if engine.has_reserve() => thread::park_timeout(PREPARE_REST),
            Ok(Prepared::Worked) => {}
            Ok(Prepared::Idle | Prepared::Full) => preparer.wait(PAUSE),
            // The committer knows why, and says it.
            Err(WalError::Poisoned) => return,
            Err(error) => return engine.fail(error.to_string()),
        }
    }
}

fn tick_until(engine: &Engine, stopping: &AtomicBool) {
    let mut ticks = 0_u32;
    while !stopping.load(Ordering::SeqCst) {
        if ticks.is_multiple_of(TICKS_PER_OBSERVATION) {
            engine.observe();
        }
        ticks = ticks.wrapping_add(1);
        let begun = Instant::now();
        let rest = if engine.tick() { begun.elapsed() } else { TICK };
        // However much is due, half of the time belongs to what is asked.
        thread::park_timeout(rest);
    }
}

/// Goes on after errors: the log has what the projection has not.
fn project_until(mut projector: Projector<RealDisk>, committed: &AtomicBool) {
    yield_to_others();
    let mut stop_by = None;
    let mut failing = false;
    loop {
        let stop = committed.load(Ordering::SeqCst);
        if stop && *stop_by.get_or_insert_with(|| Instant::now() + PROJECTOR_STOP) <= Instant::now() {
            return;
        }
        let (behind, begun) = (projector.lag(), Instant::now());
        match projector.step() {
            Ok(Projected::Applied(records)) => {
                let rest = pace::rest(records as u64, behind, projector.lag(), begun.elapsed());
                if !stop && !rest.is_zero() {
                    thread::park_timeout(rest);
                }
            }
            Ok(Projected::Idle) if stop => return,
            Ok(Projected::Idle) => thread::park_timeout(PROJECTOR_REST),
            Err(error) => {
                if !failing && projector.has_seen_damage() {
                    tracing::error!(reason = "log_damaged", %error, "nothing new is held: do not stop this server, see /readyz");
                } else if !failing {
                    tracing::error!(%error, "the store does not go on; reservations do, and the log is kept for it");
                }
                if stop {
                    return;
                }
                failing = true;
                thread::park_timeout(PROJECTOR_PAUSE);
                continue;
            }
        }
        if std::mem::take(&mut failing) {
            tracing::info!("the store goes on");
        }
    }
}

fn checkpoint_until(checkpoints: &Checkpoints, committed: &AtomicBool) {
    yield_to_others();
    let (mut failing, mut keeping) = (false, false);
    while !committed.load(Ordering::SeqCst) {
        match checkpoints.step() {
            Ok(Some(_)) => failing = false,
            Ok(None) => {}
            Err(error) => {
                if !std::mem::replace(&mut failing, true) {
                    tracing::error!(%error, "no checkpoint; the log is kept until there is one");
                }
            }
        }
        match checkpoints.forget() {
            Ok(true) => {
                keeping = false;
                continue;
            }
            Ok(false) => keeping = false,
            Err(error) => {
                if !std::mem::replace(&mut keeping, true) {
                    tracing::error!(%error, "old history is not forgotten: the store grows until it is");
                }
            }
        }
        thread::park_timeout(CHECKPOINT_LOOK);
    }
}

/// Runs when the threads that answer have nothing to do.
fn yield_to_others() {
    // It concerns the calling thread alone, and where it is refused, all are equal.
    let _refused = rustix::process::setpriority_process(None, 19);
}
