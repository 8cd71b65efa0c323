//! `GET /v1/sales/{sale}`: a sale as it is now, with what is taken of it.

use engine::Request;
use hyper::StatusCode;
use ledger::{Refusal, SaleId};

use super::{Call, answer, input, refusal, write};
use crate::http::{Problem, Reply, json};

/// By the name in the path.
pub async fn get(call: Call<'_>) -> Result<Reply, Problem> {
    let id = input::path_name(call.target.name, "/path/sale")?;
    current(call, id).await
}

/// The sale with its counters.
pub async fn current(call: Call<'_>, id: SaleId) -> Result<Reply, Problem> {
    let found = answer::sale(call.api.desk.ask(call.engine, Request::Sale(id)).await)?;
    match found {
        Some(sale) => Ok(json(StatusCode::OK, write::sale(&sale, call.engine.now()))),
        None => Err(refusal::problem(Refusal::UnknownSale)),
    }
}
