//! `GET /v1/reservations/{id}`: a reservation as it is now, or as it ended.

use std::sync::Arc;

use engine::Request;
use hyper::StatusCode;
use ledger::{Refusal, Reservation, ReservationId};

use super::store_reads::{StoreRead, caught_up, unreadable};
use super::{Call, answer, input, refusal, write};
use crate::http::{Problem, Reply, json};

/// Found for as long as the store keeps it: the engine lets go of one that has ended only once the
/// store has its end, so that what one does not know any more the other does already. Where it could
/// not wait for the store, whoever asks waits, and is not told what was before, or that nothing was:
/// even one that has ended may have been taken up again since, or its name used anew.
pub async fn get(call: Call<'_>) -> Result<Reply, Problem> {
    let id: ReservationId = input::path_name(call.target.name, "/path/id")?;
    let live = answer::reservation(call.api.desk.ask(call.engine, Request::Reservation(id.clone())).await)?;
    let found = match live {
        Some(live) => Some(Arc::unwrap_or_clone(live)),
        None => stored(call, id).await?,
    };
    match found {
        Some(reservation) => Ok(json(StatusCode::OK, write::reservation_body(&reservation, false))),
        None => Err(refusal::problem(Refusal::ReservationNotFound)),
    }
}

async fn stored(call: Call<'_>, id: ReservationId) -> Result<Option<Reservation>, Problem> {
    if !caught_up(call.engine, call.engine.forgotten_mark()).await {
        return Err(call.store_behind());
    }
    let found = call.read_store(StoreRead::Reservation, move |store| store.reservation(&id)).await?;
    let found = found.map_err(|error| unreadable(&error))?;
    Ok(found.map(|reservation| ledger::view(reservation, call.engine.now())))
}
