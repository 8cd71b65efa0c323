//! SKUs: their stock rows, settings, and what channels and customers took under their limits.

use super::Ledger;
use crate::{Channel, Customer, Sku, SkuSettings, SkuStock, StockRow, Taken};
use smallvec::smallvec;

impl Ledger {
    /// Puts one bucket's record, creating SKU and location as needed.
    pub fn put_stock(&mut self, sku: &Sku, row: &StockRow) {
        self.totals.count_in(row);
        let Some(stock) = self.skus.get_mut(sku) else {
            let stock = SkuStock { locations: smallvec![row.clone()], ..SkuStock::empty(sku.clone()) };
            self.insert_sku(stock);
            return;
        };
        match stock.locations.binary_search_by(|known| known.location.cmp(&row.location)) {
            Ok(at) => {
                self.totals.count_out(&stock.locations[at]);
                stock.locations[at].clone_from(row);
            }
            Err(at) => stock.locations.insert(at, row.clone()),
        }
    }

    /// Puts a SKU's settings, creating it as needed. Counts that no limit asks for are forgotten.
    pub fn put_sku(&mut self, sku: &Sku, settings: &SkuSettings) {
        if !self.skus.contains_key(sku) {
            self.insert_sku(SkuStock::empty(sku.clone()));
        }
        let Some(stock) = self.skus.get_mut(sku) else { return };
        let was_set = stock.settings().is_some_and(|known| known.max_per_customer.is_some());
        stock.put_settings(settings);
        if was_set && settings.max_per_customer.is_none() {
            self.sku_customers.uncount(sku);
        }
    }

    /// Forgets a SKU with all its rows.
    pub fn delete_sku(&mut self, sku: &Sku) {
        self.sku_customers.forget(sku);
        self.forget_adjustments_of(sku);
        let Some(stock) = self.skus.remove(sku) else { return };
        self.totals.skus -= 1;
        for row in &stock.locations {
            self.totals.count_out(row);
        }
    }

    pub(super) fn put_sku_channel(&mut self, sku: &Sku, channel: &Channel, taken: Taken) {
        if let Some(stock) = self.skus.get_mut(sku) {
            stock.put_channel(channel, taken);
        }
    }

    pub(super) fn put_sku_customer(&mut self, sku: &Sku, customer: &Customer, taken: Taken) {
        let settings = self.skus.get(sku).and_then(SkuStock::settings);
        let limit_is_set = settings.is_some_and(|settings| settings.max_per_customer.is_some());
        self.sku_customers.put(sku, customer, taken, limit_is_set);
    }

    fn insert_sku(&mut self, stock: SkuStock) {
        self.totals.skus += 1;
        self.skus.insert(stock.sku.clone(), stock);
    }
}
