//! Commands as the edge would make them: names parsed, fingerprints taken. Knows no ledger.

use ledger::{
    Adjust, Channel, Command, Confirm, ConfirmPrint, Customer, Location, Millis, OnHand, Order, Quantity,
    ReservationId, Reserve, ReservePrint, SaleId, SetStock, Sku, Text, Want,
};

pub fn sku(name: &str) -> Sku {
    Sku::parse(name).expect("tests write valid names")
}

pub fn location(name: &str) -> Location {
    Location::parse(name).expect("tests write valid names")
}

pub fn id(name: &str) -> ReservationId {
    ReservationId::parse(name).expect("tests write valid names")
}

pub fn text(words: &str) -> Text {
    Text::parse(words).expect("tests write valid texts")
}

/// A line: `"A"` for wherever there is stock, `"A@east"` for one location.
pub fn want(place: &str, units: u64) -> Want {
    let (name, at) = place.split_once('@').map_or((place, None), |(name, at)| (name, Some(at)));
    let quantity = Quantity::new(units).expect("tests write valid quantities");
    Want { sku: sku(name), location: at.map(location), quantity }
}

/// A reserve of nothing but lines; `asked` takes its fingerprint.
pub fn lines(name: &str, wants: &[(&str, u64)]) -> Reserve {
    Reserve {
        id: id(name),
        customer: None,
        channel: None,
        sale: None,
        ttl: None,
        wants: wants.iter().map(|(place, units)| want(place, *units)).collect(),
        print: ReservePrint::default(),
    }
}

/// The command of a reserve, with the fingerprint of its fields.
pub fn asked(mut reserve: Reserve) -> Command {
    let lines = format!("{:?}", reserve.wants);
    reserve.print = ReservePrint::new(
        reserve.customer.as_ref().map(Customer::as_str),
        reserve.channel.as_ref().map(Channel::as_str),
        reserve.sale.as_ref().map(SaleId::as_str),
        reserve.ttl.map(|ttl| ttl.0),
        "all_or_nothing",
        lines.as_bytes(),
    );
    Command::Reserve(reserve)
}

/// A reserve of nothing but lines.
pub fn reserve(name: &str, wants: &[(&str, u64)]) -> Command {
    asked(lines(name, wants))
}

/// A reserve of nothing but lines and a time to live.
pub fn reserve_for(name: &str, ttl_ms: u64, wants: &[(&str, u64)]) -> Command {
    asked(Reserve { ttl: Some(Millis(ttl_ms)), ..lines(name, wants) })
}

pub fn confirm(name: &str, order: Option<&str>) -> Command {
    let print = ConfirmPrint::new(order, None, None);
    let order = order.map(|order| Order::parse(order).expect("tests write valid names"));
    Command::Confirm(Confirm { id: id(name), order, print })
}

pub fn release(name: &str) -> Command {
    Command::Release(id(name))
}

pub fn extend(name: &str, ttl_ms: u64) -> Command {
    Command::Extend(id(name), Millis(ttl_ms))
}

pub fn expire(name: &str) -> Command {
    Command::Expire(id(name))
}

/// An absolute write of on-hand alone at `"A@east"`.
pub fn set(place: &str, on_hand: u32) -> SetStock {
    let (name, at) = place.split_once('@').expect("a stock write names its location");
    SetStock {
        sku: sku(name),
        location: location(at),
        on_hand: OnHand::Exactly(on_hand),
        safety_stock: None,
        unavailable: None,
        backorder_limit: None,
        if_version: None,
        source_ts: None,
    }
}

/// An adjustment without key, reason and reference at `"A@east"`.
pub fn adjust(place: &str, delta: i64) -> Adjust {
    let (name, at) = place.split_once('@').expect("an adjustment names its location");
    Adjust { sku: sku(name), location: location(at), delta, reason: None, reference: None, key: None }
}
