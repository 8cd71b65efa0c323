//! Record format 2, frozen: a data directory written with it stays readable for ever.
//! Change nothing here; a new need is a `v3`.

mod rules;

use super::RecordError;
use super::v1::{AdjustmentV1, StockV1, from_adjustment, from_stock, name, optional, text, to_adjustment, to_stock};
use compact_str::CompactString;
use ledger::{
    Channel, ConfirmPrint, Customer, Event, EventKind, FulfilPrint, Line, Location, MAX_QUANTITY, Marks, Millis, Order,
    Reservation, ReservationId, ReservePrint, SaleId, Sku, State,
};
use rkyv::rancor::Error;
use rkyv::{Archive, Deserialize, Serialize};
use rules::{LimitV2, SaleChangeV2, SkuChangeV2};
use smallvec::SmallVec;
use std::sync::Arc;

#[derive(Archive, Serialize, Deserialize)]
struct RecordV2 {
    kind: u8,
    at_ms: u64,
    reservation: Option<ReservationV2>,
    stock: SmallVec<[StockV1; 1]>,
    limits: Vec<LimitV2>,
    adjustment: Option<Box<AdjustmentV1>>,
    sku: Option<Box<SkuChangeV2>>,
    sale: Option<Box<SaleChangeV2>>,
}

#[derive(Archive, Serialize, Deserialize)]
struct ReservationV2 {
    id: CompactString,
    customer: Option<CompactString>,
    channel: Option<CompactString>,
    sale: Option<CompactString>,
    order: Option<CompactString>,
    state: u8,
    reacquired: bool,
    created_ms: u64,
    expires_ms: u64,
    changed_ms: u64,
    payment_started_ms: Option<u64>,
    version: u32,
    lines: SmallVec<[LineV2; 1]>,
    asked: [u32; 6],
    confirmed_by: [u32; 3],
    fulfilled_by: u32,
}

#[derive(Archive, Serialize, Deserialize)]
struct LineV2 {
    line: u16,
    marks: u8,
    sku: CompactString,
    location: CompactString,
    quantity: u32,
    fulfilled: u32,
    requested: u32,
}

pub(super) fn encode(event: &Event, into: &mut Vec<u8>) {
    let record = RecordV2 {
        kind: kind_byte(event.kind),
        at_ms: event.at.0,
        reservation: event.reservation.as_deref().map(from_reservation),
        stock: each(&event.stock, from_stock),
        limits: event.limits.iter().map(rules::from_limit).collect(),
        adjustment: event.adjustment.as_ref().map(|adjustment| Box::new(from_adjustment(adjustment))),
        sku: event.sku.as_ref().map(|change| Box::new(rules::from_sku_change(&change.0, &change.1))),
        sale: event.sale.as_ref().map(|change| Box::new(rules::from_sale_change(change))),
    };
    let writer = std::mem::take(into);
    *into = rkyv::api::high::to_bytes_in::<_, Error>(&record, writer)
        .expect("writing plain values into memory cannot fail");
}

pub(super) fn decode(payload: &[u8]) -> Result<Event, RecordError> {
    let record: RecordV2 =
        rkyv::from_bytes::<RecordV2, Error>(payload).map_err(|error| RecordError::Malformed(error.to_string()))?;
    Ok(Event {
        kind: to_kind(record.kind)?,
        at: Millis(record.at_ms),
        reservation: record.reservation.map(|row| to_reservation(row).map(Arc::new)).transpose()?,
        stock: record.stock.into_iter().map(to_stock).collect::<Result<_, _>>()?,
        limits: record.limits.into_iter().map(rules::to_limit).collect::<Result<_, _>>()?,
        adjustment: record.adjustment.map(|adjustment| to_adjustment(*adjustment).map(Box::new)).transpose()?,
        sku: record.sku.map(|change| rules::to_sku_change(*change).map(Box::new)).transpose()?,
        sale: record.sale.map(|change| rules::to_sale_change(*change).map(Box::new)).transpose()?,
    })
}

const KINDS: [(u8, EventKind); 18] = [
    (1, EventKind::Held),
    (2, EventKind::Confirmed),
    (3, EventKind::Released),
    (4, EventKind::Expired),
    (5, EventKind::Extended),
    (6, EventKind::Cancelled),
    (7, EventKind::Fulfilled),
    (16, EventKind::StockSet),
    (17, EventKind::StockAdjusted),
    (18, EventKind::StockShortfall),
    (32, EventKind::SkuSet),
    (33, EventKind::SkuDeleted),
    (48, EventKind::SaleSet),
    (49, EventKind::SaleScheduled),
    (50, EventKind::SaleOpened),
    (51, EventKind::SaleSoldOut),
    (52, EventKind::SaleClosed),
    (53, EventKind::SaleRetired),
];

const STATES: [(u8, State); 6] = [
    (1, State::Held),
    (2, State::Confirmed),
    (3, State::Released),
    (4, State::Expired),
    (5, State::Fulfilled),
    (6, State::Cancelled),
];

/// A table that lacks a value writes 0, which no reader takes: the test of every kind sees it.
fn byte_of<T: PartialEq>(table: &[(u8, T)], value: &T) -> u8 {
    table.iter().find(|(_, known)| known == value).map_or(0, |(byte, _)| *byte)
}

fn value_of<T: Copy>(table: &[(u8, T)], byte: u8, field: &'static str) -> Result<T, RecordError> {
    table.iter().find(|(known, _)| *known == byte).map(|(_, value)| *value).ok_or(RecordError::Field(field))
}

fn kind_byte(kind: EventKind) -> u8 {
    byte_of(&KINDS, &kind)
}

fn to_kind(byte: u8) -> Result<EventKind, RecordError> {
    value_of(&KINDS, byte, "kind")
}

/// One each; `collect` takes longer over a single one than its conversion.
fn each<T, R>(items: &[T], convert: fn(&T) -> R) -> SmallVec<[R; 1]> {
    let mut records = SmallVec::with_capacity(items.len());
    for item in items {
        records.push(convert(item));
    }
    records
}

fn from_reservation(reservation: &Reservation) -> ReservationV2 {
    ReservationV2 {
        id: text(reservation.id.as_str()),
        customer: reservation.customer.as_ref().map(|customer| text(customer.as_str())),
        channel: reservation.channel.as_ref().map(|channel| text(channel.as_str())),
        sale: reservation.sale.as_ref().map(|sale| text(sale.as_str())),
        order: reservation.order.as_ref().map(|order| text(order.as_str())),
        state: byte_of(&STATES, &reservation.state),
        reacquired: reservation.reacquired,
        created_ms: reservation.created.0,
        expires_ms: reservation.expires.0,
        changed_ms: reservation.changed.0,
        payment_started_ms: reservation.payment_started.map(|at| at.0),
        version: reservation.version,
        lines: each(&reservation.lines, from_line),
        asked: reservation.asked.0,
        confirmed_by: reservation.confirmed_by.0,
        fulfilled_by: reservation.fulfilled_by.0[0],
    }
}

fn to_reservation(record: ReservationV2) -> Result<Reservation, RecordError> {
    if record.lines.is_empty() {
        return Err(RecordError::Field("reservation.lines"));
    }
    Ok(Reservation {
        id: name(&record.id, ReservationId::parse, "reservation.id")?,
        customer: optional(record.customer.as_ref(), Customer::parse, "reservation.customer")?,
        channel: optional(record.channel.as_ref(), Channel::parse, "reservation.channel")?,
        sale: optional(record.sale.as_ref(), SaleId::parse, "reservation.sale")?,
        order: optional(record.order.as_ref(), Order::parse, "reservation.order")?,
        state: value_of(&STATES, record.state, "reservation.state")?,
        created: Millis(record.created_ms),
        expires: Millis(record.expires_ms),
        changed: Millis(record.changed_ms),
        version: record.version,
        payment_started: record.payment_started_ms.map(Millis),
        reacquired: record.reacquired,
        lines: record.lines.into_iter().map(to_line).collect::<Result<_, _>>()?,
        asked: ReservePrint(record.asked),
        confirmed_by: ConfirmPrint(record.confirmed_by),
        fulfilled_by: FulfilPrint([record.fulfilled_by]),
    })
}

fn from_line(line: &Line) -> LineV2 {
    LineV2 {
        line: line.line,
        marks: line.marks.bits(),
        sku: text(line.sku.as_str()),
        location: text(line.location.as_str()),
        quantity: line.quantity,
        fulfilled: line.fulfilled,
        requested: line.requested,
    }
}

fn to_line(record: LineV2) -> Result<Line, RecordError> {
    // A line may take all of a bucket's stock and all of its backorder allowance.
    if record.quantity > MAX_QUANTITY * 2 || record.fulfilled > record.quantity {
        return Err(RecordError::Field("line.quantity"));
    }
    Ok(Line {
        line: record.line,
        sku: name(&record.sku, Sku::parse, "line.sku")?,
        location: name(&record.location, Location::parse, "line.location")?,
        quantity: record.quantity,
        fulfilled: record.fulfilled,
        requested: record.requested,
        marks: Marks::from_bits(record.marks).ok_or(RecordError::Field("line.marks"))?,
    })
}
