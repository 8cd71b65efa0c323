//! Whose directory it is, which format it has, and who may open it.

use crate::day::Day;
use crate::directory::{fresh, open, options};
use engine::Projection;
use std::thread::sleep;
use std::time::{Duration, Instant};
use store::{Options, Store, StoreError};

#[test]
fn a_store_of_another_partition_is_refused() {
    let dir = fresh();
    drop(open(dir.path()));
    let other = Options { partition: 3, ..options() };
    let refused = Store::open(dir.path(), &other).expect_err("it is not ours");
    assert_eq!(refused, StoreError::OtherPartition { found: 0, asked: 3 });
    drop(open(dir.path()));
}

#[test]
fn a_newer_format_is_refused_by_name() {
    let dir = fresh();
    drop(open(dir.path()));
    let db = rocksdb_of(dir.path());
    db.put([0, 0, 0, 0, 1], 3_u32.to_be_bytes()).expect("it writes");
    drop(db);
    let refused = Store::open(dir.path(), &options()).expect_err("it is newer");
    assert_eq!(refused, StoreError::Newer { found: 3, known: 2 });
    let refused = Store::open_read_only(dir.path(), &options()).expect_err("it is newer");
    assert_eq!(refused, StoreError::Newer { found: 3, known: 2 });
}

/// Lists were in another order there: it is said what to do.
#[test]
fn an_older_format_is_refused_by_name_and_left_alone() {
    let dir = fresh();
    drop(open(dir.path()));
    rocksdb_of(dir.path()).put([0, 0, 0, 0, 1], 1_u32.to_be_bytes()).expect("it writes");
    for open in [Store::open, Store::open_read_only] {
        let refused = open(dir.path(), &options()).expect_err("it is older");
        assert_eq!(refused, StoreError::Older { found: 1, known: 2 });
        assert!(refused.to_string().contains("move its directory away"), "{refused}");
    }
    let format = rocksdb_of(dir.path()).get([0, 0, 0, 0, 1]).expect("it is read");
    assert_eq!(format, Some(1_u32.to_be_bytes().to_vec()));
}

/// The same files, without the store.
pub fn rocksdb_of(dir: &std::path::Path) -> rocksdb::DB {
    let database = rocksdb::Options::default();
    let columns = rocksdb::DB::list_cf(&database, dir).expect("it is a database");
    rocksdb::DB::open_cf(&database, dir, columns).expect("it opens")
}

/// Every flush leaves files. Until it is said that there is time for it, nobody makes fewer of them.
#[test]
fn files_are_compacted_only_once_it_is_said() {
    const FLUSHES: usize = 24;
    let dir = fresh();
    let store = open(dir.path());
    let mut day = Day::new(9);
    for stage in 1..=FLUSHES {
        day.until(stage * 40);
        store.apply(&day.records[store.applied().0 as usize..]).expect("records that follow are applied");
        store.flush().expect("it flushes");
    }
    let left = tables_in(dir.path());
    assert!(left >= FLUSHES, "{left} files of {FLUSHES} flushes");
    drop(store);
    let store = open(dir.path());
    assert!(tables_in(dir.path()) >= left, "opening does not compact them");
    store.compact_from_now_on().expect("it begins");
    let patience = Instant::now() + Duration::from_secs(60);
    while tables_in(dir.path()) >= left / 2 && Instant::now() < patience {
        sleep(Duration::from_millis(20));
    }
    assert!(tables_in(dir.path()) < left / 2, "{} files of {left} are left", tables_in(dir.path()));
}

fn tables_in(dir: &std::path::Path) -> usize {
    let entries = std::fs::read_dir(dir).expect("it is a directory");
    entries
        .filter(|entry| entry.as_ref().is_ok_and(|entry| entry.path().extension().is_some_and(|end| end == "sst")))
        .count()
}

#[test]
fn a_second_owner_is_refused() {
    let dir = fresh();
    let _first = open(dir.path());
    assert!(matches!(Store::open(dir.path(), &options()), Err(StoreError::Disk { .. })));
    assert!(Store::destroy(dir.path()).is_err());
}

#[test]
fn reading_only_leaves_no_trace() {
    let mut day = Day::new(90);
    day.until(300);
    let dir = fresh();
    let missing = dir.path().join("missing");
    let refused = Store::open_read_only(&missing, &options()).expect_err("nothing is there");
    assert_eq!(refused, StoreError::Missing(missing.clone()));
    assert!(!missing.exists());
    let store = open(dir.path());
    store.apply(&day.records).expect("they follow");
    let marks = store.marks();
    drop(store);
    let names = || {
        let mut names: Vec<_> = std::fs::read_dir(dir.path())
            .expect("it is there")
            .map(|entry| entry.expect("it is there").file_name())
            .collect();
        names.sort();
        names
    };
    let before = names();
    let reading = Store::open_read_only(dir.path(), &options()).expect("it opens");
    assert_eq!(reading.check().expect("it is sound").marks, marks);
    assert!(reading.apply(&day.records[..0]).is_err());
    assert_eq!(names(), before);
}

#[test]
fn a_destroyed_store_is_made_anew() {
    let mut day = Day::new(91);
    day.until(100);
    let dir = fresh();
    let store = open(dir.path());
    store.apply(&day.records).expect("they follow");
    drop(store);
    Store::destroy(dir.path()).expect("it is deleted");
    Store::destroy(&dir.path().join("never")).expect("nothing there is no error");
    let store = open(dir.path());
    assert_eq!(store.applied(), engine::Lsn(0));
    store.apply(&day.records).expect("they follow");
}

#[test]
fn the_status_tells_of_what_is_there() {
    let mut day = Day::new(92);
    day.until(500);
    let dir = fresh();
    let store = open(dir.path());
    store.apply(&day.records).expect("they follow");
    let before = store.status().expect("it tells");
    store.flush().expect("it flushes");
    let after = store.status().expect("it tells");
    assert!(before.memtable_bytes > 0 && after.disk_bytes > before.disk_bytes, "{before:?} {after:?}");
    assert!(after.rows > 500 && after.stall == store::Stall::None, "{after:?}");
}
