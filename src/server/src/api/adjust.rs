//! `POST /v1/skus/{sku}/locations/{location}/adjust`: change on-hand by a difference.

use engine::Request;
use ledger::{Adjust, Command, Text};
use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::{Delta, Name, difference, name};
use super::{Call, answer, input, key};
use crate::http::{Problem, Reply, RequestBody};

/// By how much on-hand changes.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Adjust")]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// Units that come, or go if it is negative.
    #[schemars(extend("not" = {"const": 0}))]
    delta: Delta,
    /// Why, for people.
    reason: Option<Name<Text>>,
    /// The writer's own reference.
    reference: Option<Name<Text>>,
}

/// With an `Idempotency-Key`, once.
pub async fn post(call: Call<'_>, body: RequestBody) -> Result<Reply, Problem> {
    let sku = input::path_name(call.target.name, "/path/sku")?;
    let location = input::path_name(call.target.location, "/path/location")?;
    let key = key::given(&call.head.headers)?.map(key::of_adjustment);
    let bytes = input::read_json(call, body).await?;
    let body: Body = input::parse(&bytes)?;
    let delta = difference(body.delta)?;
    let (reason, reference) = (name(body.reason), name(body.reference));
    let command = Command::Adjust(Adjust { sku, location, delta, reason, reference, key });
    answer::reply(call.api.desk.ask(call.engine, Request::Command(command)).await)
}
