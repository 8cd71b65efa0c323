//! What was decided, in a form that is logged and put: each touched row's value after the event,
//! so that whoever follows the log never has to compute anything.

use crate::{
    LimitAfter, Location, Millis, Reservation, SaleId, SalePhase, SaleSettings, Sku, SkuSettings, StockRow, Text,
};
use smallvec::SmallVec;
use std::sync::Arc;

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
    /// A confirmed reservation was given back, but for what was shipped.
    Cancelled,
    /// A confirmed reservation was shipped, or a part of it.
    Fulfilled,
    /// A location's figures were written.
    StockSet,
    /// On-hand changed by a difference.
    StockAdjusted,
    /// A write has left a location with more promised than there is.
    StockShortfall,
    /// A SKU's settings were written.
    SkuSet,
    /// A SKU was forgotten.
    SkuDeleted,
    /// A sale's settings were written.
    SaleSet,
    /// A sale's window was moved into the future.
    SaleScheduled,
    /// A sale has begun to sell, for the first time or again.
    SaleOpened,
    /// Every unit of a sale is taken.
    SaleSoldOut,
    /// A sale sells nothing any more.
    SaleClosed,
    /// A sale's customers were forgotten, long after its end.
    SaleRetired,
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
            Self::Cancelled => "reservation.cancelled",
            Self::Fulfilled => "reservation.fulfilled",
            Self::StockSet => "stock.set",
            Self::StockAdjusted => "stock.adjusted",
            Self::StockShortfall => "stock.shortfall",
            Self::SkuSet => "sku.set",
            Self::SkuDeleted => "sku.deleted",
            Self::SaleSet => "sale.set",
            Self::SaleScheduled => "sale.scheduled",
            Self::SaleOpened => "sale.opened",
            Self::SaleSoldOut => "sale.sold_out",
            Self::SaleClosed => "sale.closed",
            Self::SaleRetired => "sale.retired",
        }
    }

    /// Whether followers of the events are told; the others are only in the log.
    pub const fn is_public(self) -> bool {
        !matches!(self, Self::SkuSet | Self::SkuDeleted | Self::SaleSet | Self::SaleScheduled | Self::SaleRetired)
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

/// What an event changes of a SKU beyond its stock rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SkuChange {
    /// Its settings are these now.
    Set(SkuSettings),
    /// It is gone, with all its rows.
    Deleted,
}

/// What an event changes of a sale beyond its counters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SaleChange {
    /// Its settings are these now.
    Set {
        /// The sale.
        id: SaleId,
        /// Its settings.
        settings: Box<SaleSettings>,
        /// Which write of them it is, from 1.
        version: u64,
    },
    /// This phase was told.
    Told(SaleId, SalePhase),
    /// Its customers are forgotten.
    Retired(SaleId),
}

impl SaleChange {
    /// Which sale.
    pub fn sale(&self) -> &SaleId {
        match self {
            Self::Set { id, .. } | Self::Told(id, _) | Self::Retired(id) => id,
        }
    }
}

/// One decided change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// When, in engine time.
    pub at: Millis,
    /// The reservation after it, if it is about one.
    pub reservation: Option<Arc<Reservation>>,
    /// The adjustment, if it is one.
    pub adjustment: Option<Box<Adjustment>>,
    /// The touched stock buckets after it, each once.
    pub stock: SmallVec<[StockAfter; 1]>,
    /// The touched limit buckets after it, each once.
    pub limits: Vec<LimitAfter>,
    /// What else of a SKU changes.
    pub sku: Option<Box<(Sku, SkuChange)>>,
    /// What else of a sale changes.
    pub sale: Option<Box<SaleChange>>,
}

impl Event {
    /// An event that changes nothing yet.
    pub fn new(kind: EventKind, at: Millis) -> Self {
        Self {
            kind,
            at,
            reservation: None,
            adjustment: None,
            stock: SmallVec::new(),
            limits: Vec::new(),
            sku: None,
            sale: None,
        }
    }
}
