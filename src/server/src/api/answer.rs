//! What the engine says, as an HTTP answer. The engine answers each request in kind: a command
//! with an outcome, a look-up with what was looked up, anything with why it cannot.

use std::sync::Arc;

use engine::{Answer, StockView, Unavailable};
use hyper::StatusCode;
use hyper::header::{HeaderValue, LOCATION};
use ledger::{Outcome, Reservation, Sale};

use super::{refusal, write};
use crate::http::{Code, Problem, Reply, json};

const NOT_IN_KIND: &str = "the engine answers every request in kind";

/// The answer to a command.
pub fn reply(answer: Answer) -> Result<Reply, Problem> {
    match outcome(answer)? {
        Outcome::Reserved(reservation) => Ok(created(&reservation)),
        Outcome::Reservation { reservation, replayed } => {
            Ok(json(StatusCode::OK, write::reservation_body(&reservation, replayed)))
        }
        Outcome::Stock { record, applied } => Ok(json(StatusCode::OK, write::written(&record, applied))),
        // Who writes settings looks them up again, to be answered as a look-up is.
        Outcome::SkuDeleted | Outcome::Sku(_) | Outcome::Sale(_) => Ok(no_content()),
        Outcome::Refused(refused) => Err(refusal::problem(refused)),
        Outcome::RefusedBefore(refused) => Err(refusal::problem_again(refused)),
    }
}

fn no_content() -> Reply {
    let mut reply = Reply::default();
    *reply.status_mut() = StatusCode::NO_CONTENT;
    reply
}

fn created(reservation: &Reservation) -> Reply {
    let mut reply = json(StatusCode::CREATED, write::reservation_body(reservation, false));
    let path = ["/v1/reservations/", reservation.id.as_str()].concat();
    // An identifier's characters are all allowed in a header.
    if let Ok(location) = HeaderValue::try_from(path) {
        reply.headers_mut().insert(LOCATION, location);
    }
    reply
}

/// What a command came to.
pub fn outcome(answer: Answer) -> Result<Outcome, Problem> {
    match answer {
        Answer::Outcome(outcome) => Ok(outcome),
        Answer::Unavailable(why) => Err(unavailable(why)),
        Answer::Reservation(_) | Answer::Stock(_) | Answer::Sale(_) => unreachable!("{NOT_IN_KIND}"),
    }
}

/// The reservation that was looked up.
pub fn reservation(answer: Answer) -> Result<Option<Arc<Reservation>>, Problem> {
    match answer {
        Answer::Reservation(found) => Ok(found),
        Answer::Unavailable(why) => Err(unavailable(why)),
        Answer::Outcome(_) | Answer::Stock(_) | Answer::Sale(_) => unreachable!("{NOT_IN_KIND}"),
    }
}

/// The stock that was looked up.
pub fn stock(answer: Answer) -> Result<StockView, Problem> {
    match answer {
        Answer::Stock(view) => Ok(view),
        Answer::Unavailable(why) => Err(unavailable(why)),
        Answer::Outcome(_) | Answer::Reservation(_) | Answer::Sale(_) => unreachable!("{NOT_IN_KIND}"),
    }
}

/// The sale that was looked up.
pub fn sale(answer: Answer) -> Result<Option<Box<Sale>>, Problem> {
    match answer {
        Answer::Sale(found) => Ok(found),
        Answer::Unavailable(why) => Err(unavailable(why)),
        Answer::Outcome(_) | Answer::Reservation(_) | Answer::Stock(_) => unreachable!("{NOT_IN_KIND}"),
    }
}

fn unavailable(why: Unavailable) -> Problem {
    let (code, detail) = match why {
        Unavailable::QueueFull => (Code::Overloaded, "nothing was done: try again in a moment"),
        Unavailable::StorageFull => (Code::StorageFull, "nothing was done: only what frees stock still goes through"),
        Unavailable::LogDamaged => {
            (Code::StorageFailed, "nothing was done: the log is damaged, and only what is known goes on")
        }
        Unavailable::StorageFailed => (Code::StorageFailed, "the log failed: ask again once the server is back"),
    };
    Problem::new(code, detail).with_reason(why.reason())
}
