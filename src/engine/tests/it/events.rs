//! Events for the tests of records: one of every kind, with every field in use somewhere.

use crate::asks::{id, sku, text};
use ledger::{
    Adjustment, Channel, ConfirmPrint, Customer, Event, EventKind, Line, Location, Millis, Order, Reservation,
    ReservePrint, SaleId, State, StockAfter, StockRow,
};

fn row(location: &str, on_hand: u32, held: u32, allocated: u32) -> StockRow {
    StockRow {
        location: Location::parse(location).expect("a valid name"),
        on_hand,
        held,
        allocated,
        safety_stock: 3,
        unavailable: 2,
        backorder_limit: 1_000_000_000,
        version: 1 << 40,
        source_ts: Some(Millis(1_799_999_999_999)),
    }
}

fn line(line: u16, name: &str, location: &str, quantity: u32) -> Line {
    let location = Location::parse(location).expect("a valid name");
    Line { line, sku: sku(name), location, quantity, fulfilled: 0 }
}

fn plain(state: State) -> Reservation {
    Reservation {
        id: id("r-1"),
        customer: None,
        channel: None,
        sale: None,
        order: None,
        state,
        created: Millis(1_800_000_000_000),
        expires: Millis(1_800_000_600_000),
        changed: Millis(1_800_000_000_000),
        version: 1,
        lines: [line(0, "A", "default", 2)].into_iter().collect(),
        asked: ReservePrint([0, 0, 0, 0, 7, 9]),
        confirmed_by: ConfirmPrint::default(),
    }
}

fn full() -> Reservation {
    let long = "a-name-that-is-far-too-long-to-live-inline:0123456789.ABCDEF_xyz";
    Reservation {
        id: id(long),
        customer: Some(Customer::parse("c-1").expect("a valid name")),
        channel: Some(Channel::parse("web").expect("a valid name")),
        sale: Some(SaleId::parse("drop-1").expect("a valid name")),
        order: Some(Order::parse(long).expect("a valid name")),
        state: State::Confirmed,
        version: u32::MAX,
        lines: [line(0, "A", "east", 2), line(0, long, "west", 2_000_000_000), line(99, "B", long, 1)]
            .into_iter()
            .collect(),
        asked: ReservePrint([1, u32::MAX, 3, 4, 5, 6]),
        confirmed_by: ConfirmPrint([7, 0, u32::MAX]),
        ..plain(State::Confirmed)
    }
}

fn event(kind: EventKind, reservation: Option<Reservation>, stock: Vec<(&str, StockRow)>) -> Event {
    Event {
        kind,
        at: Millis(1_800_000_000_001),
        reservation,
        adjustment: None,
        stock: stock.into_iter().map(|(name, row)| StockAfter { sku: sku(name), row }).collect(),
    }
}

/// One of every kind. The golden file holds exactly these: change nothing, only add.
pub fn every_kind() -> Vec<Event> {
    let default = || row("default", 10, 2, 0);
    let adjustment = Adjustment {
        key: Some(text("wms-991 \u{fc}\u{20ac}")),
        sku: sku("A"),
        location: Location::default_location(),
        delta: -3,
        reason: Some(text("damaged")),
        reference: Some(text(&"r".repeat(255))),
    };
    let bare = Adjustment { key: None, reason: None, reference: None, delta: i64::MAX, ..adjustment.clone() };
    let never_written = StockRow { source_ts: None, ..StockRow::empty(Location::default_location()) };
    vec![
        event(EventKind::Held, Some(plain(State::Held)), vec![("A", default())]),
        event(
            EventKind::Confirmed,
            Some(full()),
            vec![("A", row("east", 1_000_000_000, 0, 2_000_000_000)), ("B", row("west", 0, 0, 1)), ("C", default())],
        ),
        event(EventKind::Released, Some(plain(State::Released)), vec![("A", default())]),
        event(EventKind::Expired, Some(plain(State::Expired)), vec![("A", default())]),
        event(EventKind::Extended, Some(plain(State::Held)), vec![]),
        event(EventKind::StockSet, None, vec![("A", never_written)]),
        Event { adjustment: Some(adjustment), ..event(EventKind::StockAdjusted, None, vec![("A", default())]) },
        Event { adjustment: Some(bare), ..event(EventKind::StockAdjusted, None, vec![("A", default())]) },
    ]
}
