//! Quantities and times, as values. Milliseconds since the Unix epoch; units of stock.

use std::fmt;

/// The largest quantity of a line, and the largest stock figure, in units.
pub const MAX_QUANTITY: u32 = 1_000_000_000;

/// The most lines that one reservation may have.
pub const MAX_LINES: usize = 100;

/// The most locations that one SKU may have.
pub const MAX_LOCATIONS: usize = 256;

/// The most stock buckets that one reservation may take from.
pub const MAX_BUCKETS: usize = 500;

/// The most channels that may have a quota, of one SKU or one sale.
pub const MAX_CHANNEL_QUOTAS: usize = 100;

/// The most SKUs that one sale may have: its record fits a frame.
pub const MAX_SALE_SKUS: usize = 5_000;

/// The most drops that one sale may have.
pub const MAX_DROPS: usize = 100;

/// What a sale without a quota may have taken at most, so that its count fits 32 bits.
pub const UNLIMITED: u32 = 2 * MAX_QUANTITY;

// Held plus allocated never exceeds on-hand plus backorder allowance when units are taken, so that
// every sum in a bucket fits 32 bits.
const _: () = assert!(2 * (MAX_QUANTITY as u64) < u32::MAX as u64);

/// A point in time or a span, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Millis(pub u64);

impl Millis {
    /// The time `span` later; stays at the end of time rather than wrap.
    #[must_use]
    pub const fn plus(self, span: Self) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// How much later than `earlier` this is; nothing when it is not.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Self {
        Self(self.0.saturating_sub(earlier.0))
    }
}

/// A line's quantity: 1 to [`MAX_QUANTITY`] units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity(u32);

/// The number is no quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an integer from 1 to 1000000000")]
pub struct QuantityError;

impl Quantity {
    /// Accepts 1 to [`MAX_QUANTITY`].
    pub fn new(units: u64) -> Result<Self, QuantityError> {
        match u32::try_from(units) {
            Ok(units @ 1..=MAX_QUANTITY) => Ok(Self(units)),
            _ => Err(QuantityError),
        }
    }

    /// The number of units.
    pub const fn units(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
