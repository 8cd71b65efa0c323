//! Reservations by name, long after their end, and in the order of their creation.

use crate::keys::{Key, Parts};
use crate::rows;
use crate::view::{Scan, View, Wanted};
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
        found(&self.view(), id, None)
    }

    /// Reservations in the order of their creation. Looks at [`MAX_EXAMINED`] rows at most.
    pub fn reservations(&self, query: &ReservationQuery) -> Result<ReservationPage, StoreError> {
        let view = self.view();
        let list = query.list(&view);
        let mut page = ReservationPage { reservations: Vec::new(), next: None, as_of: view.marks()?.lsn };
        let limit = query.limit.min(MAX_PAGE);
        let mut scan = query.begin(&view, &list);
        for _ in 0..MAX_EXAMINED {
            if page.reservations.len() == limit {
                break;
            }
            let Some((key, _)) = scan.row()? else {
                page.next = None;
                return Ok(page);
            };
            let place = place(key, &list)?;
            page.reservations.extend(found(&view, &place.id, query.state)?.filter(|found| query.asks_for(found)));
            page.next = Some(place);
            scan.advance();
        }
        // What was looked at last was the last of all.
        if scan.row()?.is_none() {
            page.next = None;
        }
        Ok(page)
    }
}

impl ReservationQuery {
    /// The list that is likely the shortest.
    fn list(&self, view: &View<'_>) -> Key {
        match (&self.customer, &self.sku, &self.sale) {
            (Some(customer), _, _) => view.keys.index_customer(customer.as_str()),
            (None, Some(sku), _) => view.keys.index_sku(sku),
            (None, None, Some(sale)) => view.keys.index_sale(sale),
            (None, None, None) => view.keys.index_all(),
        }
    }

    fn begin<'v>(&self, view: &'v View<'v>, list: &Key) -> Scan<'v> {
        let index = view.columns.index;
        match &self.after {
            Some(after) => {
                let behind = list.clone().created(after.created, &after.id).behind();
                view.scan_from(index, list, &behind, Wanted::Few)
            }
            None => view.scan(index, list, Wanted::Few),
        }
    }

    fn asks_for(&self, found: &Reservation) -> bool {
        self.state.is_none_or(|state| found.state == state)
            && self.sku.as_ref().is_none_or(|sku| found.lines.iter().any(|line| line.sku == *sku))
            && self.customer.as_ref().is_none_or(|customer| found.customer.as_ref() == Some(customer))
            && self.sale.as_ref().is_none_or(|sale| found.sale.as_ref() == Some(sale))
    }
}

fn place(key: &[u8], list: &Key) -> Result<Place, StoreError> {
    let mut parts = Parts::behind(key, list);
    Ok(Place { created: Millis(parts.number()?), id: parts.name(ReservationId::parse)? })
}

/// A reservation, if it may be in a state.
fn found(view: &View<'_>, id: &ReservationId, state: Option<State>) -> Result<Option<Reservation>, StoreError> {
    if state.is_none_or(State::is_live)
        && let Some(row) = view.get(view.columns.live, &view.keys.live(id))?
    {
        return rows::reservation(rows::hashed(&row)?.1).map(Some);
    }
    if state.is_some_and(State::is_live) {
        return Ok(None);
    }
    let Some(time) = view.get(view.columns.index, &view.keys.index_ended(id))? else { return Ok(None) };
    let row = view.get(view.columns.ended, &view.keys.ended(rows::time(&time)?, id))?;
    let row = row.ok_or_else(|| StoreError::damaged("find a reservation", "it ended, and its row is not there"))?;
    rows::reservation(rows::plain(&row)?).map(Some)
}
