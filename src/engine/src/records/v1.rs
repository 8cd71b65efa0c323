//! Record format 1, frozen: a data directory written with it stays readable for ever. It is not
//! written any more. Change nothing of its structs; those that format 2 uses are frozen there too.

use super::RecordError;
use compact_str::CompactString;
use ledger::{
    Adjustment, Channel, ConfirmPrint, Customer, Event, EventKind, FulfilPrint, Line, Location, MAX_QUANTITY, Marks,
    Millis, NameError, Order, Reservation, ReservationId, ReservePrint, SaleId, Sku, State, StockAfter, StockRow, Text,
};
use rkyv::rancor::Error;
use rkyv::{Archive, Deserialize, Serialize};
use smallvec::SmallVec;
use std::sync::Arc;

#[derive(Archive, Deserialize)]
struct RecordV1 {
    kind: u8,
    at_ms: u64,
    reservation: Option<ReservationV1>,
    adjustment: Option<AdjustmentV1>,
    stock: SmallVec<[StockV1; 1]>,
}

#[derive(Archive, Deserialize)]
struct ReservationV1 {
    id: CompactString,
    customer: Option<CompactString>,
    channel: Option<CompactString>,
    sale: Option<CompactString>,
    order: Option<CompactString>,
    state: u8,
    created_ms: u64,
    expires_ms: u64,
    changed_ms: u64,
    version: u32,
    lines: SmallVec<[LineV1; 1]>,
    asked: [u32; 6],
    confirmed_by: [u32; 3],
}

#[derive(Archive, Deserialize)]
struct LineV1 {
    line: u16,
    sku: CompactString,
    location: CompactString,
    quantity: u32,
    fulfilled: u32,
}

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct StockV1 {
    sku: CompactString,
    location: CompactString,
    on_hand: u32,
    held: u32,
    allocated: u32,
    safety_stock: u32,
    unavailable: u32,
    backorder_limit: u32,
    version: u64,
    source_ts_ms: Option<u64>,
}

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct AdjustmentV1 {
    key: Option<CompactString>,
    sku: CompactString,
    location: CompactString,
    delta: i64,
    reason: Option<CompactString>,
    reference: Option<CompactString>,
}

pub(super) fn decode(payload: &[u8]) -> Result<Event, RecordError> {
    let record: RecordV1 =
        rkyv::from_bytes::<RecordV1, Error>(payload).map_err(|error| RecordError::Malformed(error.to_string()))?;
    Ok(Event {
        reservation: record.reservation.map(|row| to_reservation(row).map(Arc::new)).transpose()?,
        adjustment: record.adjustment.map(|adjustment| to_adjustment(adjustment).map(Box::new)).transpose()?,
        stock: record.stock.into_iter().map(to_stock).collect::<Result<_, _>>()?,
        ..Event::new(to_kind(record.kind)?, Millis(record.at_ms))
    })
}

pub(super) fn text(name: &str) -> CompactString {
    CompactString::from(name)
}

pub(super) fn name<T>(
    text: &CompactString,
    parse: fn(&str) -> Result<T, NameError>,
    field: &'static str,
) -> Result<T, RecordError> {
    parse(text).map_err(|_| RecordError::Field(field))
}

pub(super) fn optional<T>(
    text: Option<&CompactString>,
    parse: fn(&str) -> Result<T, NameError>,
    field: &'static str,
) -> Result<Option<T>, RecordError> {
    text.map(|text| name(text, parse, field)).transpose()
}

fn to_kind(byte: u8) -> Result<EventKind, RecordError> {
    Ok(match byte {
        1 => EventKind::Held,
        2 => EventKind::Confirmed,
        3 => EventKind::Released,
        4 => EventKind::Expired,
        5 => EventKind::Extended,
        16 => EventKind::StockSet,
        17 => EventKind::StockAdjusted,
        _ => return Err(RecordError::Field("kind")),
    })
}

fn to_state(byte: u8) -> Result<State, RecordError> {
    Ok(match byte {
        1 => State::Held,
        2 => State::Confirmed,
        3 => State::Released,
        4 => State::Expired,
        _ => return Err(RecordError::Field("reservation.state")),
    })
}

fn to_reservation(record: ReservationV1) -> Result<Reservation, RecordError> {
    if record.lines.is_empty() {
        return Err(RecordError::Field("reservation.lines"));
    }
    Ok(Reservation {
        id: name(&record.id, ReservationId::parse, "reservation.id")?,
        customer: optional(record.customer.as_ref(), Customer::parse, "reservation.customer")?,
        channel: optional(record.channel.as_ref(), Channel::parse, "reservation.channel")?,
        sale: optional(record.sale.as_ref(), SaleId::parse, "reservation.sale")?,
        order: optional(record.order.as_ref(), Order::parse, "reservation.order")?,
        state: to_state(record.state)?,
        created: Millis(record.created_ms),
        expires: Millis(record.expires_ms),
        changed: Millis(record.changed_ms),
        version: record.version,
        payment_started: None,
        reacquired: false,
        lines: record.lines.into_iter().map(to_line).collect::<Result<_, _>>()?,
        asked: ReservePrint(record.asked),
        confirmed_by: ConfirmPrint(record.confirmed_by),
        fulfilled_by: FulfilPrint::default(),
    })
}

fn to_line(record: LineV1) -> Result<Line, RecordError> {
    // A line may take all of a bucket's stock and all of its backorder allowance.
    if record.quantity == 0 || record.quantity > MAX_QUANTITY * 2 || record.fulfilled > record.quantity {
        return Err(RecordError::Field("line.quantity"));
    }
    Ok(Line {
        line: record.line,
        sku: name(&record.sku, Sku::parse, "line.sku")?,
        location: name(&record.location, Location::parse, "line.location")?,
        quantity: record.quantity,
        fulfilled: record.fulfilled,
        requested: 0,
        marks: Marks::default(),
    })
}

pub(super) fn from_stock(after: &StockAfter) -> StockV1 {
    StockV1 {
        sku: text(after.sku.as_str()),
        location: text(after.row.location.as_str()),
        on_hand: after.row.on_hand,
        held: after.row.held,
        allocated: after.row.allocated,
        safety_stock: after.row.safety_stock,
        unavailable: after.row.unavailable,
        backorder_limit: after.row.backorder_limit,
        version: after.row.version,
        source_ts_ms: after.row.source_ts.map(|source_ts| source_ts.0),
    }
}

pub(super) fn to_stock(record: StockV1) -> Result<StockAfter, RecordError> {
    let own = [record.on_hand, record.safety_stock, record.unavailable, record.backorder_limit];
    if own.iter().any(|figure| *figure > MAX_QUANTITY) {
        return Err(RecordError::Field("stock"));
    }
    let row = StockRow {
        location: name(&record.location, Location::parse, "stock.location")?,
        on_hand: record.on_hand,
        held: record.held,
        allocated: record.allocated,
        safety_stock: record.safety_stock,
        unavailable: record.unavailable,
        backorder_limit: record.backorder_limit,
        version: record.version,
        source_ts: record.source_ts_ms.map(Millis),
    };
    Ok(StockAfter { sku: name(&record.sku, Sku::parse, "stock.sku")?, row })
}

pub(super) fn from_adjustment(adjustment: &Adjustment) -> AdjustmentV1 {
    AdjustmentV1 {
        key: adjustment.key.as_ref().map(|key| text(key.as_str())),
        sku: text(adjustment.sku.as_str()),
        location: text(adjustment.location.as_str()),
        delta: adjustment.delta,
        reason: adjustment.reason.as_ref().map(|reason| text(reason.as_str())),
        reference: adjustment.reference.as_ref().map(|reference| text(reference.as_str())),
    }
}

pub(super) fn to_adjustment(record: AdjustmentV1) -> Result<Adjustment, RecordError> {
    Ok(Adjustment {
        key: optional(record.key.as_ref(), Text::parse, "adjustment.key")?,
        sku: name(&record.sku, Sku::parse, "adjustment.sku")?,
        location: name(&record.location, Location::parse, "adjustment.location")?,
        delta: record.delta,
        reason: optional(record.reason.as_ref(), Text::parse, "adjustment.reason")?,
        reference: optional(record.reference.as_ref(), Text::parse, "adjustment.reference")?,
    })
}
