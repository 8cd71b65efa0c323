//! The naive model: lists, loops and sums that a reader can check by eye. It shares nothing with
//! the ledger but names and commands. It stores no held or allocated figure at all: both are
//! summed anew from the reservations whenever somebody asks.

mod reserve;
mod stock;
mod verbs;

use ledger::{Adjust, Channel, Command, Customer, Location, Millis, Order, ReservationId, Reserve, SaleId, Sku, Text};
use std::collections::BTreeMap;

/// A location's own figures.
#[derive(Debug, Clone, PartialEq, Eq)]
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

/// What a line got from a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub line: usize,
    pub sku: Sku,
    pub location: Location,
    pub units: i128,
}

/// A reservation; its state in the words of the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    pub taken: Vec<Taken>,
}

impl Hold {
    /// The state at an instant, whether anybody swept or not.
    fn state_at(&self, now: u64) -> &'static str {
        if self.state == "held" && now >= self.expires { "expired" } else { self.state }
    }
}

/// An answer; a refusal is its code with the details that matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Made(Hold),
    Seen { hold: Hold, replayed: bool },
    Stock { bucket: Bucket, held: i128, allocated: i128, applied: &'static str },
    No(String),
}

fn no(why: &str) -> Answer {
    Answer::No(why.to_owned())
}

/// Everything the model knows.
pub struct Model {
    default_ttl: u64,
    max_hold: u64,
    /// In order of creation, which is the order in which a SKU's locations serve.
    pub buckets: Vec<Bucket>,
    pub holds: BTreeMap<ReservationId, Hold>,
    requests: BTreeMap<ReservationId, Reserve>,
    /// Who ended when, oldest first.
    ended: Vec<(u64, ReservationId)>,
    /// Adjustments with a key, oldest first.
    adjusted: Vec<(u64, Text, Adjust)>,
}

impl Model {
    pub fn new(default_ttl: Millis, max_hold: Millis) -> Self {
        Self {
            default_ttl: default_ttl.0,
            max_hold: max_hold.0,
            buckets: Vec::new(),
            holds: BTreeMap::new(),
            requests: BTreeMap::new(),
            ended: Vec::new(),
            adjusted: Vec::new(),
        }
    }

    pub fn answer(&mut self, command: &Command, now: Millis) -> Answer {
        match command {
            Command::Reserve(reserve) => self.reserve(reserve, now.0),
            Command::Confirm(confirm) => self.confirm(confirm, now.0),
            Command::Release(id) => self.release(id, now.0),
            Command::Extend(id, ttl) => self.extend(id, ttl.0, now.0),
            Command::Expire(id) => self.expire(id, now.0),
            Command::SetStock(set) => self.set_stock(set, now.0),
            Command::Adjust(adjust) => self.adjust(adjust, now.0),
        }
    }

    fn bucket(&self, sku: &Sku, location: &Location) -> Option<&Bucket> {
        self.buckets.iter().find(|bucket| bucket.sku == *sku && bucket.location == *location)
    }

    /// The sum over the reservations in a state of what they have from a bucket.
    fn sum(&self, state: &str, sku: &Sku, location: &Location) -> i128 {
        let mut units = 0;
        for hold in self.holds.values().filter(|hold| hold.state == state) {
            for taken in &hold.taken {
                if taken.sku == *sku && taken.location == *location {
                    units += taken.units;
                }
            }
        }
        units
    }

    pub fn held(&self, sku: &Sku, location: &Location) -> i128 {
        self.sum("held", sku, location)
    }

    pub fn allocated(&self, sku: &Sku, location: &Location) -> i128 {
        self.sum("confirmed", sku, location)
    }

    fn available(&self, bucket: &Bucket) -> i128 {
        bucket.on_hand + bucket.backorder_limit
            - self.held(&bucket.sku, &bucket.location)
            - self.allocated(&bucket.sku, &bucket.location)
            - bucket.safety_stock
            - bucket.unavailable
    }

    /// Held reservations whose deadline has come, with their deadlines.
    pub fn due(&self, now: Millis) -> Vec<(u64, ReservationId)> {
        let due = self.holds.values().filter(|hold| hold.state == "held" && hold.expires <= now.0);
        let mut due: Vec<_> = due.map(|hold| (hold.expires, hold.id.clone())).collect();
        due.sort();
        due
    }

    pub fn next_deadline(&self) -> Option<u64> {
        self.holds.values().filter(|hold| hold.state == "held").map(|hold| hold.expires).min()
    }

    /// Forgets what ended before the horizon, and the oldest beyond `most`. Among those that ended in
    /// the same millisecond the ledger may choose: `chosen` says how it did.
    pub fn forget_ended(&mut self, horizon: Millis, most: usize, chosen: &[ReservationId]) {
        for id in chosen {
            let oldest = self.ended.iter().map(|(at, _)| *at).min().expect("something has ended");
            assert!(self.ended.len() > most || oldest < horizon.0, "{id} was forgotten too early");
            let place = self.ended.iter().position(|(_, ended)| ended == id).expect("only what ended is forgotten");
            assert_eq!(self.ended[place].0, oldest, "the oldest is forgotten first");
            self.ended.remove(place);
            self.holds.remove(id);
            self.requests.remove(id);
        }
        assert!(self.ended.len() <= most, "more is remembered than was allowed");
        assert!(self.ended.iter().all(|(at, _)| *at >= horizon.0), "something old is still remembered");
    }

    /// The same for adjustments; how many.
    pub fn forget_adjusted(&mut self, horizon: Millis, most: usize) -> usize {
        let before = self.adjusted.len();
        while self.adjusted.len() > most || self.adjusted.first().is_some_and(|(at, ..)| *at < horizon.0) {
            self.adjusted.remove(0);
        }
        before - self.adjusted.len()
    }
}
