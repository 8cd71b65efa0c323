//! Stock and limit rows of a batch, by key: what each was, and what it is now. It must not know what
//! settings say.

use super::sheet::Out;
use crate::StoreError;
use crate::keys::Key;
use crate::rows;
use crate::view::{View, Wanted};
use ledger::{Event, LimitAfter, LimitKey, StockAfter};
use rocksdb::ColumnFamily;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Bound;

/// A bucket's value.
pub(super) enum Bucket<'r> {
    Stock(&'r StockAfter),
    Limit(LimitAfter),
}

/// A row that the batch touches.
struct Pending<'r> {
    /// The hash of what is stored, if anything is.
    before: Option<u64>,
    now: Option<Bucket<'r>>,
    /// What touched it last.
    by: &'r Event,
}

/// The touched rows of one column family.
#[derive(Default)]
pub(super) struct Buckets<'r> {
    rows: BTreeMap<Key, Pending<'r>>,
}

impl<'r> Buckets<'r> {
    pub(super) fn put<'v>(
        &mut self,
        view: &'v View<'v>,
        column: &'v ColumnFamily,
        key: Key,
        by: &'r Event,
        now: Option<Bucket<'r>>,
    ) -> Result<(), StoreError> {
        match self.rows.entry(key) {
            Entry::Occupied(mut row) => {
                let row = row.get_mut();
                row.now = now;
                row.by = by;
            }
            Entry::Vacant(row) => {
                let before = view.get(column, row.key())?.map(|stored| rows::hash(&stored)).transpose()?;
                row.insert(Pending { before, now, by });
            }
        }
        Ok(())
    }

    /// Keeps of the counts under a prefix what their limits ask for.
    pub(super) fn keep<'v>(
        &mut self,
        view: &'v View<'v>,
        column: &'v ColumnFamily,
        prefix: &Key,
        by: &'r Event,
        limit_is_set: impl Fn(&LimitKey) -> bool,
    ) -> Result<(), StoreError> {
        let kept = |after: &LimitAfter| after.taken.kept(limit_is_set(&after.key));
        for row in self.under(prefix) {
            if let Some(Bucket::Limit(after)) = &mut row.now {
                match kept(after) {
                    Some(taken) => after.taken = taken,
                    None => row.now = None,
                }
            }
        }
        view.scan(column, prefix, Wanted::Few).each(|key, stored| {
            let key = Key::from(key);
            if self.rows.contains_key(&key) {
                return Ok(());
            }
            let (hash, row) = rows::hashed(stored)?;
            let after = row.limits.into_iter().next();
            let after = after.ok_or_else(|| StoreError::damaged("read a row", "a count's row holds none"))?;
            let taken = kept(&after);
            if taken != Some(after.taken) {
                let now = taken.map(|taken| Bucket::Limit(LimitAfter { taken, ..after }));
                self.rows.insert(key, Pending { before: Some(hash), now, by });
            }
            Ok(())
        })
    }

    /// Deletes all rows under a prefix. Says which there were.
    pub(super) fn delete<'v>(
        &mut self,
        view: &'v View<'v>,
        column: &'v ColumnFamily,
        prefix: &Key,
        by: &'r Event,
    ) -> Result<Vec<Key>, StoreError> {
        let mut deleted = Vec::new();
        view.scan(column, prefix, Wanted::Few).each(|key, stored| {
            if let Entry::Vacant(row) = self.rows.entry(Key::from(key)) {
                deleted.push(row.key().clone());
                row.insert(Pending { before: Some(rows::hash(stored)?), now: None, by });
            }
            Ok(())
        })?;
        for (key, row) in self.range(prefix) {
            if row.now.take().is_some() {
                deleted.push(key.clone());
            }
        }
        Ok(deleted)
    }

    fn range(&mut self, prefix: &Key) -> impl Iterator<Item = (&Key, &mut Pending<'r>)> {
        let from = (Bound::Included(prefix), Bound::Unbounded);
        self.rows.range_mut::<Key, _>(from).take_while(|(key, _)| key.as_ref().starts_with(prefix.as_ref()))
    }

    fn under(&mut self, prefix: &Key) -> impl Iterator<Item = &mut Pending<'r>> {
        self.range(prefix).map(|(_, row)| row)
    }

    pub(super) fn finish(self, column: &ColumnFamily, out: &mut Out) {
        for (key, row) in self.rows {
            let (hash, event) = match &row.now {
                Some(Bucket::Stock(after)) => {
                    (out.digester.stock(&after.sku, &after.row), rows::of_stock(row.by.kind, row.by.at, after))
                }
                Some(Bucket::Limit(after)) => (out.digester.limit(after), rows::of_limit(row.by.at, after)),
                None => {
                    out.count(row.before, 0);
                    if row.before.is_some() {
                        out.batch.delete_cf(column, key);
                    }
                    continue;
                }
            };
            out.count(row.before, hash);
            out.batch.put_cf(column, key, out.writer.hashed(hash, &event));
        }
    }
}
