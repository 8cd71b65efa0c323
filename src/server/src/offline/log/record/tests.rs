//! Every kind of record, from a value to the JSON that an operator reads.

use ledger::{
    Adjustment, Channel, ChannelQuota, ConfirmPrint, Customer, Drop, Event, EventKind, FulfilPrint, LimitAfter,
    LimitKey, Line, Location, Marks, Millis, Order, Reservation, ReservationId, ReservePrint, SaleChange, SaleId,
    SalePhase, SaleSettings, Sku, SkuChange, SkuSettings, State, StockAfter, StockRow, Taken, Text,
};
use serde_json::{Value, json};
use smallvec::smallvec;
use wal::Lsn;

use super::Record;

fn sku() -> Sku {
    Sku::parse("A").expect("a SKU")
}

fn sale() -> SaleId {
    SaleId::parse("drop-1").expect("a sale")
}

fn customer() -> Customer {
    Customer::parse("c").expect("a customer")
}

fn channel() -> Channel {
    Channel::parse("web").expect("a channel")
}

fn shown(event: &Event) -> Value {
    serde_json::to_value(Record::new(Lsn(7), event)).expect("a record serialises")
}

/// The members beyond those that every record has.
fn particulars(event: &Event) -> Value {
    let mut record = shown(event);
    let members = record.as_object_mut().expect("an object");
    let common = ["lsn", "at_ms", "type", "stock"].map(|name| members.remove(name));
    assert_eq!(common, [json!(7), json!(5), json!(event.kind.as_str()), json!([])].map(Some));
    record
}

fn reservation() -> Reservation {
    Reservation {
        id: ReservationId::parse("r").expect("an id"),
        customer: Some(customer()),
        channel: Some(channel()),
        sale: Some(sale()),
        order: Order::parse("o").ok(),
        state: State::Confirmed,
        created: Millis(1),
        expires: Millis(4),
        changed: Millis(5),
        version: 3,
        payment_started: Some(Millis(2)),
        reacquired: true,
        lines: smallvec![Line {
            line: 1,
            sku: sku(),
            location: Location::default_location(),
            quantity: 2,
            fulfilled: 1,
            requested: 4,
            marks: Marks::SALE.with(Marks::SKU_CUSTOMER).with(Marks::LOCATED),
        }],
        asked: ReservePrint::default(),
        confirmed_by: ConfirmPrint::default(),
        fulfilled_by: FulfilPrint::default(),
    }
}

#[test]
fn a_reservation_is_shown_with_all_its_fields_whatever_happened_to_it() {
    let expected = json!({
        "reservation": "r", "state": "confirmed", "customer": "c", "channel": "web", "sale": "drop-1", "order": "o",
        "created_ms": 1, "expires_ms": 4, "changed_ms": 5, "payment_started_ms": 2, "reacquired": true, "version": 3,
        "lines": [{
            "line": 1, "sku": "A", "location": "default", "quantity": 2, "fulfilled": 1, "requested": 4,
            "counted_in": ["max_per_customer", "sale_quota"],
        }],
    });
    for kind in [
        EventKind::Held,
        EventKind::Confirmed,
        EventKind::Released,
        EventKind::Expired,
        EventKind::Extended,
        EventKind::Cancelled,
        EventKind::Fulfilled,
    ] {
        let event = Event { reservation: Some(reservation().into()), ..Event::new(kind, Millis(5)) };
        assert_eq!(particulars(&event), expected, "{kind:?}");
    }
}

#[test]
fn what_does_not_apply_is_left_out() {
    let mut plain = Reservation {
        customer: None,
        channel: None,
        sale: None,
        order: None,
        payment_started: None,
        reacquired: false,
        ..reservation()
    };
    (plain.lines[0].requested, plain.lines[0].marks) = (0, Marks::LOCATED);
    let event = Event { reservation: Some(plain.into()), ..Event::new(EventKind::Held, Millis(5)) };
    let expected = json!({
        "reservation": "r", "state": "confirmed", "created_ms": 1, "expires_ms": 4, "changed_ms": 5, "version": 3,
        "lines": [{"line": 1, "sku": "A", "location": "default", "quantity": 2, "fulfilled": 1}],
    });
    assert_eq!(particulars(&event), expected);
}

#[test]
fn stock_is_shown_as_it_is_afterwards() {
    let row = StockRow { on_hand: 1, held: 3, version: 2, ..StockRow::empty(Location::default_location()) };
    let stock = json!([{
        "sku": "A", "location": "default", "on_hand": 1, "held": 3, "allocated": 0, "safety_stock": 0,
        "unavailable": 0, "backorder_limit": 0, "available": -2, "version": 2,
    }]);
    for kind in [EventKind::StockSet, EventKind::StockShortfall] {
        let event =
            Event { stock: smallvec![StockAfter { sku: sku(), row: row.clone() }], ..Event::new(kind, Millis(5)) };
        assert_eq!(shown(&event), json!({"lsn": 7, "at_ms": 5, "type": kind.as_str(), "stock": stock}));
    }
    let text = |text| Text::parse(text).ok();
    let adjustment = Adjustment {
        key: None,
        sku: sku(),
        location: row.location.clone(),
        delta: -1,
        reason: text("damaged"),
        reference: text("wms-991"),
    };
    let event = Event { adjustment: Some(Box::new(adjustment)), ..Event::new(EventKind::StockAdjusted, Millis(5)) };
    assert_eq!(particulars(&event), json!({"delta": -1, "reason": "damaged", "reference": "wms-991"}));
}

#[test]
fn every_limit_bucket_is_named_as_a_refusal_names_it() {
    let taken = Taken { held: 1, allocated: 2, fulfilled: 3 };
    let keys = [
        LimitKey::SkuCustomer(sku(), customer()),
        LimitKey::SkuChannel(sku(), channel()),
        LimitKey::Sale(sale()),
        LimitKey::SaleCustomer(sale(), customer()),
        LimitKey::SaleChannel(sale(), channel()),
    ];
    let limits = keys.map(|key| LimitAfter { key, taken }).to_vec();
    let event = Event { limits, ..Event::new(EventKind::Held, Millis(5)) };
    let taken = |mut bucket: Value| {
        for (name, units) in [("held", 1), ("allocated", 2), ("fulfilled", 3)] {
            bucket[name] = units.into();
        }
        bucket
    };
    let expected = [
        json!({"limit": "max_per_customer", "sku": "A", "customer": "c"}),
        json!({"limit": "channel_quota", "sku": "A", "channel": "web"}),
        json!({"limit": "sale_quota", "sale": "drop-1"}),
        json!({"limit": "sale_max_per_customer", "sale": "drop-1", "customer": "c"}),
        json!({"limit": "sale_channel_quota", "sale": "drop-1", "channel": "web"}),
    ];
    assert_eq!(particulars(&event), json!({"limits": expected.map(taken)}));
}

#[test]
fn a_skus_settings_and_its_end() {
    let settings = SkuSettings {
        max_per_customer: Some(2),
        max_per_order: Some(1),
        channel_quotas: vec![ChannelQuota { channel: channel(), quota: 700 }],
        default_ttl: Some(Millis(600)),
        sale_only: true,
        location_order: vec![Location::default_location()],
    };
    let all = json!({
        "max_per_customer": 2, "max_per_order": 1, "channel_quotas": {"web": 700}, "default_ttl_ms": 600,
        "sale_only": true, "location_order": ["default"],
    });
    let cases = [
        (EventKind::SkuSet, SkuChange::Set(settings), json!({"sku": "A", "settings": all})),
        (EventKind::SkuSet, SkuChange::Set(SkuSettings::default()), json!({"sku": "A", "settings": {}})),
        (EventKind::SkuDeleted, SkuChange::Deleted, json!({"sku": "A"})),
    ];
    for (kind, change, expected) in cases {
        let event = Event { sku: Some(Box::new((sku(), change))), ..Event::new(kind, Millis(5)) };
        assert_eq!(particulars(&event), json!({"sku_change": expected}));
    }
}

#[test]
fn a_sales_settings_its_phases_and_its_end() {
    let settings = SaleSettings {
        starts: Some(Millis(1)),
        ends: Some(Millis(9)),
        skus: vec![sku()],
        quota: Some(1000),
        max_per_customer: Some(2),
        channel_quotas: vec![ChannelQuota { channel: channel(), quota: 700 }],
        drops: vec![Drop { at: Millis(3), quota: 500 }],
        close_when_sold_out: true,
    };
    let all = json!({
        "starts_ms": 1, "ends_ms": 9, "skus": ["A"], "quota": 1000, "max_per_customer": 2,
        "channel_quotas": {"web": 700}, "drops": [{"at_ms": 3, "quota": 500}], "close_when_sold_out": true,
    });
    let set = |settings| SaleChange::Set { id: sale(), settings: Box::new(settings), version: 4 };
    let least = SaleSettings { skus: vec![sku()], ..SaleSettings::default() };
    let told = |kind, phase, word| (kind, SaleChange::Told(sale(), phase), json!({"sale": "drop-1", "state": word}));
    let cases = [
        (EventKind::SaleSet, set(settings), json!({"sale": "drop-1", "version": 4, "settings": all})),
        (EventKind::SaleSet, set(least), json!({"sale": "drop-1", "version": 4, "settings": {"skus": ["A"]}})),
        told(EventKind::SaleScheduled, SalePhase::Scheduled, "scheduled"),
        told(EventKind::SaleOpened, SalePhase::Open, "open"),
        told(EventKind::SaleSoldOut, SalePhase::SoldOut, "sold_out"),
        told(EventKind::SaleClosed, SalePhase::Closed, "closed"),
        (EventKind::SaleRetired, SaleChange::Retired(sale()), json!({"sale": "drop-1"})),
    ];
    for (kind, change, expected) in cases {
        let event = Event { sale: Some(Box::new(change)), ..Event::new(kind, Millis(5)) };
        assert_eq!(particulars(&event), json!({"sale_change": expected}));
    }
}
