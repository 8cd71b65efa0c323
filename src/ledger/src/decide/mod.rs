//! The rules: what a command does to the books. Pure; looks, computes, changes nothing.
//!
//! What holds here, whatever the command:
//! - the whole of a command is validated before any of it counts: shape, unknown SKU or sale, sale
//!   window, limits, stock;
//! - a decision takes no stock bucket below zero available, and no limit bucket over its limit;
//! - a deadline is judged exactly, swept or not.

mod limits;
mod parts;
mod place;
mod reacquire;
mod reserve;
mod sales;
mod skus;
mod stock;
mod verbs;
mod worksheet;

use crate::{Applied, Books, Command, Event, Millis, Outcome, Reservation, Sale, State, StockRecord};
use smallvec::SmallVec;
use std::sync::Arc;

/// What a confirm comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnConfirm {
    /// Units are allocated until they are fulfilled.
    #[default]
    Allocate,
    /// Units are fulfilled in the same step: for shops that never report shipments.
    Fulfil,
}

/// The settings that decisions depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// How long a hold lasts where neither its request nor its SKUs say.
    pub default_ttl: Millis,
    /// How long any hold may last, from its creation.
    pub max_hold: Millis,
    /// How long a payment may keep a hold, from the first word of it.
    pub max_payment_grace: Millis,
    /// What a confirm comes to.
    pub on_confirm: OnConfirm,
    /// How long the customers of a sale are counted after its end.
    pub keep_history: Millis,
}

/// What a command comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What the caller is told, once the events are durable.
    pub outcome: Outcome,
    /// What changes, in this order; all of it or nothing.
    pub events: SmallVec<[Event; 1]>,
}

impl Decision {
    fn new(outcome: Outcome) -> Self {
        Self { outcome, events: SmallVec::new() }
    }

    fn replayed(reservation: Reservation) -> Self {
        Self::new(Outcome::Reservation { reservation: Arc::new(reservation), replayed: true })
    }

    fn unchanged(record: StockRecord, applied: Applied) -> Self {
        Self::new(Outcome::Stock { record: Box::new(record), applied })
    }
}

/// Decides one command at one instant.
pub fn decide(books: &impl Books, policy: &Policy, command: &Command, now: Millis) -> Decision {
    let decided = match command {
        Command::Reserve(reserve) => reserve::reserve(books, policy, reserve, now),
        Command::Confirm(confirm) => verbs::confirm(books, policy, confirm, now),
        Command::Release(id) => verbs::release(books, id, now),
        Command::Extend(id, ttl) => verbs::extend(books, policy, id, *ttl, now),
        Command::PaymentStarted(id, grace) => verbs::payment_started(books, policy, id, *grace, now),
        Command::Cancel(id) => verbs::cancel(books, id, now),
        Command::Fulfil(fulfil) => verbs::fulfil(books, fulfil, now),
        Command::Expire(id) => verbs::expire(books, id, now),
        Command::SetStock(set) => stock::set(books, set, now),
        Command::Adjust(adjust) => stock::adjust(books, adjust, now),
        Command::SetSku(sku, settings) => Ok(skus::set(books, sku, settings, now)),
        Command::DeleteSku(sku) => skus::delete(books, sku, now),
        Command::SetSale(sale, settings) => sales::set(books, sale, settings, now),
        Command::TurnSale(sale) => sales::turn(books, policy, sale, now),
    };
    decided.unwrap_or_else(|refusal| Decision::new(Outcome::Refused(refusal)))
}

/// A reservation as a caller sees it at an instant: past its deadline it is expired, swept or not.
#[must_use]
pub fn view(mut reservation: Reservation, now: Millis) -> Reservation {
    if reservation.is_due(now) {
        reservation.state = State::Expired;
    }
    reservation
}

/// A sale as a caller sees it at an instant: in the phase that it is in, told or not.
#[must_use]
pub fn view_sale(sale: &Sale, now: Millis) -> Sale {
    Sale { told: sale.phase(sale.taken, now), ..sale.clone() }
}
