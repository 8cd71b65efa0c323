//! Commands as the edge would make them: names parsed, fingerprints taken. Knows no books. Every
//! function panics on a name or quantity that is not valid: tests write valid ones.

use ledger::{
    Adjust, Channel, Command, Confirm, ConfirmPrint, Customer, Fulfil, FulfilPrint, IfExpired, Location, Millis, Mode,
    OnHand, Order, Quantity, ReservationId, Reserve, ReservePrint, SaleId, SetStock, Sku, Text, Want, Wants,
};

const VALID: &str = "tests write valid names";

/// A SKU.
pub fn sku(name: &str) -> Sku {
    Sku::parse(name).expect(VALID)
}

/// A location.
pub fn location(name: &str) -> Location {
    Location::parse(name).expect(VALID)
}

/// A customer.
pub fn customer(name: &str) -> Customer {
    Customer::parse(name).expect(VALID)
}

/// A channel.
pub fn channel(name: &str) -> Channel {
    Channel::parse(name).expect(VALID)
}

/// A sale.
pub fn sale(name: &str) -> SaleId {
    SaleId::parse(name).expect(VALID)
}

/// A reservation's name.
pub fn id(name: &str) -> ReservationId {
    ReservationId::parse(name).expect(VALID)
}

/// An order.
pub fn order(name: &str) -> Order {
    Order::parse(name).expect(VALID)
}

/// A free text.
pub fn text(words: &str) -> Text {
    Text::parse(words).expect(VALID)
}

/// A line: `"A"` for wherever there is stock, `"A@east"` for one location.
pub fn want(place: &str, units: u64) -> Want {
    let (name, at) = place.split_once('@').map_or((place, None), |(name, at)| (name, Some(at)));
    let quantity = Quantity::new(units).expect("tests write valid quantities");
    Want { sku: sku(name), location: at.map(location), quantity }
}

/// Several lines.
pub fn wants(lines: &[(&str, u64)]) -> Wants {
    lines.iter().map(|(place, units)| want(place, *units)).collect()
}

/// A reserve of nothing but lines; `asked` takes its fingerprint.
pub fn lines(name: &str, lines: &[(&str, u64)]) -> Reserve {
    Reserve {
        id: id(name),
        customer: None,
        channel: None,
        sale: None,
        ttl: None,
        mode: Mode::AllOrNothing,
        wants: wants(lines),
        print: ReservePrint::default(),
    }
}

/// A reserve of nothing but lines within a sale.
pub fn in_sale(name: &str, in_sale: &str, wants: &[(&str, u64)]) -> Reserve {
    Reserve { sale: Some(sale(in_sale)), ..lines(name, wants) }
}

/// The command of a reserve, with the fingerprint of its fields.
pub fn asked(mut reserve: Reserve) -> Command {
    reserve.print = ReservePrint::new(
        reserve.customer.as_ref().map(Customer::as_str),
        reserve.channel.as_ref().map(Channel::as_str),
        reserve.sale.as_ref().map(SaleId::as_str),
        reserve.ttl.map(|ttl| ttl.0),
        reserve.mode.as_str(),
        &canonical(&reserve.wants),
    );
    Command::Reserve(reserve)
}

/// Bytes that are the same for the same lines only.
fn canonical(wants: &[Want]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(16 * wants.len());
    for want in wants {
        bytes.extend_from_slice(want.sku.as_str().as_bytes());
        bytes.push(b'@');
        bytes.extend_from_slice(want.location.as_ref().map_or("", Location::as_str).as_bytes());
        bytes.push(b' ');
        bytes.extend_from_slice(&want.quantity.units().to_le_bytes());
    }
    bytes
}

/// A reserve of nothing but lines.
pub fn reserve(name: &str, wants: &[(&str, u64)]) -> Command {
    asked(lines(name, wants))
}

/// A reserve of nothing but lines and a time to live.
pub fn reserve_for(name: &str, ttl_ms: u64, wants: &[(&str, u64)]) -> Command {
    asked(Reserve { ttl: Some(Millis(ttl_ms)), ..lines(name, wants) })
}

/// A reserve that takes what there is.
pub fn best_effort(name: &str, wants: &[(&str, u64)]) -> Command {
    asked(Reserve { mode: Mode::BestEffort, ..lines(name, wants) })
}

/// The command of a confirm, with the fingerprint of its fields.
pub fn confirming(mut confirm: Confirm) -> Command {
    let lines = confirm.lines.as_deref().map(canonical);
    let order = confirm.order.as_ref().map(Order::as_str);
    confirm.print = ConfirmPrint::new(order, lines.as_deref(), Some(confirm.if_expired.as_str()));
    Command::Confirm(confirm)
}

/// A confirm of all lines, which is refused past the deadline; `confirming` takes its fingerprint.
pub fn whole(name: &str) -> Confirm {
    Confirm { id: id(name), order: None, lines: None, if_expired: IfExpired::Refuse, print: ConfirmPrint::default() }
}

/// A confirm of all lines for an order.
pub fn confirm(name: &str, for_order: Option<&str>) -> Command {
    confirming(Confirm { order: for_order.map(order), ..whole(name) })
}

/// A confirm of some lines.
pub fn confirm_parts(name: &str, parts: &[(&str, u64)]) -> Command {
    confirming(Confirm { lines: Some(wants(parts)), ..whole(name) })
}

/// A confirm of all lines that takes the units again past the deadline.
pub fn reacquire(name: &str) -> Command {
    confirming(Confirm { if_expired: IfExpired::Reacquire, ..whole(name) })
}

/// A release.
pub fn release(name: &str) -> Command {
    Command::Release(id(name))
}

/// An extend.
pub fn extend(name: &str, ttl_ms: u64) -> Command {
    Command::Extend(id(name), Millis(ttl_ms))
}

/// Word of a payment under way.
pub fn payment_started(name: &str, grace_ms: Option<u64>) -> Command {
    Command::PaymentStarted(id(name), grace_ms.map(Millis))
}

/// A cancel.
pub fn cancel(name: &str) -> Command {
    Command::Cancel(id(name))
}

/// The command of a fulfil, with the fingerprint of its field.
pub fn fulfilling(name: &str, lines: Option<Wants>) -> Command {
    let print = FulfilPrint::new(lines.as_deref().map(canonical).as_deref());
    Command::Fulfil(Fulfil { id: id(name), lines, print })
}

/// A fulfil of all that is not shipped yet.
pub fn fulfil(name: &str) -> Command {
    fulfilling(name, None)
}

/// A fulfil of a part.
pub fn fulfil_parts(name: &str, parts: &[(&str, u64)]) -> Command {
    fulfilling(name, Some(wants(parts)))
}

/// The sweep's own verb.
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
