//! A store that is applied to in any pieces, flushed and killed at any time, comes to what a ledger
//! comes to that puts the same rows.

use crate::day::Day;
use crate::directory::{fresh, open};
use crate::stages::{apply_rest, apply_some, compare, die, loaded};
use engine::{Lsn, Projection};
use ledger::Millis;

#[test]
fn a_random_day_is_the_same_in_the_store() {
    for seed in 0..12 {
        let mut day = Day::new(seed);
        let mut dice = fastrand::Rng::with_seed(seed);
        let mut dir = fresh();
        let mut store = open(dir.path());
        for stage in 1..=6 {
            day.until(stage * 400);
            apply_rest(&store, &day, &mut dice);
            compare(&store, &day);
            if dice.bool() {
                assert_eq!(store.flush(), Ok(store.applied()));
                assert_eq!(store.flushed(), store.applied());
            }
            if dice.bool() {
                (store, dir) = die(store, dir);
                compare(&store, &day);
            }
        }
        assert!(day.records.len() > 2_000);
    }
}

/// Each record is a batch of its own in one store, and all are one in the other.
#[test]
fn batches_make_no_difference() {
    for seed in 100..106 {
        let mut day = Day::new(seed);
        day.until(1_500);
        let (one, other) = (fresh(), fresh());
        let (single, whole) = (open(one.path()), open(other.path()));
        day.records.iter().for_each(|recorded| single.apply(std::slice::from_ref(recorded)).expect("it follows"));
        whole.apply(&day.records).expect("they follow");
        assert_eq!(single.marks(), whole.marks());
        compare(&single, &day);
        compare(&whole, &day);
    }
}

#[test]
fn what_was_not_flushed_is_lost_as_a_whole_and_applied_again() {
    let mut day = Day::new(7);
    day.until(600);
    let mut dice = fastrand::Rng::with_seed(7);
    let dir = fresh();
    let store = open(dir.path());
    while store.applied() < Lsn(300) {
        apply_some(&store, &day, &mut dice);
    }
    let flushed = store.flush().expect("it flushes");
    apply_rest(&store, &day, &mut dice);
    let (store, _dir) = die(store, dir);
    assert_eq!(store.applied(), flushed, "nothing was flushed in between");
    compare(&store, &day);
    apply_rest(&store, &day, &mut dice);
    compare(&store, &day);
}

/// Nobody asks for a flush: memtables that are full are flushed, and with them all others.
#[test]
fn what_is_flushed_by_itself_is_all_of_a_prefix() {
    let mut day = Day::new(11);
    day.until(16_000);
    let mut dice = fastrand::Rng::with_seed(11);
    let mut dir = fresh();
    let mut store = open(dir.path());
    let mut flushed = Lsn(0);
    for _ in 0..3 {
        apply_rest(&store, &day, &mut dice);
        (store, dir) = die(store, dir);
        flushed = flushed.max(store.applied());
        compare(&store, &day);
    }
    assert!(flushed > Lsn(0), "some memtable was full");
}

#[test]
fn a_clean_stop_loses_nothing() {
    let mut day = Day::new(8);
    day.until(500);
    let dir = fresh();
    let store = open(dir.path());
    store.apply(&day.records).expect("they follow");
    drop(store);
    let store = open(dir.path());
    assert_eq!(store.flushed(), Lsn(day.records.len() as u64));
    compare(&store, &day);
}

#[test]
fn records_that_do_not_follow_are_refused_and_change_nothing() {
    let mut day = Day::new(9);
    day.until(50);
    let dir = fresh();
    let store = open(dir.path());
    store.apply(&day.records[..20]).expect("they follow");
    let before = store.marks();
    assert!(store.apply(&day.records[19..]).is_err(), "one again");
    assert!(store.apply(&day.records[21..]).is_err(), "one too far");
    let torn = [day.records[20].clone(), day.records[22].clone()];
    assert!(store.apply(&torn).is_err(), "a gap within");
    assert_eq!(store.marks(), before);
    compare(&store, &day);
}

#[test]
fn a_backup_is_a_store_of_its_own() {
    let mut day = Day::new(10);
    day.until(800);
    let (dir, place) = (fresh(), fresh());
    let copy = place.path().join("copy");
    let store = open(dir.path());
    store.apply(&day.records[..500]).expect("they follow");
    let covered = store.backup(&copy).expect("it is copied");
    assert_eq!(covered, store.marks());
    assert!(store.backup(&copy).is_err(), "it is there already");
    store.apply(&day.records[500..]).expect("they follow");
    let copied = open(&copy);
    assert_eq!(copied.marks(), covered);
    compare(&copied, &day);
    copied.apply(&day.records[500..]).expect("they follow");
    assert_eq!(copied.marks(), store.marks());
}

#[test]
fn an_empty_store_loads_nothing() {
    let dir = fresh();
    let store = open(dir.path());
    let (ledger, marks) = loaded(&store, Millis(1));
    assert_eq!((marks.lsn, marks.digest, ledger.digest()), (Lsn(0), 0, 0));
    assert!(store.check().is_ok());
}
