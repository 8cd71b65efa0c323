//! Requests in a line, and answers in a word. It must not know how either travels.

use engine::{Answer, Request, Routing};
use ledger::{
    Adjust, Applied, Command, Confirm, ConfirmPrint, IfExpired, Location, Millis, Mode, OnHand, Outcome, Quantity,
    Refusal, Reservation, ReservationId, Reserve, ReservePrint, SetStock, Sku, Text, Want,
};

pub fn sku(name: &str) -> Sku {
    Sku::parse(name).expect("tests use valid names")
}

pub fn id(name: &str) -> ReservationId {
    ReservationId::parse(name).expect("tests use valid names")
}

pub fn text(text: &str) -> Text {
    Text::parse(text).expect("tests use valid texts")
}

pub fn stock_at(name: &str, location: Location, on_hand: u32) -> Request {
    Request::Command(Command::SetStock(SetStock {
        sku: sku(name),
        location,
        on_hand: OnHand::Exactly(on_hand),
        safety_stock: None,
        unavailable: None,
        backorder_limit: None,
        if_version: None,
        source_ts: None,
    }))
}

pub fn stock(name: &str, on_hand: u32) -> Request {
    stock_at(name, Location::default_location(), on_hand)
}

pub fn adjust(name: &str, delta: i64, key: Option<&str>) -> Request {
    Request::Command(Command::Adjust(Adjust {
        sku: sku(name),
        location: Location::default_location(),
        delta,
        reason: None,
        reference: None,
        key: key.map(text),
    }))
}

fn reserve_with(name: &str, ttl_ms: Option<u64>, lines: &[(&str, u64)]) -> Request {
    let want = |(name, quantity): &(&str, u64)| Want {
        sku: sku(name),
        location: None,
        quantity: Quantity::new(*quantity).expect("tests use valid quantities"),
    };
    let canonical = format!("{lines:?}");
    Request::Command(Command::Reserve(Reserve {
        id: id(name),
        customer: None,
        channel: None,
        sale: None,
        ttl: ttl_ms.map(Millis),
        mode: Mode::AllOrNothing,
        wants: lines.iter().map(want).collect(),
        print: ReservePrint::new(None, None, None, ttl_ms, "all_or_nothing", canonical.as_bytes()),
    }))
}

pub fn reserve(name: &str, lines: &[(&str, u64)]) -> Request {
    reserve_with(name, None, lines)
}

pub fn reserve_for(name: &str, ttl_ms: u64, lines: &[(&str, u64)]) -> Request {
    reserve_with(name, Some(ttl_ms), lines)
}

pub fn confirm(name: &str) -> Request {
    let print = ConfirmPrint::new(None, None, None);
    let if_expired = IfExpired::Refuse;
    Request::Command(Command::Confirm(Confirm { id: id(name), order: None, lines: None, if_expired, print }))
}

pub fn release(name: &str) -> Request {
    Request::Command(Command::Release(id(name)))
}

pub fn extend(name: &str, ttl_ms: u64) -> Request {
    Request::Command(Command::Extend(id(name), Millis(ttl_ms)))
}

pub fn get(name: &str) -> Request {
    Request::Reservation(id(name))
}

pub fn look(names: &[&str]) -> Request {
    Request::Stock(names.iter().map(|name| sku(name)).collect())
}

/// An answer in a few words; stock as available/held/allocated.
pub fn told(answer: &Answer) -> String {
    match answer {
        Answer::Outcome(outcome) => told_outcome(outcome),
        Answer::Reservation(None) => "nobody".to_owned(),
        Answer::Reservation(Some(seen)) => seen.state.as_str().to_owned(),
        Answer::Stock(view) => {
            let figures = view.found.iter().map(|found| match found {
                None => "unknown".to_owned(),
                Some(stock) => {
                    let held: u32 = stock.locations.iter().map(|row| row.held).sum();
                    let allocated: u32 = stock.locations.iter().map(|row| row.allocated).sum();
                    format!("{}/{held}/{allocated}", stock.available())
                }
            });
            figures.collect::<Vec<_>>().join(" ")
        }
        Answer::Sale(None) => "no sale".to_owned(),
        Answer::Sale(Some(sale)) => {
            format!("{} {}/{}/{}", sale.told.as_str(), sale.taken.held, sale.taken.allocated, sale.taken.fulfilled)
        }
        Answer::Unavailable(why) => why.reason().to_owned(),
    }
}

fn told_outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Reserved(_) => "reserved".to_owned(),
        Outcome::Reservation { reservation, replayed: false } => reservation.state.as_str().to_owned(),
        Outcome::Reservation { reservation, replayed: true } => format!("{} again", reservation.state.as_str()),
        Outcome::Stock { record, applied } => {
            let applied = match applied {
                Applied::Now => "now",
                Applied::Before => "before",
                Applied::StaleSource => "stale",
            };
            format!("{} {applied}", record.row.on_hand)
        }
        Outcome::Sku(stock) => format!("set {}", stock.sku),
        Outcome::SkuDeleted => "deleted".to_owned(),
        Outcome::Sale(sale) => sale.told.as_str().to_owned(),
        Outcome::RefusedBefore(refusal) => format!("{} again", refusal.code()),
        Outcome::Refused(Refusal::LimitExceeded { limit, remaining, .. }) => {
            format!("{} leaves {remaining}", limit.as_str())
        }
        Outcome::Refused(Refusal::IdempotencyMismatch { field }) => format!("idempotency_mismatch {field}"),
        Outcome::Refused(refusal) => refusal.code().to_owned(),
    }
}

/// The reservation that an answer carries.
pub fn reservation_in(answer: &Answer) -> Option<&Reservation> {
    match answer {
        Answer::Outcome(Outcome::Reserved(seen) | Outcome::Reservation { reservation: seen, .. })
        | Answer::Reservation(Some(seen)) => Some(seen),
        _ => None,
    }
}

/// A SKU for every shard, in the shards' order.
pub fn sku_per_shard(shards: usize) -> Vec<String> {
    let routing = Routing::new(shards);
    let on_shard = |shard| {
        let mut names = (0..).map(|number| format!("sku-{number}"));
        names.find(|name| usize::from(routing.of_sku(&sku(name))) == shard).expect("endless names meet every shard")
    };
    (0..shards).map(on_shard).collect()
}
