//! The naive model. It stores no held or allocated figure at all, of stock or of a limit: both are
//! summed anew from the reservations whenever somebody asks. Only what was bought for good is
//! counted, since its reservations may be forgotten.

mod forget;
mod limits;
mod place;
mod reserve;
mod sales;
mod stock;
mod verbs;

use ledger::{
    Adjust, Channel, Command, Confirm, Customer, EventKind, LimitKey, Location, Millis, Order, Policy, ReservationId,
    Reserve, SaleId, SaleSettings, Sku, SkuSettings, Text, Wants,
};
use std::collections::BTreeMap;

/// A location's own figures.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the figures of the contract under the names of the contract")]
pub struct Bucket {
    pub sku: Sku,
    pub location: Location,
    pub on_hand: i128,
    pub safety_stock: i128,
    pub unavailable: i128,
    pub backorder_limit: i128,
    pub version: u64,
    pub source_ts: Option<u64>,
}

/// A location's own figures, and what reservations have of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelf {
    /// Its own figures.
    pub bucket: Bucket,
    /// The sum over the held reservations.
    pub held: i128,
    /// The sum over the confirmed ones, without what was shipped.
    pub allocated: i128,
}

/// What a line got from a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Which line of the request.
    pub line: usize,
    /// The SKU.
    pub sku: Sku,
    /// Where from.
    pub location: Location,
    /// How many.
    pub units: i128,
    /// How many of them are gone.
    pub shipped: i128,
    /// How many best effort was asked for; 0 elsewhere.
    pub requested: i128,
    /// Whether the request named the location.
    pub located: bool,
    /// The counters of limits in which its units stand.
    pub counted: Vec<LimitKey>,
}

impl Piece {
    fn unshipped(&self) -> i128 {
        self.units - self.shipped
    }
}

/// A reservation; its state in the words of the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields of the contract under the names of the contract")]
pub struct Hold {
    pub id: ReservationId,
    pub customer: Option<Customer>,
    pub channel: Option<Channel>,
    pub sale: Option<SaleId>,
    pub order: Option<Order>,
    pub state: &'static str,
    pub created: u64,
    pub expires: u64,
    pub changed: u64,
    pub version: u32,
    pub payment_started: Option<u64>,
    pub reacquired: bool,
    pub pieces: Vec<Piece>,
}

impl Hold {
    /// The state at an instant, whether anybody swept or not.
    fn state_at(&self, now: u64) -> &'static str {
        if self.state == "held" && now >= self.expires { "expired" } else { self.state }
    }

    fn is_live(&self) -> bool {
        matches!(self.state, "held" | "confirmed")
    }
}

/// A reservation with the requests by which it is recognised.
#[derive(Clone)]
struct Kept {
    hold: Hold,
    asked: Reserve,
    /// The confirm that was done.
    confirmed: Option<Confirm>,
    /// The lines of the fulfil that ended it.
    fulfilled: Option<Wants>,
}

/// A sale with what is taken of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Campaign {
    /// As the operator set it.
    pub settings: SaleSettings,
    /// The phase that was last told.
    pub told: &'static str,
    /// Which write of the settings it is.
    pub version: u64,
    /// Whether its customers are forgotten.
    pub retired: bool,
}

/// What is taken from a counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// By held reservations.
    pub held: i128,
    /// By confirmed ones.
    pub allocated: i128,
    /// For good.
    pub bought: i128,
}

impl Count {
    /// All of it.
    pub fn units(self) -> i128 {
        self.held + self.allocated + self.bought
    }
}

/// An answer; a refusal is its code with the details that matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A reservation was made.
    Made(Hold),
    /// A reservation is as it is.
    Seen {
        /// The reservation.
        hold: Hold,
        /// Nothing changed now.
        replayed: bool,
    },
    /// A stock record.
    Stock {
        /// The record.
        shelf: Shelf,
        /// `now`, `before` or `stale_source`.
        applied: &'static str,
    },
    /// A SKU: its records by location, its settings, what channels took of it.
    Sku(Vec<Shelf>, SkuSettings, Vec<(LimitKey, Count)>),
    /// The SKU is gone.
    SkuDeleted,
    /// A sale: what is taken of it, and what channels took.
    Sale(Campaign, Count, Vec<(LimitKey, Count)>),
    /// Refused.
    No(String),
}

/// An answer with what happened, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// What the caller is told.
    pub answer: Answer,
    /// The kinds of the events.
    pub events: Vec<EventKind>,
}

/// Everything the model knows.
#[derive(Clone)]
pub struct Model {
    policy: Policy,
    skus: BTreeMap<Sku, SkuSettings>,
    /// By SKU and location.
    buckets: Vec<Bucket>,
    holds: BTreeMap<ReservationId, Kept>,
    sales: BTreeMap<SaleId, Campaign>,
    /// What was bought under each limit.
    bought: BTreeMap<LimitKey, i128>,
    /// Adjustments with a key, oldest first.
    adjusted: Vec<(u64, Text, Adjust)>,
    /// What the command that is being answered has brought about.
    events: Vec<EventKind>,
}

impl Model {
    /// That knows nothing yet.
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            skus: BTreeMap::new(),
            buckets: Vec::new(),
            holds: BTreeMap::new(),
            sales: BTreeMap::new(),
            bought: BTreeMap::new(),
            adjusted: Vec::new(),
            events: Vec::new(),
        }
    }

    /// Does what is asked, or says why not.
    pub fn answer(&mut self, command: &Command, now: Millis) -> Reply {
        let now = now.0;
        let answer = match command {
            Command::Reserve(reserve) => self.reserve(reserve, now),
            Command::Confirm(confirm) => self.confirm(confirm, now),
            Command::Release(id) => self.release(id, now),
            Command::Extend(id, ttl) => self.extend(id, ttl.0, now),
            Command::PaymentStarted(id, grace) => self.payment_started(id, grace.map(|grace| grace.0), now),
            Command::Cancel(id) => self.cancel(id, now),
            Command::Fulfil(fulfil) => self.fulfil(fulfil, now),
            Command::Expire(id) => self.expire(id, now),
            Command::SetStock(set) => self.set_stock(set, now),
            Command::Adjust(adjust) => self.adjust(adjust, now),
            Command::SetSku(sku, settings) => Ok(self.set_sku(sku, settings)),
            Command::DeleteSku(sku) => self.delete_sku(sku),
            Command::SetSale(id, settings) => self.set_sale(id, settings, now),
            Command::TurnSale(id) => self.turn_sale(id, now),
        };
        let events = std::mem::take(&mut self.events);
        if !events.is_empty() {
            self.forget_uncounted();
        }
        Reply { answer: answer.unwrap_or_else(Answer::No), events }
    }

    fn bucket(&self, sku: &Sku, location: &Location) -> Option<&Bucket> {
        self.buckets.iter().find(|bucket| bucket.sku == *sku && bucket.location == *location)
    }

    /// A bucket with what reservations have of it.
    fn shelf(&self, bucket: &Bucket) -> Shelf {
        let mut shelf = Shelf { bucket: bucket.clone(), held: 0, allocated: 0 };
        for kept in self.holds.values().filter(|kept| kept.hold.is_live()) {
            for piece in &kept.hold.pieces {
                if piece.sku == bucket.sku && piece.location == bucket.location {
                    match kept.hold.state {
                        "held" => shelf.held += piece.unshipped(),
                        _ => shelf.allocated += piece.unshipped(),
                    }
                }
            }
        }
        shelf
    }

    fn available(&self, bucket: &Bucket) -> i128 {
        let shelf = self.shelf(bucket);
        bucket.on_hand + bucket.backorder_limit
            - shelf.held
            - shelf.allocated
            - bucket.safety_stock
            - bucket.unavailable
    }

    /// A SKU's records, by location.
    pub fn shelves<'m>(&'m self, sku: &'m Sku) -> impl Iterator<Item = Shelf> + 'm {
        self.buckets.iter().filter(|bucket| bucket.sku == *sku).map(|bucket| self.shelf(bucket))
    }

    /// Every SKU with its settings.
    pub fn skus(&self) -> impl Iterator<Item = (&Sku, &SkuSettings)> {
        self.skus.iter()
    }

    /// Every sale.
    pub fn sales(&self) -> impl Iterator<Item = (&SaleId, &Campaign)> {
        self.sales.iter()
    }

    /// Every reservation that is remembered.
    pub fn holds(&self) -> impl Iterator<Item = &Hold> {
        self.holds.values().map(|kept| &kept.hold)
    }

    /// Held reservations whose deadline has come, with their deadlines, the longest overdue first.
    pub fn due(&self, now: Millis) -> Vec<(u64, ReservationId)> {
        let due = self.holds().filter(|hold| hold.state == "held" && hold.expires <= now.0);
        let mut due: Vec<_> = due.map(|hold| (hold.expires, hold.id.clone())).collect();
        due.sort();
        due
    }

    /// The earliest deadline.
    pub fn next_deadline(&self) -> Option<u64> {
        self.holds().filter(|hold| hold.state == "held").map(|hold| hold.expires).min()
    }
}
