//! What a command is answered. Every refusal has one word, the same in answer, metric and log.

use crate::{Limit, Location, Millis, Reservation, Sale, Sku, SkuStock, StockRow};
use std::borrow::Cow;
use std::sync::Arc;

/// A stock record with the SKU that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockRecord {
    /// The SKU.
    pub sku: Sku,
    /// Its figures at a location.
    pub row: StockRow,
}

/// The answer to a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The reservation was made just now.
    Reserved(Arc<Reservation>),
    /// The reservation as it is after the verb.
    Reservation {
        /// The reservation.
        reservation: Arc<Reservation>,
        /// The same request was answered before; nothing changed now.
        replayed: bool,
    },
    /// The stock record as it is after the write.
    Stock {
        /// The record.
        record: Box<StockRecord>,
        /// Whether this request changed it.
        applied: Applied,
    },
    /// The SKU as it is after its settings were written.
    Sku(Box<SkuStock>),
    /// The SKU is gone.
    SkuDeleted,
    /// The sale as it is after its settings were written.
    Sale(Box<Sale>),
    /// Not done, and nothing changed.
    Refused(Refusal),
    /// Not done: the same request was refused before, and is told the same again.
    RefusedBefore(Refusal),
}

/// What became of a stock write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// It changed the record.
    Now,
    /// The same request did so before.
    Before,
    /// The source has written something newer since.
    StaleSource,
}

/// A line that could not be served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shortfall {
    /// The SKU.
    pub sku: Sku,
    /// The location, where the line named one.
    pub location: Option<Location>,
    /// Units asked for.
    pub requested: u64,
    /// Units that there were for this line.
    pub available: u64,
}

/// Why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// A value that only the books could find wrong.
    Invalid {
        /// JSON pointer to the field.
        pointer: Cow<'static, str>,
        /// What is wrong, and what would be right.
        detail: &'static str,
    },
    /// No such SKU, or not at this location.
    UnknownSku {
        /// The SKU.
        sku: Sku,
        /// The location that the line named, if the SKU exists elsewhere.
        location: Option<Location>,
    },
    /// No such sale.
    UnknownSale,
    /// No such reservation.
    ReservationNotFound,
    /// The reservation is still held.
    ReservationHeld,
    /// The reservation is confirmed.
    ReservationConfirmed,
    /// The reservation was released.
    ReservationReleased,
    /// The reservation's deadline has passed.
    ReservationExpired,
    /// The reservation was cancelled.
    ReservationCancelled,
    /// The reservation was shipped.
    ReservationFulfilled,
    /// The sale has not begun, or the SKU is only sold in one.
    SaleNotOpen {
        /// When it begins; absent where no sale was named.
        starts: Option<Millis>,
    },
    /// The sale is over, or sold out.
    SaleClosed,
    /// A limit would be passed.
    LimitExceeded {
        /// Which.
        limit: Limit,
        /// Of which SKU, where it is a SKU's.
        sku: Option<Sku>,
        /// Units that it still leaves.
        remaining: u32,
    },
    /// Not enough in some bucket: every short line.
    InsufficientStock {
        /// The short lines.
        shortfalls: Vec<Shortfall>,
    },
    /// The same key with another body.
    IdempotencyMismatch {
        /// The first field that differs.
        field: &'static str,
    },
    /// The record has another version.
    StaleVersion {
        /// The version it has; 0: it does not exist.
        version: u64,
    },
    /// On-hand would fall below zero.
    OnHandNegative,
    /// Something of the SKU is held or allocated.
    SkuInUse,
}

impl Refusal {
    /// Every word that [`Refusal::code`] can give, the most frequent first.
    pub const CODES: [&'static str; 18] = [
        "insufficient_stock",
        "limit_exceeded",
        "sale_closed",
        "sale_not_open",
        "reservation_expired",
        "reservation_released",
        "reservation_confirmed",
        "reservation_cancelled",
        "reservation_fulfilled",
        "reservation_held",
        "reservation_not_found",
        "idempotency_mismatch",
        "invalid_request",
        "unknown_sku",
        "unknown_sale",
        "stale_version",
        "on_hand_negative",
        "sku_in_use",
    ];

    /// The word of the contract.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Invalid { .. } => "invalid_request",
            Self::UnknownSku { .. } => "unknown_sku",
            Self::UnknownSale => "unknown_sale",
            Self::ReservationNotFound => "reservation_not_found",
            Self::ReservationHeld => "reservation_held",
            Self::ReservationConfirmed => "reservation_confirmed",
            Self::ReservationReleased => "reservation_released",
            Self::ReservationExpired => "reservation_expired",
            Self::ReservationCancelled => "reservation_cancelled",
            Self::ReservationFulfilled => "reservation_fulfilled",
            Self::SaleNotOpen { .. } => "sale_not_open",
            Self::SaleClosed => "sale_closed",
            Self::LimitExceeded { .. } => "limit_exceeded",
            Self::InsufficientStock { .. } => "insufficient_stock",
            Self::IdempotencyMismatch { .. } => "idempotency_mismatch",
            Self::StaleVersion { .. } => "stale_version",
            Self::OnHandNegative => "on_hand_negative",
            Self::SkuInUse => "sku_in_use",
        }
    }

    /// Whether a retry must be told the same again, so that "sold out" never turns into a
    /// surprise hold.
    pub const fn is_remembered(&self) -> bool {
        matches!(self, Self::InsufficientStock { .. } | Self::LimitExceeded { .. } | Self::SaleClosed)
    }

    pub(crate) fn invalid(pointer: impl Into<Cow<'static, str>>, detail: &'static str) -> Self {
        Self::Invalid { pointer: pointer.into(), detail }
    }
}
