//! The shapes of what is answered about what was: lists of reservations, balances of earlier times,
//! and what moved them.
#![expect(dead_code, clippy::struct_field_names, reason = "only the shape of these types is of interest")]

use std::borrow::Cow;

use ledger::{EventKind, ReservationId, Sku, Text};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{Location, Reservation, SkuAnswer, Stock};
use crate::api::fields::{Count, Figure, Name};
use crate::api::places;

/// Some reservations.
#[derive(JsonSchema)]
pub struct Reservations {
    /// In the order of their creation; those of one millisecond by their names.
    reservations: Vec<Reservation>,
    /// The place to go on after; absent when that was all.
    next: Option<Place>,
    /// The last record of the log that the list covers.
    as_of_lsn: Count,
}

/// A SKU as it is now, or with `as_of_ms` as it was.
#[derive(JsonSchema)]
#[serde(untagged)]
pub enum SkuNowOrThen {
    Now(SkuAnswer),
    Then(SkuThen),
}

/// What a SKU had at an earlier instant.
#[derive(JsonSchema)]
pub struct SkuThen {
    /// The SKU.
    sku: Name<Sku>,
    /// Units that could still be promised, over all locations.
    available: i64,
    /// Its locations, by name.
    locations: Vec<Stock>,
    /// The instant: with all that had happened by the end of that millisecond.
    as_of_ms: Count,
    /// The last record of the log that the answer covers.
    as_of_lsn: Count,
}

/// Some of what moved a SKU's balances.
#[derive(JsonSchema)]
pub struct SkuHistory {
    /// In the order in which it was decided.
    entries: Vec<SkuHistoryEntry>,
    /// The place to go on after; absent when that was all.
    next: Option<Place>,
    /// The last record of the log that the history covers.
    as_of_lsn: Count,
}

/// Something that moved a balance, and the balance after it; without its figures where the SKU was deleted.
#[derive(JsonSchema)]
struct SkuHistoryEntry {
    /// Its record in the log.
    lsn: Count,
    /// When it was decided.
    at_ms: Count,
    /// What it was.
    #[schemars(with = "String", extend("enum" = [
        EventKind::Held.as_str(), EventKind::Confirmed.as_str(), EventKind::Released.as_str(),
        EventKind::Expired.as_str(), EventKind::Cancelled.as_str(), EventKind::Fulfilled.as_str(),
        EventKind::StockSet.as_str(), EventKind::StockAdjusted.as_str(), EventKind::StockShortfall.as_str(),
        EventKind::SkuDeleted.as_str(),
    ]))]
    r#type: EventKind,
    /// The location.
    location: Location,
    /// Units that were physically there, allocated ones included.
    on_hand: Option<Figure>,
    /// Units promised to reservations that could still expire.
    held: Option<Count>,
    /// Units promised to confirmed reservations that had not shipped.
    allocated: Option<Count>,
    /// Units kept back by the shop.
    safety_stock: Option<Figure>,
    /// Units that were there but not for sale.
    unavailable: Option<Figure>,
    /// Units that could be promised beyond what was there.
    backorder_limit: Option<Figure>,
    /// Units that could still be promised.
    available: Option<i64>,
    /// The reservation that moved it.
    reservation: Option<Name<ReservationId>>,
    /// Units of the reservation's lines there after it, shipped ones too.
    quantity: Option<Count>,
    /// By how much on-hand was adjusted.
    delta: Option<i64>,
    /// Why it was adjusted.
    reason: Option<Name<Text>>,
    /// The writer's own reference for the adjustment.
    reference: Option<Name<Text>>,
}

/// A place in a list.
pub struct Place;

impl JsonSchema for Place {
    fn schema_name() -> Cow<'static, str> {
        "Place".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A place in a list; it means nothing to anybody but the server.",
            "type": "string",
            "pattern": format!("^[A-Za-z0-9_-]{{1,{}}}$", places::CHARACTERS),
        })
    }
}
