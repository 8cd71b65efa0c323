//! `GET /v1/events`: what happened, in one order, read back from log and store as far as it is durable.
//! A consumer is a place in them and nothing else, so that a slow one costs nobody anything.

mod batch;
pub mod cursor;
mod json;
mod log;
mod poll;
pub mod query;
mod reader;
mod stream;

use std::sync::Arc;

use hyper::header::HeaderName;
use store::Store;
use wal::Lsn;

use super::{Call, input};
use crate::http::{Code, Problem, Reply};
use cursor::Cursor;
use log::Consumer;
use query::Query;
use reader::Reader;

pub use log::EventLog;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const AFTER: &str = "/query/after";
const LAST_EVENT_ID_POINTER: &str = "/headers/last-event-id";

/// A long poll, or a stream for who accepts one.
pub async fn get(call: Call<'_>) -> Result<Reply, Problem> {
    let query = Query::parse(call.head.uri.query())?;
    let is_stream = stream::is_wanted(&call.head.headers);
    // A client that comes again repeats its first query and adds how far it has come.
    let last_event_id = input::header(&call.head.headers, &LAST_EVENT_ID, LAST_EVENT_ID_POINTER)?;
    let given = match last_event_id.filter(|_| is_stream) {
        Some(id) => Some((id, LAST_EVENT_ID_POINTER)),
        None => query.after.as_deref().map(|after| (after, AFTER)),
    };
    let log = &call.api.event_log;
    let permit = log.consumers().try_acquire().ok_or_else(|| full(call))?;
    let store = &call.api.stage.opened()?.store;
    let start = start(call, store, given).await?;
    let reader = Reader::after(start, Arc::clone(log), Arc::clone(store), Arc::clone(&call.api.metrics));
    let consumer = Consumer::new(reader, permit);
    if is_stream {
        stream::begin(call, consumer).await
    } else {
        poll::answer(call, consumer, query.limit, query.wait).await
    }
}

/// The record after which a consumer goes on; `given` is its cursor and where it stands.
async fn start(call: Call<'_>, store: &Store, given: Option<(&str, &str)>) -> Result<Lsn, Problem> {
    let log = &call.api.event_log;
    let Some((text, pointer)) = given else { return log.oldest(store).await };
    let cursor =
        Cursor::parse(text).ok_or_else(|| Problem::invalid(pointer, "is no cursor that was ever given out"))?;
    match log.find(cursor, call.engine.durable_mark()) {
        Some(lsn) => Ok(lsn),
        None => Err(log.gone(log.oldest(store).await?)),
    }
}

fn full(call: Call<'_>) -> Problem {
    call.api.metrics.event_streams_full.increment(1);
    Problem::new(Code::Overloaded, "too many consumers of events: share a stream, or try later")
        .with_text("reason", "event_streams_full")
}
