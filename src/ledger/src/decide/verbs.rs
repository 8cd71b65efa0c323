//! The verbs on a reservation that exists: confirm, release, extend, expire.

use super::worksheet::Worksheet;
use super::{Decision, Policy};
use crate::{Books, Confirm, Event, EventKind, Millis, Outcome, Refusal, Reservation, ReservationId, State};

pub(super) fn confirm(books: &impl Books, command: &Confirm, now: Millis) -> Result<Decision, Refusal> {
    let known = find(books, &command.id)?;
    if known.state == State::Confirmed {
        return match known.confirmed_by.first_difference(&command.print) {
            Some(field) => Err(Refusal::IdempotencyMismatch { field }),
            None => Ok(Decision::replayed(known.clone())),
        };
    }
    must_be_held(known, now)?;
    let mut sheet = Worksheet::new(books);
    for line in &known.lines {
        let row = sheet.row(&line.sku, &line.location);
        row.held -= line.quantity;
        row.allocated += line.quantity;
    }
    let mut next = changed(known, State::Confirmed, now);
    next.order.clone_from(&command.order);
    next.confirmed_by = command.print;
    Ok(done(EventKind::Confirmed, next, sheet, now))
}

pub(super) fn release(books: &impl Books, id: &ReservationId, now: Millis) -> Result<Decision, Refusal> {
    let known = find(books, id)?;
    if known.state == State::Released {
        return Ok(Decision::replayed(known.clone()));
    }
    must_be_held(known, now)?;
    let mut sheet = Worksheet::new(books);
    sheet.unhold(&known.lines);
    Ok(done(EventKind::Released, changed(known, State::Released, now), sheet, now))
}

/// The deadline becomes now plus `ttl`: never beyond the longest hold, never earlier than it was.
pub(super) fn extend(
    books: &impl Books,
    policy: &Policy,
    id: &ReservationId,
    ttl: Millis,
    now: Millis,
) -> Result<Decision, Refusal> {
    let known = find(books, id)?;
    must_be_held(known, now)?;
    let mut next = changed(known, State::Held, now);
    next.expires = now.plus(ttl).min(known.created.plus(policy.max_hold)).max(known.expires);
    Ok(done(EventKind::Extended, next, Worksheet::new(books), now))
}

pub(super) fn expire(books: &impl Books, id: &ReservationId, now: Millis) -> Result<Decision, Refusal> {
    let known = find(books, id)?;
    if !known.is_due(now) {
        return Err(known.state.refusal());
    }
    let mut sheet = Worksheet::new(books);
    sheet.unhold(&known.lines);
    Ok(done(EventKind::Expired, changed(known, State::Expired, now), sheet, now))
}

fn find<'b>(books: &'b impl Books, id: &ReservationId) -> Result<&'b Reservation, Refusal> {
    books.reservation(id).ok_or(Refusal::ReservationNotFound)
}

fn must_be_held(known: &Reservation, now: Millis) -> Result<(), Refusal> {
    if known.is_due(now) {
        return Err(Refusal::ReservationExpired);
    }
    if known.state == State::Held { Ok(()) } else { Err(known.state.refusal()) }
}

fn changed(known: &Reservation, state: State, now: Millis) -> Reservation {
    Reservation { state, changed: now, version: known.version + 1, ..known.clone() }
}

fn done<B: Books>(kind: EventKind, next: Reservation, sheet: Worksheet<'_, B>, now: Millis) -> Decision {
    Decision {
        outcome: Outcome::Reservation { reservation: Box::new(next.clone()), replayed: false },
        event: Some(Event { kind, at: now, reservation: Some(next), adjustment: None, stock: sheet.into_rows() }),
    }
}
