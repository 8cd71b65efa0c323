//! The platform's other listener: `POST /set` with any of the settings, `GET /stats`. It must not answer calls.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};

use super::{Change, Shared};

const MOST_BYTES: usize = 64 << 10;

pub(super) async fn answer(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let (status, value) = match (&head.method, head.uri.path()) {
        (&Method::GET, "/stats") => (StatusCode::OK, json!(shared.state().tally.stats())),
        (&Method::POST, "/set") => match Limited::new(body, MOST_BYTES).collect().await {
            Ok(body) => match set(&shared, &body.to_bytes()) {
                Ok(settings) => (StatusCode::OK, settings),
                Err(problem) => (StatusCode::BAD_REQUEST, json!({ "problem": problem })),
            },
            Err(error) => (StatusCode::BAD_REQUEST, json!({ "problem": error.to_string() })),
        },
        _ => (StatusCode::NOT_FOUND, json!({ "problem": "here are POST /set and GET /stats" })),
    };
    let mut response = Response::new(Full::new(Bytes::from(value.to_string())));
    *response.status_mut() = status;
    Ok(response)
}

/// The settings as they are then.
fn set(shared: &Shared, body: &[u8]) -> Result<Value, String> {
    let change: Change = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let mut state = shared.state();
    state.settings = state.settings.changed(&change)?;
    Ok(json!(state.settings))
}
