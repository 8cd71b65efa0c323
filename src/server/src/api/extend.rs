//! `POST /v1/reservations/{id}/extend`: move a hold's deadline to now plus a time to live.

use engine::Request;
use ledger::Command;
use serde::Deserialize;

use super::fields::Ttl;
use super::{Call, answer, input};
use crate::http::{Problem, Reply, RequestBody};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    ttl_ms: Ttl,
}

/// More than the longest hold is no error: the deadline is clamped to it.
pub async fn post(call: Call<'_>, body: RequestBody) -> Result<Reply, Problem> {
    let id = input::path_name(call.target.name, "/path/id")?;
    let bytes = input::read_json(call, body).await?;
    let Body { ttl_ms } = input::parse(&bytes)?;
    let command = Command::Extend(id, ttl_ms.millis());
    answer::reply(call.api.desk.ask(call.engine, Request::Command(command)).await)
}
