//! What keeps the projection up: that history is forgotten to its end, that one part of it fails by itself, and that
//! nothing new is held once the log is seen to be damaged.

use crate::asks::{confirm, get, release, reserve, stock};
use crate::clockwork::Clockwork;
use crate::shop::{Shop, options};
use engine::{EngineMetrics, Loaded, Lsn, Parts, Progress, Projection, ProjectionError, Recorded, Upkeep};
use ledger::{Event, Millis};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use wal::faulty::FaultyDisk;

/// Has so many pieces of history to forget, and may fail at it.
#[derive(Default)]
struct Historian {
    rows: engine::MemoryProjection,
    pieces: AtomicU32,
    fails: bool,
}

impl Projection for Historian {
    fn apply(&self, records: &[Recorded]) -> Result<(), ProjectionError> {
        self.rows.apply(records)
    }

    fn flush(&self) -> Result<Lsn, ProjectionError> {
        self.rows.flush()
    }

    fn applied(&self) -> Lsn {
        self.rows.applied()
    }

    fn flushed(&self) -> Lsn {
        self.rows.flushed()
    }

    fn load(&self, window: Millis, take: &mut dyn FnMut(Event)) -> Result<Loaded, ProjectionError> {
        self.rows.load(window, take)
    }

    fn forget(&self, _horizon: Millis) -> Result<bool, ProjectionError> {
        if self.fails {
            return Err(ProjectionError { attempted: "forget", reason: "a bad row".to_owned(), is_damage: true });
        }
        Ok(self.pieces.fetch_sub(1, Ordering::Relaxed) > 1)
    }
}

fn kept_up(historian: &Arc<Historian>) -> Parts<FaultyDisk> {
    let (time, metrics) = (Box::new(Clockwork::default()), EngineMetrics::new(&metrics::NoopRecorder));
    let projection = Arc::clone(historian) as Arc<dyn Projection>;
    engine::open(FaultyDisk::new(), projection, options(1), time, metrics, &Progress::default()).expect("sound")
}

#[test]
fn a_checkpoint_is_followed_by_forgetting_until_nothing_is_left() {
    let historian = Arc::new(Historian { pieces: AtomicU32::new(1_000), ..Historian::default() });
    let mut parts = kept_up(&historian);
    assert!(!parts.checkpointer.forget().expect("sound"), "not before a checkpoint");
    parts.checkpointer.checkpoint().expect("sound");
    assert_eq!(historian.pieces.load(Ordering::Relaxed), 1_000, "which does not wait for it");
    let mut steps = 1;
    while parts.checkpointer.forget().expect("sound") {
        steps += 1;
    }
    assert_eq!(steps, 1_000);
    assert!(!parts.checkpointer.forget().expect("sound"), "nothing is left until the next checkpoint");
    assert_eq!(historian.pieces.load(Ordering::Relaxed), 0);
}

#[test]
fn checkpoints_go_on_where_nothing_can_be_forgotten() {
    let mut parts = kept_up(&Arc::new(Historian { fails: true, ..Historian::default() }));
    for _ in 0..2 {
        parts.checkpointer.checkpoint().expect("it forgets nothing");
        let refused = parts.checkpointer.forget().expect_err("it cannot");
        assert_eq!(refused.to_string(), "could not forget: a bad row");
        let told = [(Upkeep::Forgetting, refused.to_string())];
        assert_eq!(parts.engine.upkeep_failures(), told, "and it says so, until it can again");
    }
}

#[test]
fn once_the_log_is_seen_to_be_damaged_nothing_new_is_held_and_what_is_known_is_read() {
    let mut shop = Shop::new(&options(2));
    shop.tell(stock("a", 5));
    shop.tell(reserve("r", &[("a", 1)]));
    shop.tell(reserve("s", &[("a", 1)]));
    let name = wal::Disk::list(&shop.disk).expect("sound").swap_remove(0);
    // Within the first frame with records.
    shop.disk.flip(&name, 512 + 100, 3);
    let seen = shop.projector.step().expect_err("the log is damaged");
    assert!(seen.is_damage && seen.reason.contains("is damaged at byte 512"), "{seen}");
    assert!(shop.engine.damage().is_some_and(|what| what.contains("is damaged at byte 512")));
    assert_eq!(shop.tell(reserve("t", &[("a", 1)])), "log_damaged");
    assert_eq!(shop.tell(stock("a", 9)), "log_damaged");
    assert_eq!(shop.tell(get("r")), "held");
    assert_eq!((shop.tell(confirm("r")), shop.tell(release("s"))), ("confirmed".to_owned(), "released".to_owned()));
    assert_eq!(shop.engine.failure(), None);
}
