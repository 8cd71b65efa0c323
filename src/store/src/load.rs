//! Hands out the rows from which a ledger is made again: sales and SKUs with what is counted of them,
//! what is live, and what is still known of the last window.

use crate::keys::Key;
use crate::rows;
use crate::view::{View, Wanted};
use crate::{Store, StoreError};
use engine::Loaded;
use ledger::{Event, Millis};
use rocksdb::ColumnFamily;

impl Store {
    pub(crate) fn load_all(&self, window: Millis, take: &mut dyn FnMut(Event)) -> Result<Loaded, StoreError> {
        let view = self.view();
        let (columns, marks, all) = (view.columns, view.marks()?, view.keys.all());
        let mut digest = 0_u64;
        let mut counted = |row: &[u8]| {
            let (hash, event) = rows::hashed(row)?;
            digest = digest.wrapping_add(hash);
            take(event);
            Ok(())
        };
        for column in [columns.sales, columns.skus] {
            view.scan(column, &all, Wanted::All).each(|_, row| counted(row))?;
        }
        view.scan(columns.live, &all, Wanted::All).each(|_, row| counted(rows::made(row)?.1))?;
        if digest != marks.digest {
            return Err(StoreError::damaged("load the store", "its rows do not add up to its digest"));
        }
        let from = Millis(marks.time.0.saturating_sub(window.0));
        known_since(&view, columns.ended, &view.keys.ended_from(from), |row| {
            take(rows::plain(rows::made(row)?.1)?);
            Ok(())
        })?;
        known_since(&view, columns.keys, &view.keys.adjusted_from(from), |row| {
            take(rows::plain(row)?);
            Ok(())
        })?;
        Ok(marks)
    }
}

fn known_since<'v>(
    view: &'v View<'v>,
    column: &'v ColumnFamily,
    from: &Key,
    mut take: impl FnMut(&[u8]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    view.scan_from(column, &view.keys.all(), from, Wanted::All).each(|_, row| take(row))
}
