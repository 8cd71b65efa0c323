//! Adjustments of a batch that are known by a key: the last one under each, and when the stored one
//! was made.

use super::sheet::Out;
use crate::StoreError;
use crate::keys::{AdjustmentName, Parts};
use crate::rows;
use crate::view::{View, Wanted};
use ledger::{Adjustment, Event, EventKind, Millis, Sku};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

struct Pending<'r> {
    /// When the stored one was made.
    stored: Option<Millis>,
    now: Option<(&'r Adjustment, Millis)>,
}

#[derive(Default)]
pub(super) struct Adjustments<'r> {
    rows: BTreeMap<AdjustmentName, Pending<'r>>,
}

impl<'r> Adjustments<'r> {
    pub(super) fn put(&mut self, view: &View<'_>, made: &'r Adjustment, at: Millis) -> Result<(), StoreError> {
        let Some(key) = &made.key else { return Ok(()) };
        let now = Some((made, at));
        match self.rows.entry(AdjustmentName::new(made, key)) {
            Entry::Occupied(mut row) => row.get_mut().now = now,
            Entry::Vacant(row) => {
                let stored = view.get(view.columns.index, &view.keys.index_adjusted(row.key()))?;
                let stored = stored.map(|time| rows::time(&time)).transpose()?;
                row.insert(Pending { stored, now });
            }
        }
        Ok(())
    }

    /// Forgets all of a SKU.
    pub(super) fn delete_sku(&mut self, view: &View<'_>, sku: &Sku) -> Result<(), StoreError> {
        let of_sku = AdjustmentName::of_sku(sku);
        let named = self.rows.range_mut(of_sku.clone()..).take_while(|(name, _)| name.starts_with(&of_sku));
        named.for_each(|(_, row)| row.now = None);
        let prefix = view.keys.index_adjusted_of(sku);
        let all = view.keys.index_adjusted(&AdjustmentName::none());
        view.scan(view.columns.index, &prefix, Wanted::Few).each(|key, time| {
            if let Entry::Vacant(row) = self.rows.entry(Parts::behind(key, &all).adjustment()) {
                row.insert(Pending { stored: Some(rows::time(time)?), now: None });
            }
            Ok(())
        })
    }

    pub(super) fn finish(self, view: &View<'_>, out: &mut Out) {
        let columns = view.columns;
        for (name, row) in self.rows {
            let found = view.keys.index_adjusted(&name);
            if let Some(at) = row.stored {
                out.batch.delete_cf(columns.keys, view.keys.adjusted(at, &name));
            }
            match row.now {
                Some((made, at)) => {
                    let adjustment = Some(Box::new(made.clone()));
                    let event = Event { adjustment, ..Event::new(EventKind::StockAdjusted, at) };
                    out.batch.put_cf(columns.keys, view.keys.adjusted(at, &name), out.writer.plain(&event));
                    out.batch.put_cf(columns.index, found, at.0.to_be_bytes());
                }
                None => out.batch.delete_cf(columns.index, found),
            }
        }
    }
}
