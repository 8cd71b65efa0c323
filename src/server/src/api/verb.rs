//! What the verbs on a reservation that exists have in common: the id is in the path, and the body
//! may be left out. It knows none of them.

use engine::Request;
use ledger::{Command, ReservationId};
use serde::de::DeserializeOwned;

use super::{Call, answer, input};
use crate::http::{Problem, Reply, RequestBody};

/// What a verb says beside the reservation's id.
pub trait Verb: DeserializeOwned {
    /// The command.
    fn command(self, id: ReservationId) -> Command;
}

/// Carries the verb out.
pub async fn post<V: Verb>(call: Call<'_>, body: RequestBody) -> Result<Reply, Problem> {
    let id = input::path_name(call.target.name, "/path/id")?;
    let bytes = input::read_json(call, body).await?;
    let fields: V = input::parse(if bytes.is_empty() { b"{}" } else { &bytes })?;
    answer::reply(call.api.desk.ask(call.engine, Request::Command(fields.command(id))).await)
}
