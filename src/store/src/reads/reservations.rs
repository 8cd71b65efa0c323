//! Reservations by name, long after their end, and in the order of their creation.

use crate::{Store, StoreError};
use engine::Lsn;
use ledger::{Customer, Millis, Reservation, ReservationId, SaleId, Sku, State};

/// The most reservations of one page.
pub const MAX_PAGE: usize = 1_000;

/// The most rows that one call looks at.
pub const MAX_EXAMINED: usize = 20_000;

/// A place in the order of creation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// When the reservation was made.
    pub created: Millis,
    /// Its name: among those of one millisecond, by name.
    pub id: ReservationId,
}

/// Which reservations are asked for: those for which all that is given holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReservationQuery {
    /// With a line of this SKU.
    pub sku: Option<Sku>,
    /// Of this customer.
    pub customer: Option<Customer>,
    /// In this sale.
    pub sale: Option<SaleId>,
    /// In this state: as it was put, whether or not a deadline has passed since.
    pub state: Option<State>,
    /// After this place, which need not be taken any more.
    pub after: Option<Place>,
    /// At most so many; never more than [`MAX_PAGE`].
    pub limit: usize,
}

/// Some of the reservations that were asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReservationPage {
    /// In the order of their creation.
    pub reservations: Vec<Reservation>,
    /// Where to go on, unless that was all. It may be given with an empty page, where many rows were
    /// looked at in vain.
    pub next: Option<Place>,
    /// The last record that the answer covers.
    pub as_of: Lsn,
}

impl Store {
    /// A reservation, live or ended, as long as it is kept.
    pub fn reservation(&self, id: &ReservationId) -> Result<Option<Reservation>, StoreError> {
        let _ = id;
        unimplemented!()
    }

    /// Reservations in the order of their creation. Looks at [`MAX_EXAMINED`] rows at most.
    pub fn reservations(&self, query: &ReservationQuery) -> Result<ReservationPage, StoreError> {
        let _ = query;
        unimplemented!()
    }
}
