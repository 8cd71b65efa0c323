//! The verbs on a reservation that exists: confirm, release, extend, payment-started, cancel,
//! fulfil, expire.

use super::parts::{self, Units};
use super::worksheet::{Part, Shopper, Worksheet};
use super::{Decision, OnConfirm, Policy, reacquire, sales};
use crate::{
    Books, Confirm, Event, EventKind, Fulfil, IfExpired, Millis, Outcome, Refusal, Reservation, ReservationId, State,
};
use std::sync::Arc;

pub(super) fn confirm(
    books: &impl Books,
    policy: &Policy,
    command: &Confirm,
    now: Millis,
) -> Result<Decision, Refusal> {
    let known = find(books, &command.id)?;
    match known.state {
        State::Confirmed | State::Fulfilled => {
            let difference = known.confirmed_by.first_difference(&command.print);
            replay(known, difference)
        }
        State::Held if !known.is_due(now) => keep(books, policy, command, &known, now),
        State::Held | State::Expired => match command.if_expired {
            IfExpired::Refuse => Err(Refusal::ReservationExpired),
            IfExpired::Reacquire => reacquire::reacquire(books, policy, command, &known, now),
        },
        State::Released | State::Cancelled => Err(known.state.refusal()),
    }
}

/// Allocates what the confirm asks for and gives the rest back.
fn keep(
    books: &impl Books,
    policy: &Policy,
    command: &Confirm,
    known: &Reservation,
    now: Millis,
) -> Result<Decision, Refusal> {
    let kept = parts::of(&known.lines, command.lines.as_deref(), |line| line.quantity)?;
    let shopper = Shopper::of(known);
    let mut sheet = Worksheet::new(books);
    let mut next = changed(known.clone(), State::Confirmed, now);
    for (line, units) in next.lines.iter_mut().zip(kept) {
        sheet.shift(&shopper, line, units, Part::Held, Part::Allocated);
        sheet.shift(&shopper, line, line.quantity - units, Part::Held, Part::Free);
        line.quantity = units;
    }
    next.order.clone_from(&command.order);
    next.confirmed_by = command.print;
    Ok(confirmed(books, policy, next, sheet, now))
}

/// A reservation that has just been confirmed; a shop that reports no shipments has shipped it.
pub(super) fn confirmed<B: Books>(
    books: &B,
    policy: &Policy,
    next: Reservation,
    mut sheet: Worksheet<'_, B>,
    now: Millis,
) -> Decision {
    match policy.on_confirm {
        OnConfirm::Allocate => done(books, EventKind::Confirmed, next, sheet, now),
        OnConfirm::Fulfil => {
            let mut event = Event::new(EventKind::Confirmed, now);
            sheet.write_to(&mut event);
            event.reservation = Some(Arc::new(next.clone()));
            let mut shipped = changed(next.clone(), State::Fulfilled, now);
            let shopper = Shopper::of(&next);
            for line in &mut shipped.lines {
                sheet.shift(&shopper, line, line.unshipped(), Part::Allocated, Part::Shipped);
                line.fulfilled = line.quantity;
            }
            let mut decision = done(books, EventKind::Fulfilled, shipped, sheet, now);
            decision.events.insert(0, event);
            decision
        }
    }
}

pub(super) fn release(books: &impl Books, id: &ReservationId, now: Millis) -> Result<Decision, Refusal> {
    let known = find(books, id)?;
    if known.state == State::Released {
        return replay(known, None);
    }
    must_be_held(&known, now)?;
    Ok(give_back(books, EventKind::Released, changed(known, State::Released, now), Part::Held, now))
}

pub(super) fn expire(books: &impl Books, id: &ReservationId, now: Millis) -> Result<Decision, Refusal> {
    let known = find(books, id)?;
    if !known.is_due(now) {
        return Err(known.state.refusal());
    }
    Ok(give_back(books, EventKind::Expired, changed(known, State::Expired, now), Part::Held, now))
}

pub(super) fn cancel(books: &impl Books, id: &ReservationId, now: Millis) -> Result<Decision, Refusal> {
    let known = find(books, id)?;
    match known.state {
        State::Cancelled => replay(known, None),
        State::Confirmed => {
            Ok(give_back(books, EventKind::Cancelled, changed(known, State::Cancelled, now), Part::Allocated, now))
        }
        _ => Err(known.refusal_at(now)),
    }
}

/// What has not been shipped goes back to whoever comes next.
fn give_back(books: &impl Books, kind: EventKind, next: Reservation, from: Part, now: Millis) -> Decision {
    let shopper = Shopper::of(&next);
    let mut sheet = Worksheet::new(books);
    for line in &next.lines {
        sheet.shift(&shopper, line, line.unshipped(), from, Part::Free);
    }
    done(books, kind, next, sheet, now)
}

pub(super) fn fulfil(books: &impl Books, command: &Fulfil, now: Millis) -> Result<Decision, Refusal> {
    let known = find(books, &command.id)?;
    match known.state {
        State::Fulfilled => {
            let difference = known.fulfilled_by.first_difference(&command.print);
            return replay(known, difference);
        }
        State::Confirmed => {}
        _ => return Err(known.refusal_at(now)),
    }
    let shipped: Units = parts::of(&known.lines, command.lines.as_deref(), crate::Line::unshipped)?;
    let shopper = Shopper::of(&known);
    let mut sheet = Worksheet::new(books);
    let mut next = changed(known.clone(), State::Confirmed, now);
    for (line, units) in next.lines.iter_mut().zip(shipped) {
        sheet.shift(&shopper, line, units, Part::Allocated, Part::Shipped);
        line.fulfilled += units;
    }
    if next.lines.iter().all(|line| line.unshipped() == 0) {
        next.state = State::Fulfilled;
        next.fulfilled_by = command.print;
    }
    Ok(done(books, EventKind::Fulfilled, next, sheet, now))
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
    must_be_held(&known, now)?;
    let mut next = changed(known, State::Held, now);
    next.expires = now.plus(ttl).min(next.created.plus(policy.max_hold)).max(next.expires);
    Ok(extended(next, now))
}

/// The deadline becomes now plus `grace`, counted from the first such call at most the policy's
/// longest grace, and never earlier than it was.
pub(super) fn payment_started(
    books: &impl Books,
    policy: &Policy,
    id: &ReservationId,
    grace: Option<Millis>,
    now: Millis,
) -> Result<Decision, Refusal> {
    let known = find(books, id)?;
    must_be_held(&known, now)?;
    let mut next = changed(known, State::Held, now);
    let first = next.payment_started.unwrap_or(now);
    let longest = first.plus(policy.max_payment_grace);
    next.payment_started = Some(first);
    next.expires = now.plus(grace.unwrap_or(policy.max_payment_grace)).min(longest).max(next.expires);
    Ok(extended(next, now))
}

/// The event of a deadline that moved: no bucket is touched, and no sale hears of it.
fn extended(next: Reservation, now: Millis) -> Decision {
    let next = Arc::new(next);
    let mut decision = Decision::new(Outcome::Reservation { reservation: Arc::clone(&next), replayed: false });
    let mut event = Event::new(EventKind::Extended, now);
    event.reservation = Some(next);
    decision.events.push(event);
    decision
}

fn find(books: &impl Books, id: &ReservationId) -> Result<Reservation, Refusal> {
    books.reservation(id).ok_or(Refusal::ReservationNotFound)
}

fn replay(known: Reservation, difference: Option<&'static str>) -> Result<Decision, Refusal> {
    match difference {
        Some(field) => Err(Refusal::IdempotencyMismatch { field }),
        None => Ok(Decision::replayed(known)),
    }
}

fn must_be_held(known: &Reservation, now: Millis) -> Result<(), Refusal> {
    if known.state == State::Held && !known.is_due(now) { Ok(()) } else { Err(known.refusal_at(now)) }
}

pub(super) fn changed(known: Reservation, state: State, now: Millis) -> Reservation {
    Reservation { state, changed: now, version: known.version + 1, ..known }
}

/// The event of a verb, and what it brings about in the reservation's sale.
fn done<B: Books>(books: &B, kind: EventKind, next: Reservation, sheet: Worksheet<'_, B>, now: Millis) -> Decision {
    let sale = next.sale.as_ref().and_then(|id| books.sale(id));
    let told = sale.and_then(|sale| sales::told(sale, sales::taken_after(&sheet, sale), now));
    let next = Arc::new(next);
    let mut decision = Decision::new(Outcome::Reservation { reservation: Arc::clone(&next), replayed: false });
    let mut event = Event::new(kind, now);
    event.reservation = Some(next);
    sheet.move_to(&mut event);
    decision.events.push(event);
    decision.events.extend(told);
    decision
}
