//! `GET` and `PUT /admin/v1/brownout`: the level by hand. A pin is for an hour of need and ends with the process: a
//! server that starts afresh lets load decide.

use admission::brownout::MAX_BROWNOUT;
use hyper::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::gateway;
use crate::http::{Problem, Reply, RequestBody, json as reply};

const BODY_BYTES: u64 = 1 << 10;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    // Not left out: an empty body must not let a pinned level go.
    #[serde(deserialize_with = "Value::deserialize")]
    level: Value,
}

/// The level in force, and the one that is pinned.
pub fn show(gateway: &gateway::Shared) -> Reply {
    let brownout = gateway.brownout();
    let body = json!({"level": brownout.level(), "pinned": brownout.pinned()});
    reply(StatusCode::OK, body.to_string().into_bytes())
}

/// Pins the level, or lets load decide again.
pub async fn pin(gateway: &gateway::Shared, body: RequestBody) -> Result<Reply, Problem> {
    let body = body.collect(BODY_BYTES).await?;
    let Body { level } = serde_json::from_slice(&body).map_err(|error| Problem::invalid("", error.to_string()))?;
    let level = read(&level)?;
    gateway.brownout().pin(level);
    tracing::info!(level, "the brownout level was pinned or let go");
    Ok(show(gateway))
}

fn read(level: &Value) -> Result<Option<u8>, Problem> {
    if level.is_null() {
        return Ok(None);
    }
    let number = level.as_u64().and_then(|number| u8::try_from(number).ok());
    number.filter(|number| *number <= MAX_BROWNOUT).map(Some).ok_or_else(|| {
        let detail =
            format!("`level` = {level} is not allowed; allowed is 0 to {MAX_BROWNOUT}, or null to let load decide");
        Problem::invalid("/level", detail)
    })
}
