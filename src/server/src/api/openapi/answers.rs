//! The shapes of what is answered, which is written by hand elsewhere. Written answers must agree:
//! the tests hold every answer of the running server against these, and allow nothing more.
#![expect(dead_code, clippy::struct_field_names, reason = "only the shape of these types is of interest")]

pub mod history;

use std::borrow::Cow;

use ledger::{Channel, Customer, EventKind, Order, ReservationId, SaleId, SalePhase, Sku, State};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::api::events::cursor::CHARACTERS;
use crate::api::fields::{Count, Figure, Name, Ttl, Units};
use crate::api::lists::Quotas;
use crate::api::set_sale::DropFields;

type Location = Name<ledger::Location>;

/// A reservation as it is now.
#[derive(JsonSchema)]
pub struct Reservation {
    /// Its id.
    id: Name<ReservationId>,
    /// Where it is in its life; past its deadline a hold is `expired`.
    #[schemars(with = "String", extend("enum" = [
        State::Held.as_str(), State::Confirmed.as_str(), State::Released.as_str(),
        State::Expired.as_str(), State::Fulfilled.as_str(), State::Cancelled.as_str(),
    ]))]
    state: State,
    /// Who.
    customer: Option<Name<Customer>>,
    /// Through what.
    channel: Option<Name<Channel>>,
    /// In which sale.
    sale: Option<Name<SaleId>>,
    /// The order that it was confirmed for.
    order: Option<Name<Order>>,
    /// When it was made.
    created_ms: Count,
    /// The deadline: from this millisecond on it is expired.
    expires_ms: Count,
    /// What it took; a line of the request that was split stands here several times.
    lines: Vec<ReservationLine>,
    /// Counts the changes, from 1.
    version: Count,
    /// When a payment was first said to be under way.
    payment_started_ms: Option<Count>,
    /// Whether its units were taken again after it had expired; only there where they were.
    reacquired: Option<bool>,
    /// Whether the same request was answered before, and nothing changed now.
    replayed: bool,
}

/// What a line of the request got.
#[derive(JsonSchema)]
struct ReservationLine {
    /// Which line of the request, from 0.
    line: Count,
    /// The SKU.
    sku: Name<Sku>,
    /// The location that serves it.
    location: Location,
    /// Units.
    quantity: Figure,
    /// Units of them that were shipped.
    fulfilled: Figure,
    /// Units asked for, of a `best_effort` line.
    requested: Option<Units>,
}

/// What a SKU has at a location.
#[derive(JsonSchema)]
struct Stock {
    /// The SKU.
    sku: Name<Sku>,
    /// The location.
    location: Location,
    /// Units that are physically there, allocated ones included.
    on_hand: Figure,
    /// Units promised to reservations that may still expire.
    held: Count,
    /// Units promised to confirmed reservations that have not shipped.
    allocated: Count,
    /// Units kept back by the shop.
    safety_stock: Figure,
    /// Units that are there but not for sale.
    unavailable: Figure,
    /// Units that may be promised beyond what is there.
    backorder_limit: Figure,
    /// `on_hand + backorder_limit - held - allocated - safety_stock - unavailable`.
    available: i64,
    /// Units promised beyond what there is; only there when there are any.
    shortfall: Option<Count>,
    /// Counts the writes of the record's own figures; holds do not count.
    version: Count,
}

/// What a SKU has at a location, after a write.
#[derive(JsonSchema)]
pub struct WrittenStock {
    #[serde(flatten)]
    stock: Stock,
    /// Whether this request changed the record.
    applied: bool,
    /// Why not: the same request did before, or the source has written something newer since.
    #[schemars(with = "Option<String>", extend("enum" = ["replayed", "stale_source"]))]
    reason: Option<String>,
}

/// A SKU as it is now.
#[derive(JsonSchema)]
#[schemars(rename = "Sku")]
pub struct SkuAnswer {
    /// The SKU.
    sku: Name<Sku>,
    /// Units that may still be promised, over all locations.
    available: i64,
    /// Its locations, by name.
    locations: Vec<Stock>,
    /// What is set of its settings.
    settings: SkuSettings,
    /// The last record of the log that the figures rest on.
    as_of_lsn: Count,
}

/// A SKU's settings, those that are set.
#[derive(JsonSchema)]
struct SkuSettings {
    /// Units that one customer may have.
    max_per_customer: Option<Figure>,
    /// Units that one reservation may have.
    max_per_order: Option<Figure>,
    /// Units that may go through each channel.
    channel_quotas: Option<Quotas>,
    /// How long a reservation holds that does not say.
    default_ttl_ms: Option<Ttl>,
    /// Whether it can be reserved in a sale only; only there where it is so.
    sale_only: Option<bool>,
    /// Which location serves first.
    location_order: Option<Vec<Location>>,
}

/// Several SKUs at one instant.
#[derive(JsonSchema)]
pub struct Skus {
    /// Those that are known, in the order asked.
    skus: Vec<SkuAnswer>,
    /// Those that are not.
    unknown: Vec<Name<Sku>>,
}

/// A sale as it is now.
#[derive(JsonSchema)]
pub struct Sale {
    /// Its name.
    sale: Name<SaleId>,
    /// Where it is in its life.
    #[schemars(with = "String", extend("enum" = [
        SalePhase::Scheduled.as_str(), SalePhase::Open.as_str(), SalePhase::SoldOut.as_str(),
        SalePhase::Closed.as_str(),
    ]))]
    state: SalePhase,
    /// What is set of its settings.
    settings: SaleSettings,
    #[serde(flatten)]
    taken: Taken,
    /// Units that may be taken in all by now; absent without a quota.
    quota_in_force: Option<Count>,
    /// Units of them that are left.
    remaining: Option<Count>,
    /// What was taken through channels that have a quota.
    channels: Vec<ChannelTaken>,
    /// Counts the writes of its settings, from 1.
    version: Count,
}

/// What was taken under a limit.
#[derive(JsonSchema)]
struct Taken {
    /// Units held by reservations that may still expire.
    held: Count,
    /// Units of confirmed reservations that have not shipped.
    allocated: Count,
    /// Units that were shipped.
    fulfilled: Count,
}

/// What was taken through a channel.
#[derive(JsonSchema)]
struct ChannelTaken {
    /// The channel.
    channel: Name<Channel>,
    #[serde(flatten)]
    taken: Taken,
}

/// A sale's settings, those that are set.
#[derive(JsonSchema)]
struct SaleSettings {
    /// When it begins.
    starts_ms: Option<Count>,
    /// When it ends.
    ends_ms: Option<Count>,
    /// The SKUs that it sells.
    skus: Vec<Name<Sku>>,
    /// Units that it sells in all.
    quota: Option<Figure>,
    /// Units that one customer may have of it.
    max_per_customer: Option<Figure>,
    /// Units that may go through each channel.
    channel_quotas: Option<Quotas>,
    /// What becomes available when.
    drops: Option<Vec<DropFields>>,
    /// Whether it ends with its last unit; only there where it does.
    close_when_sold_out: Option<bool>,
}

/// What an import came to.
#[derive(JsonSchema)]
pub struct Import {
    /// Lines that changed a record.
    applied: Count,
    /// Lines that were refused.
    refused: Count,
    /// Lines older than what their source has written since.
    stale: Count,
    /// Lines whose reference was applied before.
    skipped: Count,
    /// Why lines were refused, at most 10,000 of them.
    errors: Vec<ImportError>,
}

/// Why a line was refused.
#[derive(JsonSchema)]
struct ImportError {
    /// Which line of the body, from 1.
    line: Count,
    /// The problem's code.
    code: String,
    /// What can be done about it, for people.
    detail: String,
}

/// What a batch came to.
#[derive(JsonSchema)]
pub struct BatchResults {
    /// One for each operation, in their order.
    results: Vec<Result>,
}

/// What an operation came to.
#[derive(JsonSchema)]
#[schemars(rename = "Result")]
pub struct Result {
    /// The status that the request alone would have had.
    status: Count,
    /// The reservation, or why not; a success has none with `Prefer: return=minimal`.
    body: Option<ResultBody>,
    /// The id that the server made, where `body` is left out.
    id: Option<Name<ReservationId>>,
}

/// The body that the request alone would have had.
#[derive(JsonSchema)]
#[serde(untagged)]
enum ResultBody {
    Done(Reservation),
    Refused(Problem),
}

/// A problem with whatever its code adds.
struct Problem;

impl JsonSchema for Problem {
    fn schema_name() -> Cow<'static, str> {
        "Problem".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Why not, with whatever the code adds.",
            "type": "object",
            "properties": {
                "type": {"type": "string"},
                "title": {"type": "string"},
                "status": {"type": "integer"},
                "detail": {"type": "string"},
                "code": {"type": "string"},
            },
            "required": ["type", "title", "status", "detail", "code"],
            "additionalProperties": true,
        })
    }
}

/// The answer to a poll.
#[derive(JsonSchema)]
pub struct Events {
    /// What happened, in the one order in which it was decided.
    events: Vec<Event>,
    /// The cursor to go on after.
    next: Cursor,
}

/// Something that happened.
#[derive(JsonSchema)]
struct Event {
    /// The place right after it.
    cursor: Cursor,
    /// Its record in the log.
    lsn: Count,
    /// When it was decided.
    at_ms: Count,
    /// What it was.
    #[schemars(with = "String", extend("enum" = [
        EventKind::Held.as_str(), EventKind::Confirmed.as_str(), EventKind::Released.as_str(),
        EventKind::Expired.as_str(), EventKind::Extended.as_str(), EventKind::Cancelled.as_str(),
        EventKind::Fulfilled.as_str(), EventKind::StockSet.as_str(), EventKind::StockAdjusted.as_str(),
        EventKind::StockShortfall.as_str(), EventKind::SaleOpened.as_str(), EventKind::SaleSoldOut.as_str(),
        EventKind::SaleClosed.as_str(),
    ]))]
    r#type: EventKind,
    /// The reservation that it happened to.
    reservation: Option<Name<ReservationId>>,
    /// Whose it is.
    customer: Option<Name<Customer>>,
    /// The sale that it happened to or in.
    sale: Option<Name<SaleId>>,
    /// The order that the reservation was confirmed for.
    order: Option<Name<Order>>,
    /// The reservation's state after it.
    #[schemars(with = "Option<String>")]
    state: Option<State>,
    /// The deadline of a reservation that is held.
    expires_ms: Option<Count>,
    /// The reservation's lines, or the location that was written.
    lines: Option<Vec<EventLine>>,
}

/// A bucket that an event is about.
#[derive(JsonSchema)]
struct EventLine {
    /// The SKU.
    sku: Name<Sku>,
    /// The location.
    location: Location,
    /// Units of the reservation's line.
    quantity: Option<Figure>,
    /// Units of them that were shipped; only there when there are any.
    fulfilled: Option<Figure>,
    /// Units that are physically there, where that was written.
    on_hand: Option<Figure>,
    /// Units that could still be promised right after the event.
    available: Option<i64>,
}

/// A place in the stream of events.
pub struct Cursor;

impl JsonSchema for Cursor {
    fn schema_name() -> Cow<'static, str> {
        "Cursor".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A place in the stream of events; it means nothing to anybody but the server.",
            "type": "string",
            "pattern": format!("^[A-Za-z0-9_-]{{{CHARACTERS}}}$"),
        })
    }
}
