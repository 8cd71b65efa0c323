//! What the document says of events, and of itself.

use hyper::StatusCode;
use serde_json::json;

use super::super::answers::Events;
use super::super::operation::{JSON, Operation};
use super::super::schemas::Schemas;
use crate::http::Code;

pub fn events(schemas: &mut Schemas) -> Operation<'_> {
    let description = "Every durable change in one order: a long poll, or with `Accept: text/event-stream` server-sent \
        events, each with its cursor as `id`, its type as `event` and the event as `data`. At least once: go on after \
        the cursor of what you have worked off. Without `after`, from the oldest that is kept, for \
        `store.history_days`.";
    Operation::new(schemas, "Events", "Follow what happens", description)
        .parameter("after")
        .parameter("limit")
        .parameter("wait_ms")
        .parameter("Last-Event-ID")
        .answer(
            StatusCode::OK,
            "What happened next; nothing, if nothing did for as long as the client waits",
            &[],
            |schemas| {
                json!({
                    JSON: {"schema": schemas.answer::<Events>()},
                    "text/event-stream": {"schema": {"type": "string"}},
                })
            },
        )
        .problems([Code::EventsGone, Code::Overloaded, Code::StorageFailed])
}

pub fn openapi(schemas: &mut Schemas) -> Operation<'_> {
    Operation::new(schemas, "Contract", "This document", "The same for every request to one version of the server.")
        .parameter("If-None-Match")
        .answer(StatusCode::OK, "OpenAPI 3.1", &["ETag"], |_| json!({JSON: {"schema": {"type": "object"}}}))
        .empty_answer(StatusCode::NOT_MODIFIED, "What the client has already", &["ETag"])
}

pub fn docs(schemas: &mut Schemas) -> Operation<'_> {
    Operation::new(schemas, "Contract", "This document for people", "One page that needs nothing from elsewhere.")
        .parameter("If-None-Match")
        .answer(StatusCode::OK, "HTML", &["ETag"], |_| json!({"text/html": {"schema": {"type": "string"}}}))
        .empty_answer(StatusCode::NOT_MODIFIED, "What the client has already", &["ETag"])
}
