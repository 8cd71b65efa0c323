//! The buckets that a decision has touched so far, each copied from the books at first touch.
//! Dropping the sheet is the whole of a roll-back.
//!
//! Units move in one place, [`Worksheet::shift`]: what leaves a part of a stock bucket leaves the
//! same part of every limit bucket that the line is counted in.

use crate::{
    Books, Channel, Customer, Event, LimitAfter, LimitKey, Line, Location, Marks, Reservation, SaleId, Sku, StockAfter,
    StockRow, Taken,
};
use smallvec::SmallVec;

/// Where units are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// With nobody: they can be taken.
    Free,
    /// With a hold.
    Held,
    /// With a confirmed reservation.
    Allocated,
    /// Gone for good.
    Shipped,
}

/// Whose limit buckets a line counts in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shopper<'c> {
    pub(super) customer: Option<&'c Customer>,
    pub(super) channel: Option<&'c Channel>,
    pub(super) sale: Option<&'c SaleId>,
}

impl<'c> Shopper<'c> {
    pub(super) fn of(reservation: &'c Reservation) -> Self {
        Self {
            customer: reservation.customer.as_ref(),
            channel: reservation.channel.as_ref(),
            sale: reservation.sale.as_ref(),
        }
    }

    /// The limit buckets of a line.
    fn keys(&self, line: &Line) -> impl Iterator<Item = LimitKey> {
        let sku = line.sku.clone();
        let marked = |mark| line.marks.has(mark).then_some(());
        let (customer, channel, sale) = (self.customer.cloned(), self.channel.cloned(), self.sale.cloned());
        [
            marked(Marks::SKU_CUSTOMER).and_then(|()| Some(LimitKey::SkuCustomer(sku.clone(), customer.clone()?))),
            marked(Marks::SKU_CHANNEL).and_then(|()| Some(LimitKey::SkuChannel(sku.clone(), channel.clone()?))),
            marked(Marks::SALE).and_then(|()| Some(LimitKey::Sale(sale.clone()?))),
            marked(Marks::SALE_CUSTOMER).and_then(|()| Some(LimitKey::SaleCustomer(sale.clone()?, customer.clone()?))),
            marked(Marks::SALE_CHANNEL).and_then(|()| Some(LimitKey::SaleChannel(sale.clone()?, channel.clone()?))),
        ]
        .into_iter()
        .flatten()
    }
}

pub(super) struct Worksheet<'b, B> {
    books: &'b B,
    stock: SmallVec<[StockAfter; 1]>,
    limits: Vec<LimitAfter>,
}

impl<'b, B: Books> Worksheet<'b, B> {
    pub(super) fn new(books: &'b B) -> Self {
        Self { books, stock: SmallVec::new(), limits: Vec::new() }
    }

    /// What a stock bucket could still give, counting what this decision took already.
    pub(super) fn available(&self, sku: &Sku, row: &StockRow) -> u32 {
        let current = self.find(sku, &row.location).map_or(row, |at| &self.stock[at].row);
        // At most on-hand plus backorder allowance, which fits: see `units`.
        current.available().max(0) as u32
    }

    /// What is taken from a limit bucket, counting what this decision took already.
    pub(super) fn taken(&self, key: &LimitKey) -> Taken {
        self.limits.iter().find(|after| after.key == *key).map_or_else(|| self.known(key), |after| after.taken)
    }

    /// Moves units of a line from one part of all its buckets to another. The books must have them.
    pub(super) fn shift(&mut self, shopper: &Shopper<'_>, line: &Line, units: u32, from: Part, to: Part) {
        if units == 0 {
            return;
        }
        let row = self.row(&line.sku, &line.location);
        match from {
            Part::Held => row.held -= units,
            Part::Allocated => row.allocated -= units,
            Part::Free | Part::Shipped => {}
        }
        match to {
            Part::Held => row.held += units,
            Part::Allocated => row.allocated += units,
            // What was shipped was there, whatever a count of the shelf had said.
            Part::Shipped => row.on_hand = row.on_hand.saturating_sub(units),
            Part::Free => {}
        }
        if line.marks.is_counted() {
            for key in shopper.keys(line) {
                recount(self.limit(key), units, from, to);
            }
        }
    }

    fn row(&mut self, sku: &Sku, location: &Location) -> &mut StockRow {
        let at = self.find(sku, location).unwrap_or_else(|| {
            let known = self.books.stock(sku).and_then(|stock| stock.at(location));
            let row = known.expect("a live line's bucket is in the books: rows are never removed while promised");
            self.stock.push(StockAfter { sku: sku.clone(), row: row.clone() });
            self.stock.len() - 1
        });
        &mut self.stock[at].row
    }

    fn limit(&mut self, key: LimitKey) -> &mut Taken {
        let at = self.limits.iter().position(|after| after.key == key).unwrap_or_else(|| {
            let taken = self.known(&key);
            self.limits.push(LimitAfter { key, taken });
            self.limits.len() - 1
        });
        &mut self.limits[at].taken
    }

    fn known(&self, key: &LimitKey) -> Taken {
        let books = self.books;
        let found = match key {
            LimitKey::SkuCustomer(sku, customer) => Some(books.sku_customer(sku, customer)),
            LimitKey::SkuChannel(sku, channel) => books.stock(sku).map(|stock| stock.channel(channel)),
            LimitKey::Sale(sale) => books.sale(sale).map(|sale| sale.taken),
            LimitKey::SaleCustomer(sale, customer) => Some(books.sale_customer(sale, customer)),
            LimitKey::SaleChannel(sale, channel) => books.sale(sale).map(|sale| sale.channel(channel)),
        };
        found.unwrap_or_default()
    }

    /// Writes the touched buckets into an event, and forgets nothing: a later event of the same
    /// decision goes on from here.
    pub(super) fn write_to(&self, event: &mut Event) {
        event.stock.clone_from(&self.stock);
        event.limits.clone_from(&self.limits);
    }

    /// Writes the touched buckets into the decision's last event.
    pub(super) fn move_to(self, event: &mut Event) {
        event.stock = self.stock;
        event.limits = self.limits;
    }

    fn find(&self, sku: &Sku, location: &Location) -> Option<usize> {
        self.stock.iter().position(|after| after.sku == *sku && after.row.location == *location)
    }
}

fn recount(taken: &mut Taken, units: u32, from: Part, to: Part) {
    match from {
        Part::Held => taken.held -= units,
        Part::Allocated => taken.allocated -= units,
        Part::Free | Part::Shipped => {}
    }
    match to {
        Part::Held => taken.held += units,
        Part::Allocated => taken.allocated += units,
        Part::Shipped => taken.fulfilled += units,
        Part::Free => {}
    }
}
