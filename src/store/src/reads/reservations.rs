//! Reservations by name, long after their end, and in the order of their creation.

use super::is_late;
use crate::keys::{Key, Parts};
use crate::rows;
use crate::view::{Scan, View, Wanted};
use crate::{Store, StoreError};
use engine::Lsn;
use ledger::{Customer, Millis, Reservation, ReservationId, SaleId, Sku, State};
use rocksdb::DBPinnableSlice;
use std::time::Instant;

/// The most reservations of one page.
pub const MAX_PAGE: usize = 1_000;

/// The most rows that one call looks at.
pub const MAX_EXAMINED: usize = 20_000;

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
    /// Made after this record, which need not have made one, and whose reservation may be forgotten.
    pub after: Option<Lsn>,
    /// At most so many; never more than [`MAX_PAGE`].
    pub limit: usize,
    /// From then on no row more is looked at, beyond [`LEAST_EXAMINED`](crate::LEAST_EXAMINED).
    pub deadline: Option<Instant>,
}

/// Some of the reservations that were asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReservationPage {
    /// In the order of their creation, which is that of the log; each with the record that made it.
    pub reservations: Vec<(Lsn, Reservation)>,
    /// Where to go on, unless that was all. It may be given with an empty page, where many rows were
    /// looked at in vain, or there was no time for more.
    pub next: Option<Lsn>,
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
        for examined in 1..=MAX_EXAMINED {
            if page.reservations.len() == limit {
                break;
            }
            let Some((key, id)) = scan.row()? else {
                page.next = None;
                return Ok(page);
            };
            let made = Lsn(Parts::behind(key, &list).number()?);
            let found = found(&view, &rows::id(id)?, query.state)?.filter(|found| query.asks_for(found));
            page.reservations.extend(found.map(|found| (made, found)));
            page.next = Some(made);
            scan.advance();
            if is_late(examined, query.deadline) {
                break;
            }
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
        match self.after {
            Some(after) => view.scan_from(index, list, &list.clone().after(after), Wanted::Few),
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

/// A reservation, if it may be in a state.
pub(crate) fn found(
    view: &View<'_>,
    id: &ReservationId,
    state: Option<State>,
) -> Result<Option<Reservation>, StoreError> {
    if state.is_none_or(State::is_live)
        && let Some(row) = view.get(view.columns.live, &view.keys.live(id))?
    {
        return rows::reservation(rows::hashed(rows::made(&row)?.1)?.1).map(Some);
    }
    if state.is_some_and(State::is_live) {
        return Ok(None);
    }
    let Some((_, row)) = ended(view, id)? else { return Ok(None) };
    rows::reservation(rows::plain(rows::made(&row)?.1)?).map(Some)
}

/// The row of a reservation that has ended, and when it did.
pub(crate) fn ended<'v>(
    view: &'v View<'_>,
    id: &ReservationId,
) -> Result<Option<(Millis, DBPinnableSlice<'v>)>, StoreError> {
    let Some(time) = view.get(view.columns.index, &view.keys.index_ended(id))? else { return Ok(None) };
    let at = rows::time(&time)?;
    let row = view.get(view.columns.ended, &view.keys.ended(at, id))?;
    let row = row.ok_or_else(|| StoreError::damaged("find a reservation", "it ended, and its row is not there"))?;
    Ok(Some((at, row)))
}
