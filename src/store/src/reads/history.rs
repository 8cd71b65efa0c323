//! What balances were at earlier times, and what moved them.

use super::is_late;
use crate::keys::{Key, Parts};
use crate::rows;
use crate::view::{Scan, View, Wanted};
use crate::{HistoryError, Store, StoreError};
use engine::Lsn;
use ledger::{Adjustment, Event, EventKind, Location, Millis, ReservationId, Sku, StockRow};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

/// The most entries of one page.
pub const MAX_HISTORY_PAGE: usize = 1_000;

/// A SKU's balances at an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockAt {
    /// Its locations, by name; none where it had none.
    pub rows: Vec<StockRow>,
    /// The last record that the answer covers: what comes after it may still say otherwise of a time
    /// that is not earlier than `until`.
    pub as_of: Lsn,
    /// The latest time of those records.
    pub until: Millis,
}

/// A place in a SKU's history.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HistoryPlace {
    /// When.
    pub at: Millis,
    /// By which record.
    pub lsn: Lsn,
    /// Which of the record's locations.
    pub location: Location,
}

/// Which part of a SKU's history is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryQuery {
    /// Whose.
    pub sku: Sku,
    /// Of one location, or of all.
    pub location: Option<Location>,
    /// From this millisecond on.
    pub from: Millis,
    /// Before this millisecond.
    pub to: Millis,
    /// After this place.
    pub after: Option<HistoryPlace>,
    /// At most so many; never more than [`MAX_HISTORY_PAGE`].
    pub limit: usize,
    /// From then on no entry more is looked for, beyond [`LEAST_EXAMINED`](crate::LEAST_EXAMINED).
    pub deadline: Option<Instant>,
}

/// Who or what moved a balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Movement {
    /// An operator's write, or the end of the SKU.
    Written,
    /// A difference.
    Adjusted(Adjustment),
    /// A reservation, which has so many units of the balance now, in whatever state it is in.
    Reserved {
        /// Its name.
        id: ReservationId,
        /// Units of its lines there, fulfilled ones too.
        quantity: u64,
    },
}

/// A balance after something moved it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// By which record.
    pub lsn: Lsn,
    /// When.
    pub at: Millis,
    /// What happened.
    pub kind: EventKind,
    /// Where.
    pub location: Location,
    /// The balance after it; none once the SKU is gone.
    pub row: Option<StockRow>,
    /// Who or what moved it.
    pub movement: Movement,
}

/// Some of a SKU's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryPage {
    /// By time, record and location.
    pub entries: Vec<HistoryEntry>,
    /// Where to go on, unless that was all.
    pub next: Option<HistoryPlace>,
    /// The last record that the answer covers.
    pub as_of: Lsn,
    /// The latest time of those records.
    pub until: Millis,
}

impl Store {
    /// A SKU's balances at an instant. A time later than that of the last record is answered with
    /// what is there by then: see [`StockAt::as_of`].
    pub fn stock_at(&self, sku: &Sku, at: Millis) -> Result<StockAt, HistoryError> {
        let view = self.view();
        kept_since(&view, at)?;
        let mut rows = Vec::new();
        each_location(&view, sku, |location, scan| {
            let place = view.keys.history_at(sku, location);
            scan.seek_back(&place.clone().moment(at, Lsn(u64::MAX)));
            if let Some((_, row)) = scan.row()?.filter(|(key, _)| key.starts_with(place.as_ref())) {
                rows.extend(balance(rows::plain(row)?));
            }
            Ok(())
        })?;
        let marks = view.marks()?;
        Ok(StockAt { rows, as_of: marks.lsn, until: marks.time })
    }

    /// What moved a SKU's balances, over all its locations, the oldest first.
    pub fn sku_history(&self, query: &HistoryQuery) -> Result<HistoryPage, HistoryError> {
        let view = self.view();
        kept_since(&view, query.from)?;
        let mut merged = Merged::new(&view, query)?;
        let marks = view.marks()?;
        let mut page = HistoryPage { entries: Vec::new(), next: None, as_of: marks.lsn, until: marks.time };
        while page.entries.len() < query.limit.min(MAX_HISTORY_PAGE) {
            let Some((place, row)) = merged.next()? else { break };
            page.entries.push(entry(&view, &query.sku, &place, row)?);
            page.next = Some(place);
            if is_late(page.entries.len(), query.deadline) {
                break;
            }
        }
        if merged.is_empty() {
            page.next = None;
        }
        Ok(page)
    }
}

/// What was forgotten is not told as if nothing had been there.
fn kept_since(view: &View<'_>, at: Millis) -> Result<(), HistoryError> {
    let oldest = view.oldest()?.history;
    if at < oldest { Err(HistoryError::Gone { oldest }) } else { Ok(()) }
}

fn balance(row: Event) -> Option<StockRow> {
    row.stock.into_iter().next().map(|after| after.row)
}

/// Visits every location of which a SKU has history, by name. The scan may be moved about.
pub(crate) fn each_location<'v>(
    view: &'v View<'v>,
    sku: &Sku,
    mut visit: impl FnMut(&Location, &mut Scan<'v>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let history = view.keys.history(sku);
    let mut scan = view.scan(view.columns.history, &history, Wanted::Few);
    while let Some((key, _)) = scan.row()? {
        let location = Parts::behind(key, &history).name(Location::parse)?;
        visit(&location, &mut scan)?;
        scan.seek(&view.keys.history_at(sku, &location).behind());
    }
    Ok(())
}

fn entry(view: &View<'_>, sku: &Sku, place: &HistoryPlace, row: Event) -> Result<HistoryEntry, StoreError> {
    let (kind, at) = (row.kind, row.at);
    let record = view.get(view.columns.events, &view.keys.event(place.lsn))?;
    let record = record.ok_or_else(|| StoreError::damaged("tell history", "a balance's record is not there"))?;
    let movement = movement(rows::plain(&record)?, sku, &place.location);
    Ok(HistoryEntry { lsn: place.lsn, at, kind, location: place.location.clone(), row: balance(row), movement })
}

fn movement(event: Event, sku: &Sku, location: &Location) -> Movement {
    if let Some(made) = event.adjustment {
        return Movement::Adjusted(*made);
    }
    let Some(reservation) = event.reservation else { return Movement::Written };
    let there = reservation.lines.iter().filter(|line| line.sku == *sku && line.location == *location);
    let quantity = there.map(|line| u64::from(line.quantity)).sum();
    Movement::Reserved { id: reservation.id.clone(), quantity }
}

impl HistoryQuery {
    /// Where to begin at a location. Those of one record come by name.
    fn begin(&self, location: &Location) -> (Millis, Lsn) {
        match &self.after {
            Some(after) if after.at >= self.from && *location > after.location => (after.at, after.lsn),
            Some(after) if after.at >= self.from => (after.at, Lsn(after.lsn.0.saturating_add(1))),
            _ => (self.from, Lsn(0)),
        }
    }
}

/// The history of several locations as one.
struct Merged<'v> {
    locations: Vec<(Key, Location, Scan<'v>)>,
    /// What comes next of each, by number in `locations`.
    next: BinaryHeap<Reverse<(HistoryPlace, usize)>>,
    to: Millis,
    /// Balances of earlier records are only kept for others to begin with.
    oldest: Lsn,
}

impl<'v> Merged<'v> {
    fn new(view: &'v View<'v>, query: &HistoryQuery) -> Result<Self, StoreError> {
        let mut names = Vec::new();
        match &query.location {
            Some(location) => names.push(location.clone()),
            None => each_location(view, &query.sku, |location, _| {
                names.push(location.clone());
                Ok(())
            })?,
        }
        let oldest = view.oldest()?.record;
        let mut merged = Self { locations: Vec::new(), next: BinaryHeap::new(), to: query.to, oldest };
        for location in names {
            let place = view.keys.history_at(&query.sku, &location);
            let (at, lsn) = query.begin(&location);
            let scan = view.scan_from(view.columns.history, &place, &place.clone().moment(at, lsn), Wanted::Few);
            merged.locations.push((place, location, scan));
            merged.note(merged.locations.len() - 1)?;
        }
        Ok(merged)
    }

    fn is_empty(&self) -> bool {
        self.next.is_empty()
    }

    /// Notes what comes next of a location.
    fn note(&mut self, number: usize) -> Result<(), StoreError> {
        let (prefix, location, scan) = &mut self.locations[number];
        while let Some((key, _)) = scan.row()? {
            let mut parts = Parts::behind(key, prefix);
            let (at, lsn) = (Millis(parts.number()?), Lsn(parts.number()?));
            if at >= self.to {
                break;
            }
            if lsn >= self.oldest {
                self.next.push(Reverse((HistoryPlace { at, lsn, location: location.clone() }, number)));
                break;
            }
            scan.advance();
        }
        Ok(())
    }

    fn next(&mut self) -> Result<Option<(HistoryPlace, Event)>, StoreError> {
        let Some(Reverse((place, number))) = self.next.pop() else { return Ok(None) };
        let scan = &mut self.locations[number].2;
        let (_, row) = scan.row()?.ok_or_else(|| StoreError::damaged("tell history", "a row vanished"))?;
        let row = rows::plain(row)?;
        scan.advance();
        self.note(number)?;
        Ok(Some((place, row)))
    }
}
