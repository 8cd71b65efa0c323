//! `POST /v1/reservations/{id}/release`: give a hold's units back.

use engine::Request;
use ledger::Command;
use serde::Deserialize;

use super::{Call, answer, input};
use crate::http::{Problem, Reply, RequestBody};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {}

/// A body may be left out; if there is one, it is an empty object.
pub async fn post(call: Call<'_>, body: RequestBody) -> Result<Reply, Problem> {
    let id = input::path_name(call.target.name, "/path/id")?;
    let bytes = input::read_json(call, body).await?;
    if !bytes.is_empty() {
        let Body {} = input::parse(&bytes)?;
    }
    answer::reply(call.api.desk.ask(call.engine, Request::Command(Command::Release(id))).await)
}
