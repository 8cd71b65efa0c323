//! What of the api is measured by itself: the ways from bytes to a command and from an answer to bytes.
//! It knows nothing of clocks, nor of who measures.

use std::sync::Arc;

use engine::Answer;
use hyper::Method;
use ledger::{Command, Millis, Outcome, Reservation, ReservationId};

use super::reserve::Fields;
use super::{answer, input, key, route};
use crate::http::{Problem, Reply};

/// The command that the body of a reserve asks for.
pub fn reserve(body: &[u8], id: ReservationId, max_hold: Millis) -> Result<Command, Problem> {
    input::parse::<Fields>(body)?.command(id, max_hold)
}

/// The name in the path that a method and a path lead to.
pub fn route<'p>(method: &Method, path: &'p str) -> Result<&'p str, Problem> {
    route::find(method, path).map(|target| target.name)
}

/// The id that an idempotency key stands for.
pub fn id_of_key(key: &str) -> ReservationId {
    key::reservation_id(key)
}

/// The answer to who has reserved.
pub fn reserved(reservation: Arc<Reservation>) -> Result<Reply, Problem> {
    answer::reply(Answer::Outcome(Outcome::Reserved(reservation)))
}
