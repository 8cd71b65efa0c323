//! `POST /v1/reservations/{id}/confirm`: make a hold final, for an order.

use engine::Request;
use ledger::{Command, Confirm, ConfirmPrint, Order};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::fields::{Name, name};
use super::{Call, answer, input};
use crate::http::{Problem, Reply, RequestBody};

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Body {
    order: Option<Name<Order>>,
    lines: Option<IgnoredAny>,
    if_expired: Option<Name<Order>>,
}

/// Confirms all lines.
pub async fn post(call: Call<'_>, body: RequestBody) -> Result<Reply, Problem> {
    let id = input::path_name(call.target.name, "/path/id")?;
    let bytes = input::read_json(call, body).await?;
    let order = order(&bytes)?;
    let print = ConfirmPrint::new(order.as_ref().map(Order::as_str), None, None);
    let command = Command::Confirm(Confirm { id, order, lines: None, if_expired: ledger::IfExpired::Refuse, print });
    answer::reply(call.api.desk.ask(call.engine, Request::Command(command)).await)
}

/// A body may be left out. `"if_expired":"refuse"` is what happens anyway.
fn order(body: &[u8]) -> Result<Option<Order>, Problem> {
    const WHOLE: &str = "this version confirms whole reservations that are still held: leave this field out";
    let body: Body = if body.is_empty() { Body::default() } else { input::parse(body)? };
    if body.lines.is_some() {
        return Err(Problem::invalid("/lines", WHOLE));
    }
    match name(body.if_expired) {
        Some(word) if word.as_str() != "refuse" => Err(Problem::invalid("/if_expired", WHOLE)),
        _ => Ok(name(body.order)),
    }
}
