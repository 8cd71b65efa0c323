//! A reservation: quantities from several buckets, all or nothing, until a deadline.

use crate::{
    Channel, ConfirmPrint, Customer, FulfilPrint, Location, Marks, Millis, Order, Refusal, ReservationId, ReservePrint,
    SaleId, Sku,
};
use smallvec::SmallVec;

/// Where a reservation is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Units are held until the deadline.
    Held,
    /// Units are allocated to an order.
    Confirmed,
    /// Given back by the platform. Final.
    Released,
    /// Given back by the deadline. Final, but for a confirm that takes the units again.
    Expired,
    /// Shipped as a whole. Final.
    Fulfilled,
    /// Confirmed, and then given back but for what was shipped. Final.
    Cancelled,
}

impl State {
    /// The word of the contract.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Confirmed => "confirmed",
            Self::Released => "released",
            Self::Expired => "expired",
            Self::Fulfilled => "fulfilled",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether the reservation still has units of a bucket.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Held | Self::Confirmed)
    }

    /// What a verb is told that this state does not allow.
    pub(crate) fn refusal(self) -> Refusal {
        match self {
            Self::Held => Refusal::ReservationHeld,
            Self::Confirmed => Refusal::ReservationConfirmed,
            Self::Released => Refusal::ReservationReleased,
            Self::Expired => Refusal::ReservationExpired,
            Self::Fulfilled => Refusal::ReservationFulfilled,
            Self::Cancelled => Refusal::ReservationCancelled,
        }
    }
}

/// What one line of the request got from one bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Which line of the request, from 0; a split line stands here several times.
    pub line: u16,
    /// The SKU.
    pub sku: Sku,
    /// The location that serves it.
    pub location: Location,
    /// Units; none where best effort found none, or where a partial confirm gave them back.
    pub quantity: u32,
    /// Units already shipped.
    pub fulfilled: u32,
    /// Units asked for, of a best-effort line; 0 for the others, which got what they asked for.
    pub requested: u32,
    /// Where its units are counted.
    pub marks: Marks,
}

impl Line {
    /// Units not shipped yet.
    pub const fn unshipped(&self) -> u32 {
        self.quantity - self.fulfilled
    }
}

/// The lines of a reservation; one is by far the most common.
pub type Lines = SmallVec<[Line; 1]>;

/// A reservation as the ledger keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// Its name, and the key under which the same request is recognised.
    pub id: ReservationId,
    /// Who.
    pub customer: Option<Customer>,
    /// Through what.
    pub channel: Option<Channel>,
    /// In which campaign.
    pub sale: Option<SaleId>,
    /// The order that it was confirmed for.
    pub order: Option<Order>,
    /// Where it is in its life.
    pub state: State,
    /// When it was made.
    pub created: Millis,
    /// The deadline: from this millisecond on it is expired, swept or not.
    pub expires: Millis,
    /// When it last changed; for an ended one, when it ended.
    pub changed: Millis,
    /// Counts the changes, from 1.
    pub version: u32,
    /// When a payment was first said to be under way.
    pub payment_started: Option<Millis>,
    /// Whether its units were taken again after it had expired.
    pub reacquired: bool,
    /// What it took.
    pub lines: Lines,
    /// What was asked for, to recognise the same request.
    pub asked: ReservePrint,
    /// What the confirm asked for, to recognise the same confirm.
    pub confirmed_by: ConfirmPrint,
    /// What the fulfil that ended it asked for, to recognise the same fulfil.
    pub fulfilled_by: FulfilPrint,
}

impl Reservation {
    /// Held, and past its deadline.
    pub fn is_due(&self, now: Millis) -> bool {
        self.state == State::Held && now >= self.expires
    }

    /// What a verb is told at an instant that the state does not allow.
    pub(crate) fn refusal_at(&self, now: Millis) -> Refusal {
        if self.is_due(now) { Refusal::ReservationExpired } else { self.state.refusal() }
    }
}
