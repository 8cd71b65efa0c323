//! What a decision may look at. One ledger is a set of books; so are several, locked together.

use crate::Location;
use crate::event::Adjustment;
use crate::{ReservationId, Sku, SkuStock, Text};

/// Read access to rows, wherever they are kept.
pub trait Books {
    /// A SKU with its locations.
    fn stock(&self, sku: &Sku) -> Option<&SkuStock>;

    /// A reservation, live or ended.
    fn reservation(&self, id: &crate::ReservationId) -> Option<&crate::Reservation>;

    /// An adjustment made before under this key.
    fn adjustment(&self, sku: &Sku, location: &Location, key: &Text) -> Option<&Adjustment>;
}

impl<B: Books + ?Sized> Books for &B {
    fn stock(&self, sku: &Sku) -> Option<&SkuStock> {
        (**self).stock(sku)
    }

    fn reservation(&self, id: &ReservationId) -> Option<&crate::Reservation> {
        (**self).reservation(id)
    }

    fn adjustment(&self, sku: &Sku, location: &Location, key: &Text) -> Option<&Adjustment> {
        (**self).adjustment(sku, location, key)
    }
}
