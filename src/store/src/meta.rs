//! What the store says of itself: its format and owner, what its rows cover, and what it has
//! forgotten.

use crate::columns::{Columns, Db};
use crate::keys::Keys;
use crate::{Options, StoreError};
use engine::{Loaded, Lsn};
use ledger::Millis;
use rocksdb::{ColumnFamily, DBAccess, ReadOptions, SnapshotWithThreadMode, WriteBatch, WriteOptions};

/// The format that this build writes: what stands under which key. Rows have a format of their own.
const FORMAT: u32 = 2;

const FORMAT_ROW: u8 = 1;
const MARKS_ROW: u8 = 2;
const OLDEST_ROW: u8 = 3;

const OPEN: &str = "open the store";
const MARKS: &str = "read what the store covers";

/// What is left of history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Oldest {
    /// The oldest record that is kept, or the next one.
    pub(crate) record: Lsn,
    /// From when on earlier balances are known.
    pub(crate) history: Millis,
}

impl Default for Oldest {
    fn default() -> Self {
        Self { record: Lsn(1), history: Millis(0) }
    }
}

/// Checks whose store it is and whether this build reads it. Says whether it is new.
pub(crate) fn identify(db: &Db, options: &Options) -> Result<bool, StoreError> {
    let mut rows = db.raw_iterator_cf(Columns::of(db).meta);
    rows.seek_to_first();
    rows.status().map_err(StoreError::rocks(OPEN))?;
    let Some((key, value)) = rows.item() else { return Ok(true) };
    let malformed = || StoreError::damaged(OPEN, "it does not begin with its format");
    let (partition, row) = key.split_first_chunk().ok_or_else(malformed)?;
    let found = u32::from_be_bytes(*partition);
    if row != [FORMAT_ROW] {
        return Err(malformed());
    }
    let format = u32::from_be_bytes(value.try_into().map_err(|_| malformed())?);
    if format > FORMAT {
        return Err(StoreError::Newer { found: format, known: FORMAT });
    }
    if format < FORMAT {
        return Err(StoreError::Older { found: format, known: FORMAT });
    }
    if found != options.partition {
        return Err(StoreError::OtherPartition { found, asked: options.partition });
    }
    Ok(false)
}

/// Makes an empty database a store.
pub(crate) fn found(db: &Db, keys: Keys) -> Result<(), StoreError> {
    let columns = Columns::of(db);
    let mut batch = WriteBatch::default();
    batch.put_cf(columns.meta, keys.meta(FORMAT_ROW), FORMAT.to_be_bytes());
    db.write_opt(batch, &unlogged()).map_err(StoreError::rocks(OPEN))
}

/// How everything is written: our log is the log.
pub(crate) fn unlogged() -> WriteOptions {
    let mut options = WriteOptions::default();
    options.disable_wal(true);
    // Most rows of a batch come in the order of their keys.
    options.set_memtable_insert_hint_per_batch(true);
    options
}

pub(crate) fn put_marks(batch: &mut WriteBatch, meta: &ColumnFamily, keys: Keys, marks: &Loaded) {
    let numbers = [marks.lsn.0, marks.time.0, marks.digest].map(u64::to_be_bytes);
    batch.put_cf(meta, keys.meta(MARKS_ROW), numbers.as_flattened());
}

pub(crate) fn put_oldest(batch: &mut WriteBatch, meta: &ColumnFamily, keys: Keys, oldest: Oldest) {
    let numbers = [oldest.record.0, oldest.history.0].map(u64::to_be_bytes);
    batch.put_cf(meta, keys.meta(OLDEST_ROW), numbers.as_flattened());
}

/// What the rows of a snapshot cover.
pub(crate) fn marks<D: DBAccess>(
    snapshot: &SnapshotWithThreadMode<'_, D>,
    meta: &ColumnFamily,
    keys: Keys,
) -> Result<Loaded, StoreError> {
    let Some([lsn, time, digest]) = numbers(snapshot, meta, keys, MARKS_ROW)? else { return Ok(Loaded::default()) };
    Ok(Loaded { lsn: Lsn(lsn), time: Millis(time), digest })
}

/// What a snapshot still has of history.
pub(crate) fn oldest<D: DBAccess>(
    snapshot: &SnapshotWithThreadMode<'_, D>,
    meta: &ColumnFamily,
    keys: Keys,
) -> Result<Oldest, StoreError> {
    let Some([record, history]) = numbers(snapshot, meta, keys, OLDEST_ROW)? else { return Ok(Oldest::default()) };
    Ok(Oldest { record: Lsn(record), history: Millis(history) })
}

fn numbers<const N: usize, D: DBAccess>(
    snapshot: &SnapshotWithThreadMode<'_, D>,
    meta: &ColumnFamily,
    keys: Keys,
    row: u8,
) -> Result<Option<[u64; N]>, StoreError> {
    let key = keys.meta(row);
    let Some(bytes) =
        snapshot.get_pinned_cf_opt(meta, key, ReadOptions::default()).map_err(StoreError::rocks(MARKS))?
    else {
        return Ok(None);
    };
    let (numbers, rest) = bytes.as_chunks::<8>();
    let numbers: Option<&[[u8; 8]; N]> = numbers.try_into().ok().filter(|_| rest.is_empty());
    let numbers = numbers.ok_or_else(|| StoreError::damaged(MARKS, "they are cut short"))?;
    Ok(Some(numbers.map(u64::from_be_bytes)))
}
