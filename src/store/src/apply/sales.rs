//! Sales of a batch: settings, phase and end, which are three rows and one thing to the digest.

use super::sheet::Out;
use crate::StoreError;
use crate::keys::sale_row;
use crate::rows;
use crate::view::View;
use ledger::{Event, Sale, SaleChange, SaleId};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

struct Pending<'r> {
    /// The hash of what is stored, if anything is.
    before: Option<u64>,
    /// Without its counters.
    now: Option<Sale>,
    /// What wrote it last, if the batch does.
    by: Option<&'r Event>,
}

#[derive(Default)]
pub(super) struct Sales<'r> {
    sales: HashMap<&'r SaleId, Pending<'r>>,
}

impl<'r> Sales<'r> {
    /// The sale as it is now, if there is one.
    pub(super) fn of(&mut self, view: &View<'_>, sale: &'r SaleId) -> Result<Option<&Sale>, StoreError> {
        Ok(self.pending(view, sale)?.now.as_ref())
    }

    /// Puts a change. Only settings make a sale; what else is said of an unknown one says nothing.
    pub(super) fn put(
        &mut self,
        view: &View<'_>,
        by: &'r Event,
        change: &'r SaleChange,
    ) -> Result<Option<&Sale>, StoreError> {
        let row = self.pending(view, change.sale())?;
        if matches!(change, SaleChange::Set { .. }) {
            row.now.get_or_insert_with(|| Sale::new(change.sale().clone()));
        }
        if let Some(sale) = &mut row.now {
            sale.put(change);
            row.by = Some(by);
        }
        Ok(row.now.as_ref())
    }

    fn pending(&mut self, view: &View<'_>, sale: &'r SaleId) -> Result<&mut Pending<'r>, StoreError> {
        Ok(match self.sales.entry(sale) {
            Entry::Occupied(row) => row.into_mut(),
            Entry::Vacant(row) => row.insert(stored(view, sale)?),
        })
    }

    pub(super) fn finish(self, view: &View<'_>, out: &mut Out) {
        let column = view.columns.sales;
        for (id, row) in self.sales {
            let (Some(by), Some(sale)) = (row.by, row.now) else { continue };
            let hash = out.digester.sale(&sale);
            out.count(row.before, hash);
            let (set, told, retired) = rows::of_sale_parts(by.at, &sale);
            let key = |part| view.keys.sale(id, part);
            out.batch.put_cf(column, key(sale_row::SET), out.writer.hashed(hash, &set));
            out.batch.put_cf(column, key(sale_row::TOLD), out.writer.hashed(0, &told));
            match retired {
                Some(retired) => out.batch.put_cf(column, key(sale_row::RETIRED), out.writer.hashed(0, &retired)),
                None => out.batch.delete_cf(column, key(sale_row::RETIRED)),
            }
        }
    }
}

fn stored<'r>(view: &View<'_>, id: &SaleId) -> Result<Pending<'r>, StoreError> {
    let mut before = None;
    let mut sale = Sale::new(id.clone());
    for part in [sale_row::SET, sale_row::TOLD, sale_row::RETIRED] {
        let Some(stored) = view.get(view.columns.sales, &view.keys.sale(id, part))? else { continue };
        let (hash, row) = rows::hashed(&stored)?;
        let change = row.sale.ok_or_else(|| StoreError::damaged("read a row", "a sale's row holds none"))?;
        sale.put(&change);
        before = before.or(Some(hash));
    }
    Ok(Pending { before, now: before.map(|_| sale), by: None })
}
