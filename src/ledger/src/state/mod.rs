//! The rows of one ledger, and `apply`, which puts decided rows and cannot fail.
//!
//! What holds after every apply:
//! - every held reservation stands in `deadlines` exactly once, and nothing else does;
//! - every ended reservation stands in `ended` exactly once, oldest first;
//! - `totals` are the sums over the rows.

mod adjustments;
mod by_name;
mod customers;
mod kept;
mod reservations;
mod sales;
mod slab;
mod stock;

use crate::{
    Adjustment, Books, Customer, Event, LimitAfter, LimitKey, Location, Millis, Reservation, ReservationId, Row, Sale,
    SaleId, Sku, SkuChange, SkuStock, StockRow, Taken, Text,
};
use by_name::ByName;
use customers::Customers;
use hashbrown::HashMap;
use kept::Kept;
use slab::Slab;
use std::collections::{BTreeSet, VecDeque};

/// Sums over the rows, kept as they change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// SKUs.
    pub skus: u64,
    /// Units held.
    pub held_units: u64,
    /// Units allocated.
    pub allocated_units: u64,
    /// Reservations that still have units: held or confirmed.
    pub live_reservations: u64,
    /// Ended reservations still remembered.
    pub ended_reservations: u64,
    /// Units promised beyond what there is, over all stock buckets.
    pub shortfall_units: u64,
    /// Sales.
    pub sales: u64,
    /// Customers who are counted, each once for every SKU and sale that counts them.
    pub customer_buckets: u64,
}

impl Totals {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            skus: self.skus + other.skus,
            held_units: self.held_units + other.held_units,
            allocated_units: self.allocated_units + other.allocated_units,
            live_reservations: self.live_reservations + other.live_reservations,
            ended_reservations: self.ended_reservations + other.ended_reservations,
            shortfall_units: self.shortfall_units + other.shortfall_units,
            sales: self.sales + other.sales,
            customer_buckets: self.customer_buckets + other.customer_buckets,
        }
    }

    fn count_in(&mut self, row: &StockRow) {
        self.held_units += u64::from(row.held);
        self.allocated_units += u64::from(row.allocated);
        self.shortfall_units += row.shortfall();
    }

    fn count_out(&mut self, row: &StockRow) {
        self.held_units -= u64::from(row.held);
        self.allocated_units -= u64::from(row.allocated);
        self.shortfall_units -= row.shortfall();
    }
}

type AdjustmentName = (Sku, Location, Text);

/// The rows of one ledger.
#[derive(Debug, Default)]
pub struct Ledger {
    skus: Slab<SkuStock>,
    by_sku: ByName,
    reservations: Slab<Kept>,
    by_id: ByName,
    deadlines: BTreeSet<(Millis, u32)>,
    ended: BTreeSet<(Millis, u32)>,
    sku_customers: Customers<Sku>,
    sales: HashMap<SaleId, Sale>,
    sale_customers: Customers<SaleId>,
    /// Sales whose phase time changes next, and when.
    turns: BTreeSet<(Millis, SaleId)>,
    /// Sales that are over and still have their customers, and since when.
    over: BTreeSet<(Millis, SaleId)>,
    adjustments: HashMap<AdjustmentName, Adjustment>,
    adjusted: VecDeque<(Millis, AdjustmentName)>,
    totals: Totals,
}

impl Books for Ledger {
    fn stock(&self, sku: &Sku) -> Option<&SkuStock> {
        self.place_of(sku).map(|place| &self.skus[place])
    }

    fn reservation(&self, id: &ReservationId) -> Option<Reservation> {
        self.slot(id).map(|slot| self.reservations[slot].read())
    }

    fn sale(&self, id: &SaleId) -> Option<&Sale> {
        self.sales.get(id)
    }

    fn sku_customer(&self, sku: &Sku, customer: &Customer) -> Taken {
        self.sku_customers.get(sku, customer).unwrap_or_default()
    }

    fn sale_customer(&self, sale: &SaleId, customer: &Customer) -> Taken {
        self.sale_customers.get(sale, customer).unwrap_or_default()
    }

    fn adjustment(&self, sku: &Sku, location: &Location, key: &Text) -> Option<&Adjustment> {
        self.adjustments.get(&(sku.clone(), location.clone(), key.clone()))
    }
}

impl Ledger {
    /// Puts an event's rows. The event must have been decided on these books in this state.
    pub fn apply(&mut self, event: &Event) {
        event.rows().for_each(|row| self.put(row));
    }

    /// Puts one row of a decided event.
    pub fn put(&mut self, row: Row<'_>) {
        match row {
            Row::Stock(after) => self.put_stock(&after.sku, &after.row),
            Row::Limit(after) => self.put_limit(after),
            Row::Sku(sku, change) => self.put_sku_change(sku, change),
            Row::Sale(change) => self.put_sale(change),
            Row::Adjustment(made, at) => self.put_adjustment(made, at),
            Row::Reservation(reservation) => self.put_reservation(reservation),
        }
    }

    /// Puts a limit bucket, or forgets it once nothing asks for it. Its SKU or sale is here.
    pub fn put_limit(&mut self, after: &LimitAfter) {
        match &after.key {
            LimitKey::SkuCustomer(sku, customer) => self.put_sku_customer(sku, customer, after.taken),
            LimitKey::SkuChannel(sku, channel) => self.put_sku_channel(sku, channel, after.taken),
            LimitKey::Sale(sale) => self.put_sale_taken(sale, after.taken),
            LimitKey::SaleCustomer(sale, customer) => self.put_sale_customer(sale, customer, after.taken),
            LimitKey::SaleChannel(sale, channel) => self.put_sale_channel(sale, channel, after.taken),
        }
    }

    /// Puts what an event changes of a SKU beyond its stock rows.
    pub fn put_sku_change(&mut self, sku: &Sku, change: &SkuChange) {
        match change {
            SkuChange::Set(settings) => self.put_sku(sku, settings),
            SkuChange::Deleted => self.delete_sku(sku),
        }
    }

    /// The sums over the rows.
    pub fn totals(&self) -> Totals {
        let customer_buckets = self.sku_customers.count() + self.sale_customers.count();
        Totals { sales: self.sales.len() as u64, customer_buckets, ..self.totals }
    }

    /// Every SKU, in no particular order.
    pub fn skus(&self) -> impl Iterator<Item = &SkuStock> {
        self.skus.iter()
    }

    /// Every sale, in no particular order.
    pub fn sales(&self) -> impl Iterator<Item = &Sale> {
        self.sales.values()
    }

    /// Every limit bucket from which something is taken, in no particular order.
    pub fn limits(&self) -> impl Iterator<Item = LimitAfter> {
        let channels = self.skus().filter_map(|stock| Some((stock, stock.rules.as_ref()?)));
        let of_skus = channels.flat_map(|(stock, rules)| {
            rules
                .channels
                .iter()
                .map(|(channel, taken)| (LimitKey::SkuChannel(stock.sku.clone(), channel.clone()), *taken))
        });
        let of_sku_customers = self
            .sku_customers
            .iter()
            .map(|(sku, customer, taken)| (LimitKey::SkuCustomer(sku.clone(), customer.clone()), taken));
        let of_sale_channels = self.sales().flat_map(|sale| {
            sale.channels
                .iter()
                .map(|(channel, taken)| (LimitKey::SaleChannel(sale.id.clone(), channel.clone()), *taken))
        });
        let of_sales = self.sales().map(|sale| (LimitKey::Sale(sale.id.clone()), sale.taken));
        let of_sale_customers = self
            .sale_customers
            .iter()
            .map(|(sale, customer, taken)| (LimitKey::SaleCustomer(sale.clone(), customer.clone()), taken));
        let all = of_skus.chain(of_sku_customers).chain(of_sale_channels).chain(of_sales).chain(of_sale_customers);
        all.filter(|(_, taken)| taken.units() > 0).map(|(key, taken)| LimitAfter { key, taken })
    }

    /// Every reservation, live or ended, in no particular order.
    pub fn reservations(&self) -> impl Iterator<Item = Reservation> {
        self.reservations.iter().map(Kept::read)
    }
}
