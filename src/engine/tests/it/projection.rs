//! The engine and its projection: what it may leave to it, what it recovers from it, and that nothing
//! that goes wrong there stops a reservation.

use crate::asks::{adjust, confirm, get, release, reserve, stock};
use crate::clockwork::Clockwork;
use crate::shop::{Shop, open, options};
use engine::{
    EngineError, EngineMetrics, Loaded, Lsn, MemoryProjection, Options, Progress, Projection, ProjectionError,
    Recorded, Upkeep,
};
use ledger::{Event, Millis};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use wal::faulty::FaultyDisk;

#[test]
fn an_ended_reservation_stays_in_memory_until_the_projection_has_it() {
    let options = Options { idempotency_window: Millis(100), ..options(1) };
    let mut shop = Shop::new(&options);
    shop.tell(stock("a", 5));
    shop.tell(reserve("r", &[("a", 1)]));
    shop.tell(release("r"));
    shop.clock.pass(1_000);
    for _ in 0..3 {
        shop.engine.tick();
    }
    assert_eq!(shop.tell(get("r")), "released", "nobody else knows it");
    shop.sweep();
    assert_eq!(shop.tell(get("r")), "nobody", "the projection knows it");
    assert_eq!(shop.engine.forgotten_mark(), Lsn(0), "there is nothing to wait for");
}

#[test]
fn a_projection_that_fails_for_long_does_not_fill_the_memory() {
    let options = Options { idempotency_max_keys: 10, ..options(1) };
    let mut shop = Shop::new(&options);
    shop.tell(stock("a", 5));
    for n in 0..50 {
        shop.tell(reserve(&format!("r{n}"), &[("a", 1)]));
        shop.tell(release(&format!("r{n}")));
        shop.clock.pass(1);
    }
    while shop.engine.tick() {}
    assert_eq!(shop.engine.totals().ended_reservations, 20, "twice the cap");
    assert_eq!(shop.tell(get("r0")), "nobody");
    assert_eq!(shop.engine.forgotten_mark(), Lsn(101), "it is not known elsewhere before the projection goes on");
    shop.sweep();
    assert_eq!(shop.engine.totals().ended_reservations, 10);
    assert_eq!((shop.engine.forgotten_mark(), shop.engine.applied_mark()), (Lsn(101), Lsn(101)));
}

/// The projection was made anew: what the replay has forgotten, it does not know yet.
#[test]
fn who_asks_for_what_a_replay_forgot_must_wait_for_the_projection() {
    let options = Options { idempotency_window: Millis(100), ..options(2) };
    let mut shop = Shop::new(&options);
    shop.tell(stock("a", 5));
    shop.tell(reserve("r", &[("a", 1)]));
    shop.tell(release("r"));
    shop.clock.pass(1_000);
    shop.tell(stock("a", 6));
    shop = shop.reopen(&options);
    assert_eq!(shop.tell(get("r")), "nobody");
    assert_eq!((shop.engine.forgotten_mark(), shop.engine.applied_mark()), (Lsn(4), Lsn(0)));
    shop.project();
    assert_eq!(shop.engine.applied_mark(), Lsn(4));
}

#[test]
fn reservations_go_on_while_the_projection_fails_and_it_catches_up() {
    let mut shop = Shop::new(&options(2));
    shop.tell(stock("a", 4));
    shop.project();
    shop.tell(stock("a", 5));
    shop.projection.fail(Some("no space"));
    assert!(shop.projector.step().is_err());
    assert!(shop.checkpointer.checkpoint().is_err());
    assert_eq!(shop.engine.upkeep_failure(Upkeep::Following).as_deref(), Some("could not apply: no space"));
    assert_eq!(shop.tell(reserve("r", &[("a", 1)])), "reserved");
    assert_eq!(shop.engine.failure(), None);
    shop.projection.fail(None);
    shop.project();
    assert_eq!(shop.engine.upkeep_failure(Upkeep::Following), None);
    assert_eq!((shop.projection.applied(), shop.engine.applied_mark()), (Lsn(3), Lsn(3)));
    assert_eq!(shop.projection.flushed(), Lsn(0));
    assert_eq!(shop.checkpointer.checkpoint().expect("sound again").lsn, Lsn(3));
}

#[test]
fn recovery_reads_the_log_only_from_the_checkpoint_on() {
    let options = Options { retention_bytes: 0, ..options(3) };
    let mut shop = Shop::new(&options);
    shop.tell(stock("a", 60_000));
    let mut trimmed = 0;
    for n in 0..4_000 {
        shop.submit(reserve(&format!("r{n}"), &[("a", 1)]));
        if n % 20 == 0 {
            shop.commit();
        }
        if n % 1_000 == 999 {
            shop.project();
            trimmed += shop.checkpointer.checkpoint().expect("the disk is sound").trimmed.segments;
        }
    }
    shop.commit();
    assert!(trimmed > 0, "the log grew over segments");
    let checkpoint = shop.projection.flushed();
    assert_eq!(shop.tell(confirm("r5")), "confirmed");
    let digest = shop.engine.digest();
    let mut shop = shop.reopen(&options);
    assert_eq!(shop.engine.digest(), digest);
    assert!(shop.opened.frames < 100, "{} frames were read", shop.opened.frames);
    assert!(shop.projection.flushed() == checkpoint && checkpoint > Lsn(3_000));
    assert_eq!(shop.tell(get("r5")), "confirmed");
    assert_eq!(shop.tell(get("r0")), "held");
    // Without the projection the rest is not enough.
    let refused = open(&shop.disk, &Arc::default(), &options, &shop.clock).err().expect("records are missing");
    assert!(matches!(refused, EngineError::Log(wal::WalError::BeginsLate { .. })), "{refused}");
}

#[test]
fn a_log_that_ends_before_the_projection_is_refused() {
    let options = options(2);
    let mut shop = Shop::new(&options);
    shop.tell(stock("a", 5));
    shop.project();
    shop.checkpointer.checkpoint().expect("sound");
    let empty = FaultyDisk::new();
    let refused = open(&empty, &shop.projection, &options, &shop.clock).err().expect("acknowledged records are gone");
    assert!(refused.to_string().contains("before record 1"), "{refused}");
    assert_eq!(wal::Disk::list(&empty).expect("sound"), Vec::<String>::new(), "nothing was made");
}

/// More events than are put in the caller's thread.
#[test]
fn a_long_log_is_put_by_threads_and_gives_the_same_books() {
    let mut shop = Shop::new(&options(4));
    let skus: Vec<_> = (0..40).map(|n| format!("sku-{n}")).collect();
    for sku in &skus {
        shop.submit(stock(sku, 1_000));
    }
    for n in 0..6_000 {
        let (one, other) = (&skus[n % 40], &skus[n * 7 % 40]);
        shop.submit(reserve(&format!("r{n}"), &[(one, 1), (other, 1)]));
        if n % 3 == 0 {
            shop.submit(if n % 2 == 0 { confirm(&format!("r{n}")) } else { release(&format!("r{n}")) });
        }
        if n % 50 == 0 {
            shop.commit();
        }
        if n == 4_000 {
            shop.project();
            shop.checkpointer.checkpoint().expect("sound");
        }
    }
    shop.commit();
    let (digest, totals) = (shop.engine.digest(), shop.engine.totals());
    for shards in [1, 3, 4] {
        shop = shop.reopen(&options(shards));
        assert_eq!((shop.engine.digest(), shop.engine.totals()), (digest, totals));
    }
    // Carts over several shards expire wherever they are at home.
    shop.clock.pass(60_000);
    shop.sweep();
    assert_eq!(shop.engine.totals().held_units, 0);
}

/// Loses one row of those that it has.
struct Forgetful(Arc<MemoryProjection>);

impl Projection for Forgetful {
    fn apply(&self, records: &[Recorded]) -> Result<(), ProjectionError> {
        self.0.apply(records)
    }

    fn flush(&self) -> Result<Lsn, ProjectionError> {
        self.0.flush()
    }

    fn applied(&self) -> Lsn {
        self.0.applied()
    }

    fn flushed(&self) -> Lsn {
        self.0.flushed()
    }

    fn load(&self, window: Millis, take: &mut dyn FnMut(Event)) -> Result<Loaded, ProjectionError> {
        let mut lost = None;
        self.0.load(window, &mut |event| {
            if let Some(before) = lost.replace(event) {
                take(before);
            }
        })
    }

    fn forget(&self, horizon: Millis) -> Result<bool, ProjectionError> {
        self.0.forget(horizon)
    }
}

#[test]
fn rows_that_are_not_those_that_were_put_are_refused() {
    let mut shop = Shop::new(&options(2));
    shop.tell(stock("a", 5));
    shop.tell(adjust("a", 1, None));
    shop.tell(reserve("r", &[("a", 1)]));
    shop.project();
    shop.checkpointer.checkpoint().expect("sound");
    let projection = Arc::new(Forgetful(Arc::clone(&shop.projection)));
    let (time, metrics) = (Box::new(Clockwork::default()), EngineMetrics::new(&metrics::NoopRecorder));
    let opened = engine::open(shop.disk.clone(), projection, options(2), time, metrics, &Progress::default());
    let refused = opened.err().expect("a reservation is missing");
    assert!(matches!(refused, EngineError::Digest { lsn: Lsn(3), .. }), "{refused}");
}

#[test]
fn checkpoints_are_taken_on_interval_and_on_size() {
    let options = Options { checkpoint_interval: Millis(1_000), checkpoint_bytes: 20_000, ..options(1) };
    let mut shop = Shop::new(&options);
    shop.tell(stock("a", 1_000));
    assert_eq!(shop.checkpointer.step().expect("sound"), None, "neither");
    shop.clock.pass(1_000);
    shop.project();
    assert_eq!(shop.checkpointer.step().expect("sound").map(|checkpoint| checkpoint.lsn), Some(Lsn(1)));
    assert_eq!(shop.checkpointer.step().expect("sound"), None, "it is young");
    for n in 0..100 {
        shop.tell(reserve(&format!("r{n}"), &[("a", 1)]));
    }
    shop.project();
    assert_eq!(shop.checkpointer.step().expect("sound").map(|checkpoint| checkpoint.lsn), Some(Lsn(101)));
}

#[test]
fn progress_counts_rows_and_bytes() {
    let mut shop = Shop::new(&options(1));
    shop.tell(stock("a", 1_000));
    shop.tell(reserve("r", &[("a", 1)]));
    shop.project();
    shop.checkpointer.checkpoint().expect("sound");
    shop.projection.crash();
    let progress = Progress::default();
    let (time, metrics) = (Box::new(Clockwork::default()), EngineMetrics::new(&metrics::NoopRecorder));
    let projection = Arc::clone(&shop.projection);
    engine::open(shop.disk.clone(), projection, options(1), time, metrics, &progress).expect("sound");
    assert_eq!(progress.loaded_rows.load(Ordering::Relaxed), 3, "settings, stock, reservation");
    assert!(progress.total_bytes.load(Ordering::Relaxed) > 0);
}
