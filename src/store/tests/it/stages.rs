//! A day in stages: applied in batches of random sizes, flushed and killed at random, and compared.

use crate::day::{Day, known};
use crate::directory::{killed, open};
use engine::{Loaded, Lsn, Projection};
use ledger::{Ledger, Millis};
use store::Store;
use tempfile::TempDir;

pub const ALWAYS: Millis = Millis(u64::MAX);

/// Applies all of a day's records that are not applied yet.
pub fn apply_rest(store: &Store, day: &Day, dice: &mut fastrand::Rng) {
    while store.applied().0 < day.records.len() as u64 {
        apply_some(store, day, dice);
    }
}

pub fn apply_some(store: &Store, day: &Day, dice: &mut fastrand::Rng) {
    let from = store.applied().0 as usize;
    let most = if dice.bool() { 4 } else { 300 };
    let to = (from + dice.usize(1..=most)).min(day.records.len());
    store.apply(&day.records[from..to]).expect("records that follow are applied");
}

/// The process dies: what was flushed is there again, and nothing else is lost of the whole.
pub fn die(store: Store, dir: TempDir) -> (Store, TempDir) {
    let (applied, flushed) = (store.applied(), store.flushed());
    let left = killed(dir.path());
    drop(store);
    let store = open(left.path());
    assert!(store.applied() >= flushed && store.applied() <= applied, "{flushed} <= {} <= {applied}", store.applied());
    assert_eq!(store.flushed(), store.applied());
    (store, left)
}

pub fn loaded(store: &Store, window: Millis) -> (Ledger, Loaded) {
    let mut ledger = Ledger::default();
    let marks = store.load(window, &mut |event| ledger.apply(&event)).expect("a sound store loads");
    (ledger, marks)
}

/// Compares everything that a store and a follower of the same records know.
pub fn compare(store: &Store, day: &Day) {
    let lsn = store.applied();
    let followed = day.followed(lsn);
    let times = day.records[..lsn.0 as usize].iter().map(|recorded| recorded.event.at);
    let marks = Loaded { lsn, time: times.max().unwrap_or_default(), digest: followed.digest() };
    assert_eq!(store.marks(), marks);
    let adjusted = day.adjusted();
    let (ledger, found) = loaded(store, ALWAYS);
    assert_eq!(found, marks);
    assert_eq!(known(&ledger, &adjusted), known(&followed, &adjusted));
    let mut followed = followed;
    let window = Millis(60);
    let horizon = Millis(marks.time.0.saturating_sub(window.0));
    while followed.forget_ended(horizon, usize::MAX, Millis(u64::MAX)).is_some() {}
    while followed.forget_adjusted(horizon, usize::MAX) {}
    assert_eq!(known(&loaded(store, window).0, &adjusted), known(&followed, &adjusted));
    assert_eq!(store.check().expect("it is sound").marks, marks);
    assert_eq!(store.applied(), Lsn(marks.lsn.0));
}
