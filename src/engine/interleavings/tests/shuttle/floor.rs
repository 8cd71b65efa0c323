//! An engine on a disk in memory, its committer on a thread of its own, and the callers' threads
//! around it. What it ends with is compared with a serial replay of its log.

use crate::asks::{look, stock};
use crate::caller::Caller;
use crate::clockwork::Clockwork;
use engine::{Answer, Committer, Engine, EngineMetrics, MemoryProjection, Options, Parts, Progress, Step};
use ledger::{Millis, Policy};
use shuttle::sync::atomic::{AtomicBool, Ordering};
use shuttle::thread::{self, JoinHandle};
use std::sync::Arc;
use std::time::Duration;
use wal::faulty::{Call, Fault, FaultyDisk};
use wal::{Log, Prepared};

/// Small: thousands of engines are built, and each writes a few frames.
pub fn options(shards: usize, queue_capacity: usize) -> Options {
    let log = wal::Options {
        segment_bytes: 64 << 10,
        reserve_bytes: 4 << 10,
        prepare_step_bytes: 64 << 10,
        ..wal::Options::default()
    };
    let policy = Policy { default_ttl: Millis(60_000), max_hold: Millis(600_000), ..Options::default().policy };
    Options { shards, queue_capacity, policy, log, ..Options::default() }
}

fn open(disk: &FaultyDisk, options: &Options, clock: &Clockwork) -> Parts<FaultyDisk> {
    let metrics = EngineMetrics::new(&metrics::NoopRecorder);
    let projection = Arc::<MemoryProjection>::default();
    engine::open(disk.clone(), projection, options.clone(), Box::new(clock.clone()), metrics, &Progress::default())
        .expect("the log is sound")
}

pub struct Floor {
    pub engine: Arc<Engine>,
    pub clock: Clockwork,
    disk: FaultyDisk,
    options: Options,
    stopping: Arc<AtomicBool>,
    committer: JoinHandle<()>,
}

impl Floor {
    /// Opens with so many units of each SKU.
    pub fn open(options: Options, skus: &[&str], units: u32) -> Self {
        let (disk, clock) = (FaultyDisk::new(), Clockwork::default());
        let Parts { engine, committer, mut preparer, .. } = open(&disk, &options, &clock);
        while preparer.step().expect("the disk is sound") == Prepared::Worked {}
        let stopping = Arc::new(AtomicBool::new(false));
        let asked_to_stop = Arc::clone(&stopping);
        let committer = thread::spawn(move || commit_until(committer, &asked_to_stop));
        let floor = Self { engine, clock, disk, options, stopping, committer };
        Caller::new(&floor.engine).ask(skus.iter().map(|name| stock(name, units)).collect());
        floor
    }

    /// The disk fails at the next sync that is asked of it.
    pub fn fail_next_sync(&self) {
        self.disk.fail(Call::Sync, 1, Fault::Io);
    }

    /// A thread that asks.
    pub fn caller<T: Send + 'static>(&self, work: impl FnOnce(Caller) -> T + Send + 'static) -> JoinHandle<T> {
        let engine = Arc::clone(&self.engine);
        thread::spawn(move || work(Caller::new(&engine)))
    }

    /// A thread that sweeps now and then, while time passes.
    pub fn ticker(&self, ticks: u32, pass_ms: u64) -> JoinHandle<()> {
        let (engine, clock) = (Arc::clone(&self.engine), self.clock.clone());
        thread::spawn(move || {
            for _ in 0..ticks {
                clock.pass(pass_ms);
                engine.tick();
                thread::yield_now();
            }
        })
    }

    /// Stops, and checks that no unit was lost or sold twice and that a replay comes to the same.
    pub fn close(self, skus: &[&str], units: u32) {
        let Answer::Stock(view) = Caller::new(&self.engine).ask(vec![look(skus)]).remove(0) else {
            panic!("a view was asked for")
        };
        for stock in view.found.iter().flatten() {
            let row = &stock.locations[0];
            assert!(stock.available() >= 0, "{} is oversold", stock.sku);
            assert_eq!(stock.available() + i64::from(row.held) + i64::from(row.allocated), i64::from(units));
        }
        let digest = self.engine.digest();
        self.stopping.store(true, Ordering::SeqCst);
        self.committer.thread().unpark();
        self.committer.join().expect("the committer does not panic");
        let replayed = open(&self.disk, &Options { shards: 1, ..self.options }, &self.clock);
        assert_eq!(replayed.engine.digest(), digest, "a serial replay comes to the same");
    }
}

/// As the server's committer runs, but that it never seals.
fn commit_until(mut committer: Committer<Log<FaultyDisk>>, stopping: &AtomicBool) {
    committer.attend();
    loop {
        let stop = stopping.load(Ordering::SeqCst);
        match committer.step() {
            Ok(Step::Committed(_)) => {}
            Ok(Step::NoSpace) => panic!("a segment is prepared, and a model writes less"),
            Ok(Step::Idle) if stop => return,
            // Shuttle's time never passes: nothing but a wake ends this.
            Ok(Step::Idle) => {
                committer.park(Duration::from_millis(200));
            }
            // Told to everybody by then.
            Err(_told) => return,
        }
    }
}
