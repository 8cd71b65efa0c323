//! What can be asked of the ledger. Everything here was validated for shape by whoever made it.

use crate::{
    Channel, ConfirmPrint, Customer, FulfilPrint, Location, Millis, Order, Quantity, ReservationId, ReservePrint,
    SaleId, SaleSettings, Sku, SkuSettings, Text,
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
    /// A capture is under way: keep the hold for a grace, the policy's longest when absent.
    PaymentStarted(ReservationId, Option<Millis>),
    /// Give back what a confirmed reservation has not shipped.
    Cancel(ReservationId),
    /// Ship a confirmed reservation, or a part of it.
    Fulfil(Fulfil),
    /// Give back the units of a hold whose deadline has passed.
    Expire(ReservationId),
    /// Write a location's own figures.
    SetStock(SetStock),
    /// Change on-hand by a difference.
    Adjust(Adjust),
    /// Write a SKU's settings, creating it if it is unknown.
    SetSku(Sku, SkuSettings),
    /// Forget a SKU of which nothing is promised.
    DeleteSku(Sku),
    /// Write a sale's settings, creating it if it is unknown.
    SetSale(SaleId, SaleSettings),
    /// Do what time alone has made due for a sale.
    TurnSale(SaleId),
}

impl Command {
    /// The reservation that a verb is about, where the command names nothing else.
    pub fn verb_on(&self) -> Option<&ReservationId> {
        match self {
            Self::Confirm(Confirm { id, .. })
            | Self::Fulfil(Fulfil { id, .. })
            | Self::Release(id)
            | Self::Extend(id, _)
            | Self::PaymentStarted(id, _)
            | Self::Cancel(id)
            | Self::Expire(id) => Some(id),
            Self::Reserve(_)
            | Self::SetStock(_)
            | Self::Adjust(_)
            | Self::SetSku(..)
            | Self::DeleteSku(_)
            | Self::SetSale(..)
            | Self::TurnSale(_) => None,
        }
    }
}

/// One line of a reserve, or a part of a reservation that a verb is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Want {
    /// The SKU.
    pub sku: Sku,
    /// A location, or wherever there is stock.
    pub location: Option<Location>,
    /// How many.
    pub quantity: Quantity,
}

/// Lines as they are asked for.
pub type Wants = SmallVec<[Want; 1]>;

/// What becomes of a reserve that cannot be served as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Nothing is taken.
    #[default]
    AllOrNothing,
    /// Each line takes what there is for it.
    BestEffort,
}

impl Mode {
    /// The word of the contract.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AllOrNothing => "all_or_nothing",
            Self::BestEffort => "best_effort",
        }
    }
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
    /// All or as much as there is.
    pub mode: Mode,
    /// 1 to [`crate::MAX_LINES`] lines.
    pub wants: Wants,
    /// The request's fingerprint.
    pub print: ReservePrint,
}

/// What a confirm does after the deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IfExpired {
    /// Refuse.
    #[default]
    Refuse,
    /// Take the units again, if they are still there.
    Reacquire,
}

impl IfExpired {
    /// The word of the contract.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::Reacquire => "reacquire",
        }
    }
}

/// A confirm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirm {
    /// Which reservation.
    pub id: ReservationId,
    /// For which order.
    pub order: Option<Order>,
    /// What to keep, the rest is given back; all of it when absent. 1 to [`crate::MAX_LINES`] lines.
    pub lines: Option<Wants>,
    /// What to do after the deadline.
    pub if_expired: IfExpired,
    /// The request's fingerprint.
    pub print: ConfirmPrint,
}

/// A fulfil.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fulfil {
    /// Which reservation.
    pub id: ReservationId,
    /// What was shipped; all that was not yet when absent. 1 to [`crate::MAX_LINES`] lines.
    pub lines: Option<Wants>,
    /// The request's fingerprint.
    pub print: FulfilPrint,
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
