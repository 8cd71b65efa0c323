//! The buckets that a decision has touched so far, each copied from the books at first touch.
//! Dropping the sheet is the whole of a roll-back.

use crate::{Books, Line, Location, Sku, StockAfter, StockRow};
use smallvec::SmallVec;

pub(super) struct Worksheet<'b, B> {
    books: &'b B,
    touched: SmallVec<[StockAfter; 1]>,
}

impl<'b, B: Books> Worksheet<'b, B> {
    pub(super) fn new(books: &'b B) -> Self {
        Self { books, touched: SmallVec::new() }
    }

    /// What a bucket could still give, counting what this decision took already.
    pub(super) fn available(&self, sku: &Sku, row: &StockRow) -> u32 {
        let current = self.find(sku, &row.location).map_or(row, |at| &self.touched[at].row);
        // At most on-hand plus backorder allowance, which fits: see `units`.
        current.available().max(0) as u32
    }

    /// The bucket, to be changed. The books must have it.
    pub(super) fn row(&mut self, sku: &Sku, location: &Location) -> &mut StockRow {
        let at = self.find(sku, location).unwrap_or_else(|| {
            let known = self.books.stock(sku).and_then(|stock| stock.at(location));
            let row = known.expect("a live line's bucket is in the books: rows are never removed while promised");
            self.touched.push(StockAfter { sku: sku.clone(), row: row.clone() });
            self.touched.len() - 1
        });
        &mut self.touched[at].row
    }

    /// Gives a hold's units back.
    pub(super) fn unhold(&mut self, lines: &[Line]) {
        for line in lines {
            self.row(&line.sku, &line.location).held -= line.quantity;
        }
    }

    pub(super) fn into_rows(self) -> SmallVec<[StockAfter; 1]> {
        self.touched
    }

    fn find(&self, sku: &Sku, location: &Location) -> Option<usize> {
        self.touched.iter().position(|after| after.sku == *sku && after.row.location == *location)
    }
}
