//! Each kind of event is what the contract says, and nothing that it does not have is there.

use super::{event_json, public_type};
use ledger::{
    Adjustment, ConfirmPrint, Customer, Event, EventKind, FulfilPrint, Line, Location, Marks, Millis, Order,
    Reservation, ReservationId, ReservePrint, SaleChange, SaleId, SalePhase, Sku, State, StockAfter, StockRow,
};
use serde_json::{Value, json};
use wal::Lsn;

fn sku(name: &str) -> Sku {
    Sku::parse(name).expect("a SKU")
}

fn location(name: &str) -> Location {
    Location::parse(name).expect("a location")
}

fn after(name: &str, place: &str, on_hand: u32, held: u32) -> StockAfter {
    StockAfter { sku: sku(name), row: StockRow { on_hand, held, ..StockRow::empty(location(place)) } }
}

fn line(number: u16, name: &str, place: &str, quantity: u32) -> Line {
    let marks = Marks::default();
    Line { line: number, sku: sku(name), location: location(place), quantity, fulfilled: 0, requested: 0, marks }
}

fn reservation() -> Reservation {
    Reservation {
        id: ReservationId::parse("r-1").expect("an id"),
        customer: None,
        channel: None,
        sale: None,
        order: None,
        state: State::Held,
        created: Millis(1),
        expires: Millis(2),
        changed: Millis(1),
        version: 1,
        payment_started: None,
        reacquired: false,
        lines: [line(0, "A", "east", 2), line(1, "A", "west", 1), line(2, "B", "east", 3)].into_iter().collect(),
        asked: ReservePrint([0; 6]),
        confirmed_by: ConfirmPrint([0; 3]),
        fulfilled_by: FulfilPrint::default(),
    }
}

fn event(kind: EventKind) -> Event {
    Event::new(kind, Millis(1234))
}

fn written(event: &Event) -> Value {
    let mut text = Vec::new();
    event_json(event, Lsn(42), "c", &mut text);
    assert!(!text.contains(&b'\n'), "an event is one line of a stream");
    serde_json::from_slice(&text).expect("valid JSON")
}

#[test]
fn a_reservation_has_each_lines_bucket_right_after_it() {
    let reservation = Reservation {
        customer: Some(Customer::parse("c-1").expect("a customer")),
        order: Some(Order::parse("#1 \"x\"").expect("an order")),
        state: State::Confirmed,
        ..reservation()
    };
    // Buckets in another order than the lines, two of one SKU, and one that only gave units back.
    let stock =
        [after("B", "east", 3, 3), after("A", "west", 5, 1), after("A", "east", 5, 9), after("B", "west", 2, 0)];
    let event = Event {
        reservation: Some(reservation.into()),
        stock: stock.into_iter().collect(),
        ..event(EventKind::Confirmed)
    };
    let expected = json!({
        "cursor": "c", "lsn": 42, "at_ms": 1234, "type": "reservation.confirmed",
        "reservation": "r-1", "customer": "c-1", "order": "#1 \"x\"", "state": "confirmed",
        "lines": [
            {"sku": "A", "location": "east", "quantity": 2, "available": -4},
            {"sku": "A", "location": "west", "quantity": 1, "available": 4},
            {"sku": "B", "location": "east", "quantity": 3, "available": 0},
            {"sku": "B", "location": "west", "quantity": 0, "available": 2},
        ],
    });
    assert_eq!(written(&event), expected);
}

#[test]
fn what_moves_no_units_says_nothing_of_them() {
    let event = Event { reservation: Some(reservation().into()), ..event(EventKind::Extended) };
    let expected = json!({
        "cursor": "c", "lsn": 42, "at_ms": 1234, "type": "reservation.extended", "reservation": "r-1",
        "state": "held", "expires_ms": 2,
        "lines": [
            {"sku": "A", "location": "east", "quantity": 2},
            {"sku": "A", "location": "west", "quantity": 1},
            {"sku": "B", "location": "east", "quantity": 3},
        ],
    });
    assert_eq!(written(&event), expected);
}

#[test]
fn a_write_of_stock_has_its_figures_and_no_quantity() {
    let adjustment =
        Adjustment { key: None, sku: sku("A"), location: location("east"), delta: -3, reason: None, reference: None };
    let stock = [after("A", "east", 7, 2)].into_iter().collect();
    let event = Event { adjustment: Some(Box::new(adjustment)), stock, ..event(EventKind::StockAdjusted) };
    let expected = json!({
        "cursor": "c", "lsn": 42, "at_ms": 1234, "type": "stock.adjusted",
        "lines": [{"sku": "A", "location": "east", "on_hand": 7, "available": 5}],
    });
    assert_eq!(written(&event), expected);
}

#[test]
fn a_sale_is_named_by_its_own_events_and_by_its_reservations() {
    let sale = SaleId::parse("drop-1").expect("a sale");
    let change = SaleChange::Told(sale.clone(), SalePhase::SoldOut);
    let sold_out = Event { sale: Some(Box::new(change)), ..event(EventKind::SaleSoldOut) };
    let expected = json!({"cursor": "c", "lsn": 42, "at_ms": 1234, "type": "sale.sold_out", "sale": "drop-1"});
    assert_eq!(written(&sold_out), expected);
    let held =
        Event { reservation: Some(Reservation { sale: Some(sale), ..reservation() }.into()), ..event(EventKind::Held) };
    assert_eq!(written(&held)["sale"], "drop-1");
}

#[test]
fn settings_are_in_the_log_and_no_event() {
    for kind in [EventKind::SkuSet, EventKind::SkuDeleted, EventKind::SaleSet, EventKind::SaleRetired] {
        assert_eq!(public_type(kind), None);
    }
}

#[test]
fn a_type_is_a_word_of_the_contract() {
    for (kind, word) in [
        (EventKind::Held, "reservation.held"),
        (EventKind::Released, "reservation.released"),
        (EventKind::Expired, "reservation.expired"),
        (EventKind::StockSet, "stock.set"),
    ] {
        assert_eq!(public_type(kind), Some(word));
        assert_eq!(written(&event(kind))["type"], word);
    }
}
