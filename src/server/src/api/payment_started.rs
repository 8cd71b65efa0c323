//! `POST /v1/reservations/{id}/payment-started`: keep a hold while a capture is under way.

use ledger::{Command, ReservationId};
use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::Ttl;
use super::verb::Verb;

/// For how long; more than the longest grace is no error, the deadline is clamped to it.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "PaymentStarted")]
#[serde(deny_unknown_fields)]
pub struct Fields {
    /// From now on; `engine.max_payment_grace_ms` when left out.
    grace_ms: Option<Ttl>,
}

impl Verb for Fields {
    fn command(self, id: ReservationId) -> Command {
        Command::PaymentStarted(id, self.grace_ms.map(Ttl::millis))
    }
}
