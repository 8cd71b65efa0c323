//! `POST /v1/reservations/{id}/cancel`: give back what a confirmed reservation has not shipped.

use ledger::{Command, ReservationId};
use schemars::JsonSchema;
use serde::Deserialize;

use super::verb::Verb;

/// Nothing: if there is a body, it is an empty object.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Cancel")]
#[serde(deny_unknown_fields)]
pub struct Fields {}

impl Verb for Fields {
    fn command(self, id: ReservationId) -> Command {
        Command::Cancel(id)
    }
}
