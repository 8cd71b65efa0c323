//! The store as an object: opened, applied to, asked for its marks.

use crate::columns::{self, Columns, Db};
use crate::keys::Keys;
use crate::{Options, StoreError, meta};
use engine::{Loaded, Lsn, Projection, ProjectionError, Recorded};
use ledger::{Event, Millis};
use rocksdb::{FlushOptions, WriteBatch};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

const OPEN: &str = "open the store";

/// The materialised ledger and its history in one directory.
#[derive(Debug)]
pub struct Store {
    pub(crate) db: Db,
    pub(crate) keys: Keys,
    pub(crate) idempotency_window: Millis,
    /// Whoever applies or forgets has it.
    writing: Mutex<Writing>,
    applied: AtomicU64,
    flushed: AtomicU64,
    oldest: AtomicU64,
}

/// What is known to whoever writes.
#[derive(Debug)]
pub(crate) struct Writing {
    /// What the rows cover.
    pub(crate) marks: Loaded,
    /// Nothing is left that ended or was adjusted before: where forgetting goes on.
    pub(crate) forgotten: Millis,
}

impl Store {
    /// Opens the store in `dir`, or makes an empty one there. A second one in the same directory is
    /// refused by `RocksDB`'s own lock.
    pub fn open(dir: &Path, options: &Options) -> Result<Self, StoreError> {
        let database = columns::database(options).map_err(StoreError::rocks(OPEN))?;
        let db = Db::open_cf_descriptors(&database, dir, columns::descriptors(options));
        let db = db.map_err(StoreError::rocks(OPEN))?;
        let is_new = meta::identify(&db, options)?;
        if is_new {
            meta::found(&db, Keys { partition: options.partition })?;
        }
        let store = Self::new(db, options)?;
        if is_new {
            // Whoever only reads must find a store, whenever the process ends.
            store.flush_all()?;
        }
        Ok(store)
    }

    /// Opens the store in `dir` as it is, to be read only: nothing is written, not even a lock or a log.
    pub fn open_read_only(dir: &Path, options: &Options) -> Result<Self, StoreError> {
        if !dir.join("CURRENT").exists() {
            return Err(StoreError::Missing(dir.into()));
        }
        let database = columns::read_only().map_err(StoreError::rocks(OPEN))?;
        let db = Db::open_cf_descriptors_read_only(&database, dir, columns::descriptors(options), false);
        let db = db.map_err(StoreError::rocks(OPEN))?;
        if meta::identify(&db, options)? {
            return Err(StoreError::Missing(dir.into()));
        }
        Self::new(db, options)
    }

    fn new(db: Db, options: &Options) -> Result<Self, StoreError> {
        let store = Self {
            db,
            keys: Keys { partition: options.partition },
            idempotency_window: options.idempotency_window,
            writing: Mutex::new(Writing { marks: Loaded::default(), forgotten: Millis(0) }),
            applied: AtomicU64::new(0),
            flushed: AtomicU64::new(0),
            oldest: AtomicU64::new(0),
        };
        let marks = store.view().marks()?;
        store.oldest.store(store.view().oldest()?.record.0, Ordering::Release);
        store.writing().marks = marks;
        store.applied.store(marks.lsn.0, Ordering::Release);
        store.flushed.store(marks.lsn.0, Ordering::Release);
        Ok(store)
    }

    /// Deletes the store in `dir`, which nobody has open. Nothing there is no error.
    pub fn destroy(dir: &Path) -> Result<(), StoreError> {
        const DESTROY: &str = "delete the store";
        if !dir.exists() {
            return Ok(());
        }
        Db::destroy(&rocksdb::Options::default(), dir).map_err(StoreError::rocks(DESTROY))
    }

    /// From now on files are compacted as they need it. Until then they are not, so that opening and loading have the
    /// machine to themselves.
    pub fn compact_from_now_on(&self) -> Result<(), StoreError> {
        let columns = Columns::of(&self.db).each();
        let switch_on = |column| self.db.set_options_cf(column, &[("disable_auto_compactions", "false")]);
        columns.into_iter().try_for_each(switch_on).map_err(StoreError::rocks("begin to compact the store"))
    }

    /// What the rows cover at the moment.
    pub fn marks(&self) -> Loaded {
        self.writing().marks
    }

    /// The oldest record that is kept, or where there is none, the next one.
    pub fn oldest_record(&self) -> Lsn {
        Lsn(self.oldest.load(Ordering::Acquire))
    }

    pub(crate) fn writing(&self) -> MutexGuard<'_, Writing> {
        // What is kept there changes only once the database has taken it, in one assignment.
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn note_applied(&self, lsn: Lsn) {
        self.applied.store(lsn.0, Ordering::Release);
    }

    pub(crate) fn note_oldest(&self, lsn: Lsn) {
        self.oldest.store(lsn.0, Ordering::Release);
    }

    /// Writes the marks once more, which is refused while `RocksDB` recovers from a full disk. A flush in that time would
    /// end its recovery for good.
    fn probe(&self) -> Result<Lsn, StoreError> {
        let writing = self.writing();
        let mut batch = WriteBatch::default();
        meta::put_marks(&mut batch, Columns::of(&self.db).meta, self.keys, &writing.marks);
        self.db.write_opt(batch, &meta::unlogged()).map_err(StoreError::rocks("flush the store"))?;
        Ok(writing.marks.lsn)
    }

    pub(crate) fn flush_all(&self) -> Result<Lsn, StoreError> {
        let applied = self.probe()?;
        let mut wait = FlushOptions::default();
        wait.set_wait(true);
        let columns = Columns::of(&self.db).each();
        self.db.flush_cfs_opt(&columns.each_ref(), &wait).map_err(StoreError::rocks("flush the store"))?;
        let before = self.flushed.fetch_max(applied.0, Ordering::AcqRel);
        Ok(Lsn(before.max(applied.0)))
    }
}

impl Projection for Store {
    fn apply(&self, records: &[Recorded]) -> Result<(), ProjectionError> {
        Ok(self.apply_all(records)?)
    }

    fn flush(&self) -> Result<Lsn, ProjectionError> {
        Ok(self.flush_all()?)
    }

    fn applied(&self) -> Lsn {
        Lsn(self.applied.load(Ordering::Acquire))
    }

    fn flushed(&self) -> Lsn {
        Lsn(self.flushed.load(Ordering::Acquire))
    }

    fn load(&self, window: Millis, take: &mut dyn FnMut(Event)) -> Result<Loaded, ProjectionError> {
        Ok(self.load_all(window, take)?)
    }

    fn forget(&self, horizon: Millis) -> Result<bool, ProjectionError> {
        Ok(self.forget_some(horizon)?)
    }
}
