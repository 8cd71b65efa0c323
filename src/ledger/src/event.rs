//! What was decided, in a form that is logged and put: each touched row's value after the event,
//! so that whoever follows the log never has to compute anything.

use crate::{Location, Millis, Reservation, Sku, StockRow, Text};
use smallvec::SmallVec;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// A reservation was made.
    Held,
    /// A hold became final.
    Confirmed,
    /// A hold was given back.
    Released,
    /// A hold's deadline passed.
    Expired,
    /// A hold's deadline moved.
    Extended,
    /// A location's figures were written.
    StockSet,
    /// On-hand changed by a difference.
    StockAdjusted,
}

impl EventKind {
    /// The word of the contract.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Held => "reservation.held",
            Self::Confirmed => "reservation.confirmed",
            Self::Released => "reservation.released",
            Self::Expired => "reservation.expired",
            Self::Extended => "reservation.extended",
            Self::StockSet => "stock.set",
            Self::StockAdjusted => "stock.adjusted",
        }
    }
}

/// A bucket's value after an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockAfter {
    /// The SKU.
    pub sku: Sku,
    /// The record.
    pub row: StockRow,
}

/// The remembered part of an adjustment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjustment {
    /// The key under which it is recognised, within its SKU and location.
    pub key: Option<Text>,
    /// The SKU.
    pub sku: Sku,
    /// The location.
    pub location: Location,
    /// The difference.
    pub delta: i64,
    /// Why.
    pub reason: Option<Text>,
    /// The writer's own reference.
    pub reference: Option<Text>,
}

/// One decided change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// When, in engine time.
    pub at: Millis,
    /// The reservation after it, if it is about one.
    pub reservation: Option<Reservation>,
    /// The adjustment, if it is one.
    pub adjustment: Option<Adjustment>,
    /// The touched buckets after it, each once.
    pub stock: SmallVec<[StockAfter; 1]>,
}
