//! What the document says of reservations, one by one and in batches.

use hyper::StatusCode;
use serde_json::json;

use super::super::answers::history::Reservations;
use super::super::answers::{BatchResults, Reservation};
use super::super::operation::{JSON, NDJSON, Operation};
use super::super::schemas::Schemas;
use super::lines_of;
use crate::api::batch::{BATCH_BYTES, BatchBody, MAX_OPERATIONS};
use crate::api::{batch, cancel, confirm, extend, fulfil, payment_started, release, reserve};
use crate::http::Code;

const TAG: &str = "Reservations";

const AGAIN: &str = "The same request again: the reservation as it is now";

const RESERVE: &str = "All lines are placed in one step: by default all of them or none, with `best_effort` as much as \
    each can get. Lines with a location are placed first; the others go to the first location in the SKU's order that \
    can serve the whole line, else are split in that order. Refusals for stock, limits and a closed sale are \
    remembered, so that a retry never turns \"sold out\" into a surprise hold.";

pub fn reserve(schemas: &mut Schemas) -> Operation<'_> {
    let description = format!("{RESERVE} With an `Idempotency-Key` a retry is safe.");
    reserving(Operation::new(schemas, TAG, "Reserve under an id that the server makes", &description))
        .parameter("Idempotency-Key")
        .json_body::<reserve::Fields>(true, json!({"customer": "c-1", "lines": [{"sku": "SNEAKER-42", "quantity": 1}]}))
}

pub fn reserve_as(schemas: &mut Schemas) -> Operation<'_> {
    let description = format!("{RESERVE} The id is the key that makes a retry safe.");
    reserving(Operation::new(schemas, TAG, "Reserve under an id of your own", &description))
        .parameter("id")
        .json_body::<reserve::Fields>(
        true,
        json!({"customer": "c-2", "ttl_ms": 300_000, "lines": [{"sku": "SNEAKER-42", "quantity": 2}]}),
    )
}

fn reserving(operation: Operation<'_>) -> Operation<'_> {
    operation
        .writes()
        .json_answer::<Reservation>(StatusCode::CREATED, "The reservation, made just now", &["Location"])
        .json_answer::<Reservation>(StatusCode::OK, AGAIN, &[])
        .problems([Code::UnknownSku, Code::UnknownSale, Code::SaleNotOpen, Code::SaleClosed])
        .problems([Code::LimitExceeded, Code::InsufficientStock, Code::IdempotencyMismatch])
}

pub fn reservation(schemas: &mut Schemas) -> Operation<'_> {
    let description = "It is known while it is live, and for `store.history_days` after its end. While the \
        store is made again from the log, one that is not in memory is `store_behind`.";
    Operation::new(schemas, TAG, "Look a reservation up", description)
        .parameter("id")
        .reads()
        .json_answer::<Reservation>(StatusCode::OK, "The reservation as it is now", &[])
        .problems([Code::ReservationNotFound, Code::StoreBehind])
}

pub fn list(schemas: &mut Schemas) -> Operation<'_> {
    let description = "Live and ended ones, in the order of their creation, which is that of the log, as long as `GET` of the one finds them; of \
        several filters all hold. A page may have fewer than `limit`, even none, and still a `next`: so much was looked \
        at in vain. What was acknowledged before is in the list, unless the store is behind in a rush: `as_of_lsn` \
        tells how far it goes. Deadlines are judged now: past its deadline a hold is `expired`.";
    Operation::new(schemas, TAG, "List reservations", description)
        .parameter("with_sku")
        .parameter("of_customer")
        .parameter("in_sale")
        .parameter("in_state")
        .parameter("after_reservation")
        .parameter("reservations_limit")
        .reads()
        .json_answer::<Reservations>(StatusCode::OK, "A page of them", &[])
}

pub fn confirm(schemas: &mut Schemas) -> Operation<'_> {
    let description = "A part frees the rest. After the deadline `\"if_expired\":\"reacquire\"` takes stock and limits \
        again if they are there, whatever the sale's window: the way of a late payment.";
    verb(schemas, "Make a hold final", description)
        .json_body::<confirm::Fields>(false, json!({"order": "o-1"}))
        .problems([Code::ReservationExpired, Code::ReservationReleased, Code::ReservationCancelled])
        .problems([Code::IdempotencyMismatch, Code::InsufficientStock, Code::LimitExceeded, Code::UnknownSku])
}

pub fn release(schemas: &mut Schemas) -> Operation<'_> {
    verb(schemas, "Give a hold back", "Its units are available again at once.")
        .json_body::<release::Fields>(false, json!({}))
        .problems([Code::ReservationConfirmed, Code::ReservationExpired])
        .problems([Code::ReservationCancelled, Code::ReservationFulfilled])
}

pub fn extend(schemas: &mut Schemas) -> Operation<'_> {
    let description = "The deadline becomes now plus `ttl_ms`: never later than `engine.max_hold_ms` after the \
        reservation was made, never earlier than it was. Each call counts from its own now.";
    moving(verb(schemas, "Move a hold's deadline", description))
        .json_body::<extend::Fields>(true, json!({"ttl_ms": 300_000}))
}

pub fn payment_started(schemas: &mut Schemas) -> Operation<'_> {
    let description = "The hold does not expire while a capture is under way: until now plus `grace_ms`, and at most \
        `engine.max_payment_grace_ms` after the first such call.";
    moving(verb(schemas, "Keep a hold while a payment is under way", description))
        .json_body::<payment_started::Fields>(false, json!({"grace_ms": 120_000}))
}

fn moving(operation: Operation<'_>) -> Operation<'_> {
    operation
        .problems([Code::ReservationConfirmed, Code::ReservationReleased, Code::ReservationExpired])
        .problems([Code::ReservationCancelled, Code::ReservationFulfilled])
}

pub fn cancel(schemas: &mut Schemas) -> Operation<'_> {
    verb(schemas, "Give a confirmed reservation back", "What has not shipped returns to available.")
        .json_body::<cancel::Fields>(false, json!({}))
        .problems([Code::ReservationHeld, Code::ReservationReleased])
        .problems([Code::ReservationExpired, Code::ReservationFulfilled])
}

pub fn fulfil(schemas: &mut Schemas) -> Operation<'_> {
    let description = "`on_hand` and `allocated` fall. With `lines` a part of it; it stays confirmed until all has \
        shipped. Never refused for what is on hand.";
    verb(schemas, "Say that a confirmed reservation has shipped", description)
        .json_body::<fulfil::Fields>(false, json!({"lines": [{"sku": "SNEAKER-42", "quantity": 1}]}))
        .problems([Code::ReservationHeld, Code::ReservationReleased, Code::ReservationExpired])
        .problems([Code::ReservationCancelled, Code::IdempotencyMismatch])
}

fn verb<'s>(schemas: &'s mut Schemas, summary: &str, description: &str) -> Operation<'s> {
    Operation::new(schemas, TAG, summary, description)
        .parameter("id")
        .writes()
        .json_answer::<Reservation>(StatusCode::OK, "The reservation as it is after the verb", &[])
        .problems([Code::ReservationNotFound])
}

pub fn batch(schemas: &mut Schemas) -> Operation<'_> {
    let description = format!(
        "Up to {MAX_OPERATIONS} verbs in up to {} MiB. A JSON body is read whole before anything is done, NDJSON line \
         by line. Each operation has the status and the body that it would have had alone; one that is not valid is \
         refused by itself.",
        BATCH_BYTES >> 20
    );
    let example = json!({"op": "reserve", "id": "r-2", "lines": [{"sku": "SNEAKER-42", "quantity": 1}]});
    let lines = format!("{example}\n{}\n", json!({"op": "release", "id": "r-2"}));
    let document = json!({"operations": [example, {"op": "confirm", "id": "r-2"}]});
    Operation::new(schemas, TAG, "Carry out many verbs", &description)
        .parameter("Prefer")
        .body(true, |schemas| {
            let item = schemas.request::<batch::Operation>();
            json!({
                JSON: {"schema": schemas.request::<BatchBody>(), "example": document},
                NDJSON: lines_of(item, "An operation a line.", &lines),
            })
        })
        .json_answer::<BatchResults>(StatusCode::OK, "What each operation came to", &["Preference-Applied"])
}
