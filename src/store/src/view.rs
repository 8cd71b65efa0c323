//! The store at one instant: everything that is read is read through a view, so that rows of several
//! column families fit together. It must not know what the rows say.

use crate::columns::{Columns, Db};
use crate::keys::{Key, Keys};
use crate::meta::{self, Oldest};
use crate::{Store, StoreError};
use engine::Loaded;
use rocksdb::{
    ColumnFamily, DBPinnableSlice, DBRawIteratorWithThreadMode, PrefixRange, ReadOptions, SnapshotWithThreadMode,
};

const READ: &str = "read from the store";
const READAHEAD_BYTES: usize = 4 << 20;

/// The store at one instant.
pub(crate) struct View<'d> {
    pub(crate) keys: Keys,
    pub(crate) columns: Columns<'d>,
    snapshot: SnapshotWithThreadMode<'d, Db>,
}

/// How much of what is scanned will be wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// A few rows.
    Few,
    /// All of them, once.
    All,
}

impl Store {
    pub(crate) fn view(&self) -> View<'_> {
        View { keys: self.keys, columns: Columns::of(&self.db), snapshot: self.db.snapshot() }
    }
}

impl<'d> View<'d> {
    pub(crate) fn get(&self, column: &'d ColumnFamily, key: &Key) -> Result<Option<DBPinnableSlice<'_>>, StoreError> {
        self.snapshot.get_pinned_cf_opt(column, key, ReadOptions::default()).map_err(StoreError::rocks(READ))
    }

    /// Over all keys that begin with `prefix`, from the first one on.
    pub(crate) fn scan(&self, column: &'d ColumnFamily, prefix: &Key, wanted: Wanted) -> Scan<'_> {
        let mut scan = self.unplaced(column, prefix, wanted);
        scan.rows.seek_to_first();
        scan
    }

    /// Over all keys that begin with `prefix`, from `from` on.
    pub(crate) fn scan_from(&self, column: &'d ColumnFamily, prefix: &Key, from: &Key, wanted: Wanted) -> Scan<'_> {
        let mut scan = self.unplaced(column, prefix, wanted);
        scan.rows.seek(from);
        scan
    }

    fn unplaced(&self, column: &'d ColumnFamily, prefix: &Key, wanted: Wanted) -> Scan<'_> {
        let mut options = ReadOptions::default();
        options.set_iterate_range(PrefixRange(prefix.as_ref()));
        if wanted == Wanted::All {
            options.set_readahead_size(READAHEAD_BYTES);
            options.fill_cache(false);
        }
        Scan { rows: self.snapshot.raw_iterator_cf_opt(column, options) }
    }

    pub(crate) fn marks(&self) -> Result<Loaded, StoreError> {
        meta::marks(&self.snapshot, self.columns.meta, self.keys)
    }

    pub(crate) fn oldest(&self) -> Result<Oldest, StoreError> {
        meta::oldest(&self.snapshot, self.columns.meta, self.keys)
    }
}

/// A key and what is stored under it.
pub(crate) type Stored<'s> = (&'s [u8], &'s [u8]);

/// A place among rows.
pub(crate) struct Scan<'v> {
    rows: DBRawIteratorWithThreadMode<'v, Db>,
}

impl Scan<'_> {
    /// The row here; none behind the last one.
    pub(crate) fn row(&self) -> Result<Option<Stored<'_>>, StoreError> {
        let row = self.rows.item();
        if row.is_none() {
            self.rows.status().map_err(StoreError::rocks(READ))?;
        }
        Ok(row)
    }

    /// To the next row. There must be one here.
    pub(crate) fn advance(&mut self) {
        self.rows.next();
    }

    /// To the row before. There must be one here.
    pub(crate) fn retreat(&mut self) {
        self.rows.prev();
    }

    /// To the first row that is not before `key`.
    pub(crate) fn seek(&mut self, key: &Key) {
        self.rows.seek(key);
    }

    /// To the last row that is not behind `key`.
    pub(crate) fn seek_back(&mut self, key: &Key) {
        self.rows.seek_for_prev(key);
    }

    /// Hands out every row from here on.
    pub(crate) fn each(
        mut self,
        mut take: impl FnMut(&[u8], &[u8]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        while let Some((key, value)) = self.row()? {
            take(key, value)?;
            self.advance();
        }
        Ok(())
    }
}
