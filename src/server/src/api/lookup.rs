//! `GET /v1/reservations/{id}`: a reservation as it is now.

use engine::Request;
use hyper::StatusCode;
use ledger::Refusal;

use super::{Call, answer, input, refusal, write};
use crate::http::{Problem, Reply, json};

/// Found while it is live, and as long after its end as its key is known.
pub async fn get(call: Call<'_>) -> Result<Reply, Problem> {
    let id = input::path_name(call.target.name, "/path/id")?;
    let found = answer::reservation(call.api.desk.ask(call.engine, Request::Reservation(id)).await)?;
    match found {
        Some(reservation) => Ok(json(StatusCode::OK, write::reservation_body(&reservation, false))),
        None => Err(refusal::problem(Refusal::ReservationNotFound)),
    }
}
