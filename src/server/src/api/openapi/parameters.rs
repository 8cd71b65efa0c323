//! The parameters of all operations, each under a name of its own: two of one name on the wire may
//! mean different things to different operations. It knows no endpoint.

use std::ops::RangeInclusive;

use serde_json::{Value, json};

use super::answers::Cursor;
use super::answers::history::Place;
use super::schemas::Schemas;
use crate::api::events::query::{LIMIT, WAIT_MS};
use crate::api::fields::Name;
use crate::api::key::KEY_BYTES;
use crate::api::query::TIME_MS;
use crate::api::stock::MAX_IDS;
use crate::api::{listing, sku_history};

/// All of them.
pub fn parameters(schemas: &mut Schemas) -> Value {
    let mut all = in_path(schemas);
    let others = [of_events(schemas), of_reservations(schemas), of_skus(schemas), in_headers()];
    for more in others {
        if let (Value::Object(all), Value::Object(more)) = (&mut all, more) {
            all.extend(more);
        }
    }
    all
}

fn in_path(schemas: &mut Schemas) -> Value {
    let identifier = schemas.request::<Name<ledger::Sku>>();
    let named = |name: &str, description: &str, example: &str| {
        let mut parameter = parameter("path", name, description, identifier.clone());
        parameter["required"] = true.into();
        parameter["example"] = example.into();
        parameter
    };
    json!({
        "id": named("id", "The reservation's id.", "r-1"),
        "sku": named("sku", "The SKU.", "SNEAKER-42"),
        "location": named("location", "The location.", "default"),
        "sale": named("sale", "The sale's name.", "drop-1"),
    })
}

fn of_events(schemas: &mut Schemas) -> Value {
    let cursor = schemas.answer::<Cursor>();
    let mut limit = in_query("limit", "The most events in the answer to a poll.", range(&LIMIT, Some(*LIMIT.end())));
    limit["example"] = 100.into();
    json!({
        "after": in_query("after", "The cursor to go on after.", cursor.clone()),
        "limit": limit,
        "wait_ms": in_query("wait_ms", "How long a poll waits for an event.", range(&WAIT_MS, Some(*WAIT_MS.start()))),
        "Last-Event-ID": in_header("Last-Event-ID", "The cursor to go on after, for a stream; it wins over `after`.", cursor),
    })
}

fn of_reservations(schemas: &mut Schemas) -> Value {
    let identifier = schemas.request::<Name<ledger::Sku>>();
    let place = schemas.answer::<Place>();
    let mut customer = in_query("customer", "Those of this customer.", identifier.clone());
    customer["example"] = "c-1".into();
    let states = listing::STATES.map(ledger::State::as_str);
    let limit = range(&listing::LIMIT, Some(listing::DEFAULT_LIMIT));
    json!({
        "with_sku": in_query("sku", "Those with a line of this SKU.", identifier.clone()),
        "of_customer": customer,
        "in_sale": in_query("sale", "Those in this sale.", identifier),
        "in_state": in_query(
            "state",
            "Those in this state; past its deadline a hold is `expired`.",
            json!({"type": "string", "enum": states}),
        ),
        "after_reservation": in_query("after", "The `next` of the page before.", place),
        "reservations_limit": in_query("limit", "The most reservations in the answer.", limit),
    })
}

fn of_skus(schemas: &mut Schemas) -> Value {
    let identifier = schemas.request::<Name<ledger::Sku>>();
    let place = schemas.answer::<Place>();
    let list = json!({"type": "array", "minItems": 1, "maxItems": MAX_IDS, "items": identifier});
    let mut ids = in_query("ids", "The SKUs, separated by commas.", list);
    ids["required"] = true.into();
    ids["style"] = "form".into();
    ids["explode"] = false.into();
    ids["example"] = json!(["SNEAKER-42", "HOODIE-M"]);
    let time = |name: &str, description: &str| in_query(name, description, range(&TIME_MS, None));
    let limit = range(&sku_history::LIMIT, Some(sku_history::DEFAULT_LIMIT));
    json!({
        "ids": ids,
        "as_of_ms": time("as_of_ms", "An instant up to now: the figures are those of then."),
        "at_location": in_query("location", "What happened at this location.", identifier),
        "from_ms": time("from_ms", "From this millisecond on; absent: from the oldest that is kept."),
        "to_ms": time("to_ms", "Before this millisecond; absent: up to now."),
        "after_entry": in_query("after", "The `next` of the page before.", place),
        "entries_limit": in_query("limit", "The most entries in the answer.", limit),
    })
}

fn in_headers() -> Value {
    let mut key = in_header(
        "Idempotency-Key",
        "Makes a retry safe: the same key and the same body are answered as before, with `\"replayed\":true`.",
        // Spaces at either end are no part of a header's value.
        json!({"type": "string", "minLength": 1, "maxLength": KEY_BYTES, "pattern": "^[!-~]([ -~]*[!-~])?$"}),
    );
    key["example"] = "cart-1".into();
    json!({
        "Idempotency-Key": key,
        "If-None-Match": in_header(
            "If-None-Match",
            "The `ETag` of what the client has already.",
            json!({"type": "string"}),
        ),
        "Prefer": in_header(
            "Prefer",
            "`return=minimal` leaves the bodies of successes out.",
            json!({"type": "string", "examples": ["return=minimal"]}),
        ),
    })
}

fn in_query(name: &str, description: &str, schema: Value) -> Value {
    parameter("query", name, description, schema)
}

fn in_header(name: &str, description: &str, schema: Value) -> Value {
    parameter("header", name, description, schema)
}

fn parameter(place: &str, name: &str, description: &str, schema: Value) -> Value {
    json!({"name": name, "in": place, "description": description, "schema": schema})
}

fn range(range: &RangeInclusive<u64>, default: Option<u64>) -> Value {
    let mut schema = json!({"type": "integer", "minimum": range.start(), "maximum": range.end()});
    if let Some(default) = default {
        schema["default"] = default.into();
    }
    schema
}
