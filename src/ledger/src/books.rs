//! What a decision may look at. One ledger is a set of books; so are several, locked together.

use crate::event::Adjustment;
use crate::{Customer, Location, Reservation, ReservationId, Sale, SaleId, Sku, SkuStock, Taken, Text};

/// Read access to rows, wherever they are kept.
pub trait Books {
    /// A SKU with its locations.
    fn stock(&self, sku: &Sku) -> Option<&SkuStock>;

    /// A reservation, live or ended.
    fn reservation(&self, id: &ReservationId) -> Option<Reservation>;

    /// A sale with its counters.
    fn sale(&self, id: &SaleId) -> Option<&Sale>;

    /// What a customer has taken of a SKU under its limit.
    fn sku_customer(&self, sku: &Sku, customer: &Customer) -> Taken;

    /// What a customer has taken in a sale under its limit.
    fn sale_customer(&self, sale: &SaleId, customer: &Customer) -> Taken;

    /// An adjustment made before under this key.
    fn adjustment(&self, sku: &Sku, location: &Location, key: &Text) -> Option<&Adjustment>;
}
