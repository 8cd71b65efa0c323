//! The rules: what a command does to the books. Pure; looks, computes, changes nothing.
//!
//! What holds here, whatever the command:
//! - the whole of a command is validated before any of it counts: shape, unknown SKU, stock;
//! - a decision takes no bucket below zero available;
//! - a deadline is judged exactly, swept or not.

mod reserve;
mod stock;
mod verbs;
mod worksheet;

use crate::{Applied, Books, Command, Event, Millis, Outcome, Refusal, Reservation, State};

/// The settings that decisions depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// How long a hold lasts whose request does not say.
    pub default_ttl: Millis,
    /// How long any hold may last, from its creation.
    pub max_hold: Millis,
}

/// What a command comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What the caller is told, once the event is durable.
    pub outcome: Outcome,
    /// What changes, if anything does.
    pub event: Option<Event>,
}

impl Decision {
    fn refused(refusal: Refusal) -> Self {
        Self { outcome: Outcome::Refused(refusal), event: None }
    }

    fn replayed(reservation: Reservation) -> Self {
        Self { outcome: Outcome::Reservation { reservation: Box::new(reservation), replayed: true }, event: None }
    }

    fn unchanged(record: crate::StockRecord, applied: Applied) -> Self {
        Self { outcome: Outcome::Stock { record: Box::new(record), applied }, event: None }
    }
}

/// Decides one command at one instant.
pub fn decide(books: &impl Books, policy: &Policy, command: &Command, now: Millis) -> Decision {
    let decided = match command {
        Command::Reserve(reserve) => reserve::reserve(books, policy, reserve, now),
        Command::Confirm(confirm) => verbs::confirm(books, confirm, now),
        Command::Release(id) => verbs::release(books, id, now),
        Command::Extend(id, ttl) => verbs::extend(books, policy, id, *ttl, now),
        Command::Expire(id) => verbs::expire(books, id, now),
        Command::SetStock(set) => stock::set(books, set, now),
        Command::Adjust(adjust) => stock::adjust(books, adjust, now),
    };
    decided.unwrap_or_else(Decision::refused)
}

/// A reservation as a caller sees it at an instant: past its deadline it is expired, swept or not.
#[must_use]
pub fn view(reservation: &Reservation, now: Millis) -> Reservation {
    let mut seen = reservation.clone();
    if seen.is_due(now) {
        seen.state = State::Expired;
    }
    seen
}
