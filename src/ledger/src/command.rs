//! What can be asked of the ledger. Everything here was validated for shape by whoever made it.

use crate::{
    Channel, ConfirmPrint, Customer, Location, Millis, Order, Quantity, ReservationId, ReservePrint, SaleId, Sku, Text,
};
use smallvec::SmallVec;

/// A request to change the books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Take units from buckets until a deadline.
    Reserve(Reserve),
    /// Make a hold final.
    Confirm(Confirm),
    /// Give a hold's units back.
    Release(ReservationId),
    /// Move a hold's deadline to now plus a time to live.
    Extend(ReservationId, Millis),
    /// Give back the units of a hold whose deadline has passed.
    Expire(ReservationId),
    /// Write a location's own figures.
    SetStock(SetStock),
    /// Change on-hand by a difference.
    Adjust(Adjust),
}

/// One line of a reserve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Want {
    /// The SKU.
    pub sku: Sku,
    /// A location, or wherever there is stock.
    pub location: Option<Location>,
    /// How many.
    pub quantity: Quantity,
}

/// A reserve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reserve {
    /// The reservation's name and idempotency key.
    pub id: ReservationId,
    /// Who.
    pub customer: Option<Customer>,
    /// Through what.
    pub channel: Option<Channel>,
    /// In which campaign.
    pub sale: Option<SaleId>,
    /// How long to hold; the policy's default when absent.
    pub ttl: Option<Millis>,
    /// 1 to [`crate::MAX_LINES`] lines.
    pub wants: SmallVec<[Want; 1]>,
    /// The request's fingerprint.
    pub print: ReservePrint,
}

/// A confirm of all lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirm {
    /// Which reservation.
    pub id: ReservationId,
    /// For which order.
    pub order: Option<Order>,
    /// The request's fingerprint.
    pub print: ConfirmPrint,
}

/// How a stock write says what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnHand {
    /// So many units are physically there.
    Exactly(u32),
    /// So many are there beyond what is held and allocated: for sources that subtract sales themselves.
    BeyondPromised(u32),
}

/// An absolute stock write; absent figures stay as they are, and are 0 at creation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetStock {
    /// The SKU; created if unknown.
    pub sku: Sku,
    /// The location; created if unknown.
    pub location: Location,
    /// What is there.
    pub on_hand: OnHand,
    /// Kept back.
    pub safety_stock: Option<u32>,
    /// There, but not for sale.
    pub unavailable: Option<u32>,
    /// May be promised beyond what is there.
    pub backorder_limit: Option<u32>,
    /// The version the writer believes in; 0: must not exist yet.
    pub if_version: Option<u64>,
    /// The source's own time, which orders its writes.
    pub source_ts: Option<Millis>,
}

/// A change of on-hand by a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjust {
    /// The SKU.
    pub sku: Sku,
    /// The location.
    pub location: Location,
    /// Units to add, or to take when negative; not zero.
    pub delta: i64,
    /// Why.
    pub reason: Option<Text>,
    /// The writer's own reference.
    pub reference: Option<Text>,
    /// The key under which the same adjustment is recognised.
    pub key: Option<Text>,
}
