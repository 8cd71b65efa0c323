//! `PUT /v1/skus/{sku}/locations/{location}`: write a location's own figures.

use engine::Request;
use ledger::{Command, Millis, OnHand, SetStock};
use serde::Deserialize;

use super::fields::{Count, Figure, units};
use super::{Call, answer, input};
use crate::http::{Problem, Reply, RequestBody};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    on_hand: Figure,
    safety_stock: Option<Figure>,
    backorder_limit: Option<Figure>,
    unavailable: Option<Figure>,
    if_version: Option<Count>,
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
