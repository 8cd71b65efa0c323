//! A stock bucket: what one SKU has at one location, and what of it is promised.

use crate::{Location, Millis, Sku};
use smallvec::SmallVec;

/// The figures of one SKU at one location, in units.
///
/// `on_hand` includes allocated units until they are fulfilled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockRow {
    /// Where.
    pub location: Location,
    /// Physically there.
    pub on_hand: u32,
    /// Promised to reservations that may still expire.
    pub held: u32,
    /// Promised to confirmed reservations that are not fulfilled yet.
    pub allocated: u32,
    /// Kept back by the shop.
    pub safety_stock: u32,
    /// There, but not for sale.
    pub unavailable: u32,
    /// May be promised beyond what is there.
    pub backorder_limit: u32,
    /// Counts the writes to the record's own figures; holds do not count.
    pub version: u64,
    /// The source's own time of the last applied write, if it gave one.
    pub source_ts: Option<Millis>,
}

impl StockRow {
    /// A record that has nothing yet and was never written.
    pub fn empty(location: Location) -> Self {
        Self {
            location,
            on_hand: 0,
            held: 0,
            allocated: 0,
            safety_stock: 0,
            unavailable: 0,
            backorder_limit: 0,
            version: 0,
            source_ts: None,
        }
    }

    /// What may still be promised; negative while there is a shortfall.
    pub fn available(&self) -> i64 {
        i64::from(self.on_hand) + i64::from(self.backorder_limit)
            - i64::from(self.held)
            - i64::from(self.allocated)
            - i64::from(self.safety_stock)
            - i64::from(self.unavailable)
    }
}

/// One SKU with its locations, in the order in which they serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkuStock {
    /// The SKU.
    pub sku: Sku,
    /// At least one; most SKUs have just one.
    pub locations: SmallVec<[StockRow; 1]>,
}

impl SkuStock {
    /// The record of a location.
    pub fn at(&self, location: &Location) -> Option<&StockRow> {
        self.locations.iter().find(|row| row.location == *location)
    }

    /// The sum over all locations.
    pub fn available(&self) -> i64 {
        self.locations.iter().map(StockRow::available).sum()
    }
}
