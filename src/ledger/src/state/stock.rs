//! SKUs: their stock rows, settings, and what channels and customers took under their limits.

use super::Ledger;
use crate::{Channel, Customer, Sku, SkuSettings, SkuStock, StockRow, Taken};
use smallvec::smallvec;

impl Ledger {
    /// Puts one bucket's record, creating SKU and location as needed.
    pub fn put_stock(&mut self, sku: &Sku, row: &StockRow) {
        self.totals.count_in(row);
        let Some(place) = self.place_of(sku) else {
            let stock = SkuStock { locations: smallvec![row.clone()], ..SkuStock::empty(sku.clone()) };
            self.insert_sku(stock);
            return;
        };
        let stock = &mut self.skus[place];
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
        let place = self.place_of(sku).unwrap_or_else(|| self.insert_sku(SkuStock::empty(sku.clone())));
        let stock = &mut self.skus[place];
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
        let Some(place) = self.place_of(sku) else { return };
        let stock = self.skus.remove(place);
        self.by_sku.remove(sku.as_str().as_bytes(), place);
        self.totals.skus -= 1;
        for row in &stock.locations {
            self.totals.count_out(row);
        }
    }

    pub(super) fn put_sku_channel(&mut self, sku: &Sku, channel: &Channel, taken: Taken) {
        if let Some(place) = self.place_of(sku) {
            self.skus[place].put_channel(channel, taken);
        }
    }

    pub(super) fn put_sku_customer(&mut self, sku: &Sku, customer: &Customer, taken: Taken) {
        let settings = self.place_of(sku).and_then(|place| self.skus[place].settings());
        let limit_is_set = settings.is_some_and(|settings| settings.max_per_customer.is_some());
        self.sku_customers.put(sku, customer, taken, limit_is_set);
    }

    /// The number of a SKU's row.
    pub(super) fn place_of(&self, sku: &Sku) -> Option<u32> {
        self.by_sku.find(sku.as_str().as_bytes(), |place| self.skus[place].sku.as_str().as_bytes())
    }

    fn insert_sku(&mut self, stock: SkuStock) -> u32 {
        self.totals.skus += 1;
        // Callers bound the number of SKUs far below 2^32.
        let place = self.skus.insert(stock);
        let skus = &self.skus;
        let name_of = |place: u32| skus[place].sku.as_str().as_bytes();
        self.by_sku.insert(name_of(place), place, name_of);
        place
    }
}
