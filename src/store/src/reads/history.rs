//! What balances were at earlier times, and what moved them.

use crate::{HistoryError, Store};
use engine::Lsn;
use ledger::{Adjustment, EventKind, Location, Millis, ReservationId, Sku, StockRow};

/// The most entries of one page.
pub const MAX_HISTORY_PAGE: usize = 1_000;

/// A SKU's balances at an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockAt {
    /// Its locations, by name.
    pub rows: Vec<StockRow>,
    /// The last record that the answer covers: what comes after it may still say otherwise of a time
    /// later than that record's.
    pub as_of: Lsn,
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
}

impl Store {
    /// A SKU's balances at an instant, or nothing where it had none. A time later than that of the
    /// last record is answered with what is there by then: see [`StockAt::as_of`].
    pub fn stock_at(&self, sku: &Sku, at: Millis) -> Result<Option<StockAt>, HistoryError> {
        let _ = (sku, at);
        unimplemented!()
    }

    /// What moved a SKU's balances, over all its locations, the oldest first.
    pub fn sku_history(&self, query: &HistoryQuery) -> Result<HistoryPage, HistoryError> {
        let _ = query;
        unimplemented!()
    }
}
