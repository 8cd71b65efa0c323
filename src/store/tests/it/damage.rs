//! Bytes that are not what was written: found by the check and by reads, and never told as if they
//! were right.

use crate::day::Day;
use crate::directory::{fresh, killed, open, options};
use crate::opening::rocksdb_of;
use engine::Projection;
use ledger::{Ledger, Millis};
use std::fs;
use std::path::{Path, PathBuf};
use store::{Store, StoreError};

fn tables(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).expect("it is there").map(|entry| entry.expect("it is there").path());
    let mut tables: Vec<_> = entries.filter(|path| path.extension().is_some_and(|kind| kind == "sst")).collect();
    tables.sort();
    tables
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).expect("it is read");
    bytes[at] ^= 0x10;
    fs::write(path, bytes).expect("it is written");
}

#[test]
fn a_flipped_byte_is_found_or_harmless_and_never_told() {
    let mut day = Day::new(95);
    day.until(600);
    let dir = fresh();
    let store = open(dir.path());
    store.apply(&day.records).expect("they follow");
    store.flush().expect("it flushes");
    let marks = store.marks();
    let mut dice = fastrand::Rng::with_seed(95);
    let mut found = 0;
    for _ in 0..60 {
        let copy = killed(dir.path());
        let tables = tables(copy.path());
        let table = &tables[dice.usize(..tables.len())];
        let bytes = fs::metadata(table).expect("it is there").len() as usize;
        flip(table, dice.usize(..bytes));
        match Store::open_read_only(copy.path(), &options())
            .and_then(|store| store.check().map(|checked| (store, checked)))
        {
            Err(StoreError::Damaged { .. }) => found += 1,
            Err(other) => panic!("{other:?}"),
            Ok((store, checked)) => {
                // It lies where nothing is read: properties, or a filter.
                assert_eq!(checked.marks, marks);
                assert_eq!(loads(&store).map(|ledger| ledger.digest()), Ok(marks.digest));
            }
        }
    }
    assert!(found > 20, "{found} of 60");
}

fn loads(store: &Store) -> Result<Ledger, engine::ProjectionError> {
    let mut ledger = Ledger::default();
    store.load(Millis(u64::MAX), &mut |event| ledger.apply(&event))?;
    Ok(ledger)
}

#[test]
fn a_read_meets_damage_as_an_error() {
    let mut day = Day::new(96);
    day.until(600);
    let dir = fresh();
    let store = open(dir.path());
    store.apply(&day.records).expect("they follow");
    store.flush().expect("it flushes");
    let followed = day.followed(store.applied());
    let mut met = 0;
    for table in tables(dir.path()).iter().map(|table| table.file_name().expect("a file has a name")) {
        let copy = killed(dir.path());
        // The first block of rows.
        flip(&copy.path().join(table), 20);
        let Ok(store) = Store::open_read_only(copy.path(), &options()) else {
            met += 1;
            continue;
        };
        for row in followed.reservations() {
            match store.reservation(&row.id) {
                Ok(found) => assert_eq!(found, Some(row)),
                Err(error) => {
                    assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
                    met += 1;
                }
            }
        }
    }
    assert!(met > 0);
}

/// A row that is lost as a whole breaks no checksum.
#[test]
fn a_lost_row_is_found_by_the_digest() {
    let mut day = Day::new(97);
    day.until(600);
    let dir = fresh();
    let store = open(dir.path());
    store.apply(&day.records).expect("they follow");
    drop(store);
    let db = rocksdb_of(dir.path());
    let column = db.cf_handle("live").expect("it has live reservations");
    let first = db.iterator_cf(&column, rocksdb::IteratorMode::Start).next().expect("one is live").expect("it is read");
    db.delete_cf(&column, first.0).expect("it is deleted");
    drop(column);
    drop(db);
    let store = open(dir.path());
    assert!(matches!(store.check(), Err(StoreError::Damaged { .. })));
    assert!(loads(&store).is_err());
}

/// Nor does one that no digest covers: an end that is lost would let a retry take stock again.
#[test]
fn a_lost_row_of_what_has_ended_or_of_the_index_is_found_by_the_check() {
    let mut day = Day::new(98);
    day.until(600);
    for column in ["ended", "keys", "index"] {
        let dir = fresh();
        let store = open(dir.path());
        store.apply(&day.records).expect("they follow");
        store.check().expect("it is sound");
        drop(store);
        let db = rocksdb_of(dir.path());
        let family = db.cf_handle(column).expect("every store has it");
        let rows = db.iterator_cf(&family, rocksdb::IteratorMode::Start);
        let row = rows.last().expect("it has rows").expect("it is read");
        db.delete_cf(&family, row.0).expect("it is deleted");
        drop(family);
        drop(db);
        let found = open(dir.path()).check();
        assert!(
            matches!(&found, Err(StoreError::Damaged { reason, .. }) if reason.contains("its index")),
            "{column}: {found:?}"
        );
    }
}
