//! Events for the tests of records: one of every kind, with every field in use somewhere.

use crate::asks::{id, sku, text};
use ledger::{
    Adjustment, Channel, ChannelQuota, ConfirmPrint, Customer, Drop, Event, EventKind, FulfilPrint, LimitAfter,
    LimitKey, Line, Location, MAX_QUANTITY, Marks, Millis, Order, Reservation, ReservePrint, SaleChange, SaleId,
    SalePhase, SaleSettings, SkuChange, SkuSettings, State, StockAfter, StockRow, Taken, UNLIMITED,
};
use std::sync::Arc;

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
    Line { line, sku: sku(name), location, quantity, fulfilled: 0, requested: 0, marks: Marks::default() }
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
        payment_started: None,
        reacquired: false,
        lines: [line(0, "A", "default", 2)].into_iter().collect(),
        asked: ReservePrint([0, 0, 0, 0, 7, 9]),
        confirmed_by: ConfirmPrint::default(),
        fulfilled_by: FulfilPrint::default(),
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
        reservation: reservation.map(Arc::new),
        stock: stock.into_iter().map(|(name, row)| StockAfter { sku: sku(name), row }).collect(),
        ..Event::new(kind, Millis(1_800_000_000_001))
    }
}

/// One of every kind of format 1. Its golden file holds exactly these: change nothing.
pub fn every_kind_of_1() -> Vec<Event> {
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
        Event {
            adjustment: Some(Box::new(adjustment)),
            ..event(EventKind::StockAdjusted, None, vec![("A", default())])
        },
        Event { adjustment: Some(Box::new(bare)), ..event(EventKind::StockAdjusted, None, vec![("A", default())]) },
    ]
}

/// One of every kind. The golden file of format 2 holds exactly these: change nothing, only add.
pub fn every_kind() -> Vec<Event> {
    let mut events = every_kind_of_1();
    events.extend(verbs());
    events.extend(skus());
    events.extend(sales());
    events
}

fn customer() -> Customer {
    Customer::parse("c-1").expect("a valid name")
}

fn channel() -> Channel {
    Channel::parse("web").expect("a valid name")
}

fn sale() -> SaleId {
    SaleId::parse("drop-1").expect("a valid name")
}

fn verbs() -> Vec<Event> {
    let marked = Marks::from_bits(63).expect("six marks");
    let late = Reservation {
        payment_started: Some(Millis(1_800_000_000_002)),
        reacquired: true,
        lines: [
            Line { requested: 7, marks: marked, fulfilled: 1, ..line(0, "A", "east", 2) },
            Line { quantity: 0, requested: u32::MAX, ..line(1, "B", "default", 0) },
        ]
        .into_iter()
        .collect(),
        fulfilled_by: FulfilPrint([11]),
        ..full()
    };
    let counts = |key, units| LimitAfter { key, taken: Taken { held: units, allocated: 2, fulfilled: 3 } };
    let limits = vec![
        counts(LimitKey::SkuCustomer(sku("A"), customer()), 1),
        counts(LimitKey::SkuChannel(sku("A"), channel()), 0),
        counts(LimitKey::Sale(sale()), UNLIMITED - 5),
        counts(LimitKey::SaleCustomer(sale(), customer()), 9),
        counts(LimitKey::SaleChannel(sale(), channel()), 9),
    ];
    let cancelled = Reservation { state: State::Cancelled, ..late.clone() };
    vec![
        Event { limits, ..event(EventKind::Cancelled, Some(cancelled), vec![("A", row("east", 1, 0, 0))]) },
        event(EventKind::Fulfilled, Some(Reservation { state: State::Fulfilled, ..late }), vec![]),
        event(EventKind::StockShortfall, None, vec![("A", row("east", 1, 9, 9))]),
    ]
}

fn skus() -> Vec<Event> {
    let settings = SkuSettings {
        max_per_customer: Some(2),
        max_per_order: Some(0),
        channel_quotas: vec![ChannelQuota { channel: channel(), quota: MAX_QUANTITY }],
        default_ttl: Some(Millis(u64::MAX)),
        sale_only: true,
        location_order: vec![Location::default_location(), Location::parse("east").expect("a valid name")],
    };
    let change = |kind, change| Event { sku: Some(Box::new((sku("A"), change))), ..event(kind, None, vec![]) };
    vec![
        change(EventKind::SkuSet, SkuChange::Set(settings)),
        change(EventKind::SkuSet, SkuChange::Set(SkuSettings::default())),
        change(EventKind::SkuDeleted, SkuChange::Deleted),
    ]
}

fn sales() -> Vec<Event> {
    let settings = SaleSettings {
        starts: Some(Millis(1)),
        ends: Some(Millis(u64::MAX)),
        skus: vec![sku("A"), sku("B")],
        quota: Some(MAX_QUANTITY),
        max_per_customer: Some(1),
        channel_quotas: vec![ChannelQuota { channel: channel(), quota: 0 }],
        drops: vec![Drop { at: Millis(5), quota: 6 }, Drop { at: Millis(7), quota: 8 }],
        close_when_sold_out: true,
    };
    let set = |settings| SaleChange::Set { id: sale(), settings: Box::new(settings), version: 1 << 40 };
    let told = |phase| SaleChange::Told(sale(), phase);
    let change = |(kind, change): (_, SaleChange)| Event { sale: Some(Box::new(change)), ..event(kind, None, vec![]) };
    [
        (EventKind::SaleSet, set(settings)),
        (EventKind::SaleSet, set(SaleSettings::default())),
        (EventKind::SaleScheduled, told(SalePhase::Scheduled)),
        (EventKind::SaleOpened, told(SalePhase::Open)),
        (EventKind::SaleSoldOut, told(SalePhase::SoldOut)),
        (EventKind::SaleClosed, told(SalePhase::Closed)),
        (EventKind::SaleRetired, SaleChange::Retired(sale())),
    ]
    .into_iter()
    .map(change)
    .collect()
}
