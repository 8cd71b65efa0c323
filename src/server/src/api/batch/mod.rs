//! `POST /v1/batch`: many verbs in one request, as a JSON document or as NDJSON. It reads the
//! operations one after the other, and knows none of the verbs.

mod document;
mod operation;
mod results;
mod schema;
mod window;

use hyper::StatusCode;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};

use super::lines::{Limits, Line, Lines};
use super::{Call, input};
use crate::http::{Problem, Reply, RequestBody, json};
use window::Window;

pub use operation::Operation;
pub use schema::BatchBody;

/// The largest batch, in bytes.
pub const BATCH_BYTES: u64 = 64 << 20;

/// The largest operation, in bytes: as much as the body of a request of its own.
const OPERATION_BYTES: usize = super::BODY_BYTES as usize;

/// Operations of one batch.
pub const MAX_OPERATIONS: usize = 10_000;

const DOCUMENT: &str = "application/json";
const NDJSON: &str = "application/x-ndjson";

const PREFER: HeaderName = HeaderName::from_static("prefer");
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");
const MINIMAL: HeaderValue = HeaderValue::from_static("return=minimal");

/// Carries the operations out; one result for each, in their order.
pub async fn post(call: Call<'_>, body: RequestBody) -> Result<Reply, Problem> {
    let minimal = prefers_minimal(&call.head.headers);
    let media_type = input::type_among(&call.head.headers, &[DOCUMENT, NDJSON])?;
    let mut window = Window::new(call, minimal);
    let read =
        if media_type == NDJSON { push_lines(&mut window, body).await } else { push_document(&mut window, body).await };
    let results = window.finish().await;
    match read {
        Ok(()) => Ok(reply(results.into_body(), minimal)),
        Err(problem) if results.is_empty() => Err(problem),
        // What was done stays done: say what came of it.
        Err(problem) => Err(problem.with_json("results", &results.into_list())),
    }
}

/// Nothing is done before all of it has come and is JSON.
async fn push_document(window: &mut Window<'_>, body: RequestBody) -> Result<(), Problem> {
    let bytes = body.collect(BATCH_BYTES).await?;
    for text in document::split(bytes).await? {
        window.push(Ok(text)).await;
    }
    Ok(())
}

/// Each line is done as it comes.
async fn push_lines(window: &mut Window<'_>, body: RequestBody) -> Result<(), Problem> {
    let mut lines = Lines::new(body, Limits { body_bytes: BATCH_BYTES, line_bytes: OPERATION_BYTES })?;
    let mut count = 0;
    while let Some(Line { text, .. }) = window.meanwhile(lines.next()).await? {
        count += 1;
        if count > MAX_OPERATIONS {
            return Err(wrong_count().closing());
        }
        window.push(text).await;
    }
    if count == 0 { Err(wrong_count()) } else { Ok(()) }
}

fn wrong_count() -> Problem {
    Problem::invalid("/operations", format!("send 1 to {MAX_OPERATIONS} operations"))
}

/// RFC 7240: preferences in lists, each perhaps with parameters.
fn prefers_minimal(headers: &HeaderMap) -> bool {
    let lists = headers.get_all(PREFER).iter().filter_map(|value| value.to_str().ok());
    let preferences = lists.flat_map(|list| list.split(',')).filter_map(|preference| preference.split(';').next());
    preferences.into_iter().any(|preference| preference.trim().eq_ignore_ascii_case("return=minimal"))
}

fn reply(body: Vec<u8>, minimal: bool) -> Reply {
    let mut reply = json(StatusCode::OK, body);
    if minimal {
        reply.headers_mut().insert(PREFERENCE_APPLIED, MINIMAL);
    }
    reply
}

#[cfg(test)]
mod tests {
    use super::prefers_minimal;
    use hyper::header::HeaderMap;

    #[test]
    fn a_preference_may_stand_among_others() {
        let minimal = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append("prefer", value.parse().expect("a header value"));
            }
            prefers_minimal(&headers)
        };
        assert!(minimal(&["return=minimal"]));
        assert!(minimal(&["respond-async, Return=Minimal; foo=1"]));
        assert!(minimal(&["wait=10", "return=minimal"]));
        for other in [&[][..], &["return=representation"], &["minimal"], &["x; return=minimal"]] {
            assert!(!minimal(other), "{other:?}");
        }
    }
}
