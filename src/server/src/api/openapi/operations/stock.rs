//! What the document says of stock.

use hyper::StatusCode;
use serde_json::{Value, json};

use super::super::answers::history::{SkuHistory, SkuNowOrThen};
use super::super::answers::{Import, SkuAnswer, Skus, WrittenStock};
use super::super::operation::{NDJSON, Operation};
use super::super::schemas::Schemas;
use super::lines_of;
use crate::api::import::entry::Entry;
use crate::api::{adjust, set_sku, set_stock};
use crate::http::Code;

const TAG: &str = "Stock";

pub fn sku(schemas: &mut Schemas) -> Operation<'_> {
    let description = "Its figures at every location, and its settings. With `as_of_ms` its figures after all that had \
        happened by the end of that millisecond, without settings, as far as the record `as_of_lsn`; a SKU that had no \
        location then is not known. It is `store_behind` while the store has not come to that time.";
    Operation::new(schemas, TAG, "Look a SKU up", description)
        .parameter("sku")
        .parameter("as_of_ms")
        .parameter("If-None-Match")
        .reads()
        .json_answer::<SkuNowOrThen>(StatusCode::OK, "The SKU as it is now, or as it was", &["ETag"])
        .empty_answer(StatusCode::NOT_MODIFIED, "The figures that the client has already", &["ETag"])
        .problems([Code::UnknownSku, Code::HistoryGone, Code::StoreBehind])
}

pub fn history(schemas: &mut Schemas) -> Operation<'_> {
    let description = "Every change of a balance, the oldest first, with the balance after it. It is kept for \
        `store.history_days`, also beyond the end of the SKU; a SKU that was never there has none. What was \
        acknowledged before is in it, unless the store is behind in a rush: `as_of_lsn` tells how far it goes. What was \
        asked up to a time is `store_behind` while the store has not come to it.";
    Operation::new(schemas, TAG, "What moved a SKU's balances", description)
        .parameter("sku")
        .parameter("at_location")
        .parameter("from_ms")
        .parameter("to_ms")
        .parameter("after_entry")
        .parameter("entries_limit")
        .reads()
        .json_answer::<SkuHistory>(StatusCode::OK, "A page of it", &[])
        .problems([Code::HistoryGone, Code::StoreBehind])
}

pub fn skus(schemas: &mut Schemas) -> Operation<'_> {
    Operation::new(schemas, TAG, "Look several SKUs up", "All of them at one instant.")
        .parameter("ids")
        .reads()
        .json_answer::<Skus>(StatusCode::OK, "Those that are known, and the names of those that are not", &[])
}

pub fn set_sku(schemas: &mut Schemas) -> Operation<'_> {
    let description = "Replaces all of them, and creates the SKU as needed. Limits count from when they are set; a \
        limit of 0 lets nobody have any.";
    let example = json!({"max_per_customer": 5, "channel_quotas": {"web": 700}, "default_ttl_ms": 600_000});
    Operation::new(schemas, TAG, "Write a SKU's settings", description)
        .parameter("sku")
        .json_body::<set_sku::Body>(true, example)
        .writes()
        .json_answer::<SkuAnswer>(StatusCode::OK, "The SKU as it is now", &["ETag"])
        // Somebody may delete it before it is looked up.
        .problems([Code::UnknownSku])
}

pub fn delete_sku(schemas: &mut Schemas) -> Operation<'_> {
    let description = "With its locations, its settings and all that was counted for it.";
    Operation::new(schemas, TAG, "Forget a SKU of which nothing is promised", description)
        .parameter("sku")
        .writes()
        .empty_answer(StatusCode::NO_CONTENT, "It is gone", &[])
        .problems([Code::UnknownSku, Code::SkuInUse])
}

pub fn set_stock(schemas: &mut Schemas) -> Operation<'_> {
    let description = "Creates SKU and location as needed. `if_version` and `source_ts_ms` order competing writers; a \
        write that is older than its source's last one is answered with `\"applied\":false`.";
    Operation::new(schemas, TAG, "Write a location's figures", description)
        .parameter("sku")
        .parameter("location")
        .json_body::<set_stock::Body>(true, json!({"on_hand": 100, "safety_stock": 5}))
        .writes()
        .json_answer::<WrittenStock>(StatusCode::OK, "The record as it is now", &[])
        .problems([Code::StaleVersion])
}

pub fn adjust(schemas: &mut Schemas) -> Operation<'_> {
    let description = "With an `Idempotency-Key`, once.";
    Operation::new(schemas, TAG, "Change on-hand by a difference", description)
        .parameter("sku")
        .parameter("location")
        .parameter("Idempotency-Key")
        .json_body::<adjust::Body>(true, json!({"delta": -3, "reason": "damaged", "reference": "wms-991"}))
        .writes()
        .json_answer::<WrittenStock>(StatusCode::OK, "The record as it is now", &[])
        .problems([Code::UnknownSku, Code::OnHandNegative, Code::IdempotencyMismatch])
}

pub fn import(schemas: &mut Schemas) -> Operation<'_> {
    let description = "Up to 64 MiB of lines, streamed. A line that is refused never stops the rest; reservations go \
        before.";
    let line = |value: Value| format!("{value}\n");
    let example = line(json!({"sku": "SNEAKER-42", "on_hand": 100}))
        + &line(json!({"sku": "SNEAKER-43", "available": 5}))
        + &line(json!({"sku": "SNEAKER-42", "delta": -1, "reference": "r-1"}));
    Operation::new(schemas, TAG, "Write many locations' figures", description)
        .body(true, |schemas| {
            let item = schemas.request::<Entry>();
            json!({NDJSON: lines_of(item, "A location's figures a line.", &example)})
        })
        .writes()
        .json_answer::<Import>(StatusCode::OK, "What became of the lines", &[])
}
