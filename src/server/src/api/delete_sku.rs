//! `DELETE /v1/skus/{sku}`: forget a SKU of which nothing is held or allocated.

use engine::Request;
use ledger::Command;

use super::{Call, answer, input};
use crate::http::{Problem, Reply};

/// With its locations, its settings and all that was counted for it.
pub async fn delete(call: Call<'_>) -> Result<Reply, Problem> {
    let sku = input::path_name(call.target.name, "/path/sku")?;
    answer::reply(call.api.desk.ask(call.engine, Request::Command(Command::DeleteSku(sku))).await)
}
