//! Settings of the SKUs of a batch, read where a count asks for them.

use super::sheet::Out;
use crate::StoreError;
use crate::keys::sku_row;
use crate::rows;
use crate::view::View;
use ledger::{Event, Sku, SkuChange, SkuSettings};
use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

struct Pending<'r> {
    /// The hash of what is stored, if anything is.
    before: Option<u64>,
    now: Option<Cow<'r, SkuSettings>>,
    /// What wrote it last, if the batch does.
    by: Option<&'r Event>,
}

#[derive(Default)]
pub(super) struct Settings<'r> {
    skus: HashMap<&'r Sku, Pending<'r>>,
}

impl<'r> Settings<'r> {
    /// The settings in force, if there are any.
    pub(super) fn of(&mut self, view: &View<'_>, sku: &'r Sku) -> Result<Option<&SkuSettings>, StoreError> {
        Ok(self.pending(view, sku)?.now.as_deref())
    }

    pub(super) fn put(
        &mut self,
        view: &View<'_>,
        by: &'r Event,
        sku: &'r Sku,
        now: Option<&'r SkuSettings>,
    ) -> Result<(), StoreError> {
        let row = self.pending(view, sku)?;
        row.now = now.map(Cow::Borrowed);
        row.by = Some(by);
        Ok(())
    }

    fn pending(&mut self, view: &View<'_>, sku: &'r Sku) -> Result<&mut Pending<'r>, StoreError> {
        Ok(match self.skus.entry(sku) {
            Entry::Occupied(row) => row.into_mut(),
            Entry::Vacant(row) => row.insert(stored(view, sku)?),
        })
    }

    pub(super) fn finish(self, view: &View<'_>, out: &mut Out) {
        let column = view.columns.skus;
        for (sku, row) in self.skus {
            let Some(by) = row.by else { continue };
            let key = view.keys.sku(sku, sku_row::SETTINGS);
            if let Some(settings) = &row.now {
                let hash = out.digester.settings(sku, settings);
                out.count(row.before, hash);
                out.batch.put_cf(column, key, out.writer.hashed(hash, &rows::of_settings(by.at, sku, settings)));
            } else {
                out.count(row.before, 0);
                out.batch.delete_cf(column, key);
            }
        }
    }
}

fn stored<'r>(view: &View<'_>, sku: &Sku) -> Result<Pending<'r>, StoreError> {
    let stored = view.get(view.columns.skus, &view.keys.sku(sku, sku_row::SETTINGS))?;
    let Some(stored) = stored else { return Ok(Pending { before: None, now: None, by: None }) };
    let (hash, row) = rows::hashed(&stored)?;
    match row.sku.map(|change| change.1) {
        Some(SkuChange::Set(settings)) => Ok(Pending { before: Some(hash), now: Some(Cow::Owned(settings)), by: None }),
        _ => Err(StoreError::damaged("read a row", "a SKU's settings hold none")),
    }
}
