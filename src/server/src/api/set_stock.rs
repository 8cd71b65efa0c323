//! `PUT /v1/skus/{sku}/locations/{location}`: write a location's own figures.

use engine::Request;
use ledger::{Command, Millis, OnHand, SetStock};
use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::{Count, Figure, units};
use super::{Call, answer, input};
use crate::http::{Problem, Reply, RequestBody};

/// A location's own figures; one that is left out stays as it is, and is 0 at first.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "SetStock")]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// Units that are physically there, those allocated to orders that have not shipped included.
    on_hand: Figure,
    /// Units kept back by the shop.
    safety_stock: Option<Figure>,
    /// Units that may be promised beyond what is there.
    backorder_limit: Option<Figure>,
    /// Units that are there but not for sale.
    unavailable: Option<Figure>,
    /// The version that the record must have; 0: it must not exist yet.
    if_version: Option<Count>,
    /// The source's own time of this write, at most a day ahead; a write older than the last one is not applied.
    source_ts_ms: Option<Count>,
}

/// Creates SKU and location as needed; figures left out stay as they are.
pub async fn put(call: Call<'_>, body: RequestBody) -> Result<Reply, Problem> {
    let sku = input::path_name(call.target.name, "/path/sku")?;
    let location = input::path_name(call.target.location, "/path/location")?;
    let bytes = input::read_json(call, body).await?;
    let body: Body = input::parse(&bytes)?;
    let command = Command::SetStock(SetStock {
        sku,
        location,
        on_hand: OnHand::Exactly(body.on_hand.0 as u32),
        safety_stock: units(body.safety_stock),
        unavailable: units(body.unavailable),
        backorder_limit: units(body.backorder_limit),
        if_version: body.if_version.map(Count::get),
        source_ts: body.source_ts_ms.map(|at| Millis(at.get())),
    });
    answer::reply(call.api.desk.ask(call.engine, Request::Command(command)).await)
}
