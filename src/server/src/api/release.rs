//! `POST /v1/reservations/{id}/release`: give a hold's units back.

use ledger::{Command, ReservationId};
use schemars::JsonSchema;
use serde::Deserialize;

use super::verb::Verb;

/// Nothing: if there is a body, it is an empty object.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Release")]
#[serde(deny_unknown_fields)]
pub struct Fields {}

impl Verb for Fields {
    fn command(self, id: ReservationId) -> Command {
        Command::Release(id)
    }
}
