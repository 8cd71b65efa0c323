//! What can be asked of the engine, and what it answers.

use ledger::{Command, Outcome, Reservation, ReservationId, Sale, SaleId, Sku, SkuStock};
use std::sync::Arc;
use wal::Lsn;

/// Something to be done or read.
#[derive(Debug, Clone)]
pub enum Request {
    /// A change of the books.
    Command(Command),
    /// A reservation as it is now.
    Reservation(ReservationId),
    /// SKUs as they are now, all at the same instant.
    Stock(Vec<Sku>),
    /// A sale as it is now.
    Sale(SaleId),
}

/// The two lanes of a shard's queue; settle goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// What ends or confirms a hold: it frees stock, or it is paid for.
    Settle,
    /// Everything else.
    Reserve,
}

impl Request {
    /// In which lane it waits.
    pub fn lane(&self) -> Lane {
        match self {
            Self::Command(command) if command.verb_on().is_some() => Lane::Settle,
            Self::Command(_) | Self::Reservation(_) | Self::Stock(_) | Self::Sale(_) => Lane::Reserve,
        }
    }
}

/// The answer to a [`Request`]. Given only when everything that it is based on is durable.
#[derive(Debug, Clone)]
pub enum Answer {
    /// What a command came to.
    Outcome(Outcome),
    /// The reservation, if there is one.
    Reservation(Option<Arc<Reservation>>),
    /// The SKUs asked for.
    Stock(StockView),
    /// The sale, if there is one.
    Sale(Option<Box<Sale>>),
    /// Not done; trying again later may help.
    Unavailable(Unavailable),
}

/// SKUs at one instant.
#[derive(Debug, Clone)]
pub struct StockView {
    /// In the order asked; `None` where there is no such SKU.
    pub found: Vec<Option<SkuStock>>,
    /// The last change that the view covers.
    pub as_of: Lsn,
}

/// Why a request was not even decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unavailable {
    /// A queue or the commit buffer is full.
    QueueFull,
    /// Disk space or a cap on memory is used up: only what frees stock still goes through.
    StorageFull,
    /// The log was seen to be damaged: nothing new is held, and what is known is read as ever.
    LogDamaged,
    /// The log failed; this process will not serve again.
    StorageFailed,
}

impl Unavailable {
    /// The word of the contract.
    pub const fn code(self) -> &'static str {
        match self {
            Self::QueueFull => "overloaded",
            Self::StorageFull => "storage_full",
            Self::LogDamaged | Self::StorageFailed => "storage_failed",
        }
    }

    /// The reason, the same in answer, metric and log.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::QueueFull => "queue_full",
            Self::StorageFull => "storage_full",
            Self::LogDamaged => "log_damaged",
            Self::StorageFailed => "storage_failed",
        }
    }
}
