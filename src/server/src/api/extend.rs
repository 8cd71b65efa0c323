//! `POST /v1/reservations/{id}/extend`: move a hold's deadline to now plus a time to live.

use ledger::{Command, ReservationId};
use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::Ttl;
use super::verb::Verb;

/// For how long; more than the longest hold is no error, the deadline is clamped to it.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Extend")]
#[serde(deny_unknown_fields)]
pub struct Fields {
    /// From now on.
    ttl_ms: Ttl,
}

impl Verb for Fields {
    fn command(self, id: ReservationId) -> Command {
        Command::Extend(id, self.ttl_ms.millis())
    }
}
