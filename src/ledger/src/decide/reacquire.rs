//! A late payment: a confirm after the deadline that takes the units again, if they are there.
//! The sale's window does not matter any more; its limits and every other do.

use super::limits::Nameless;
use super::place::{self, Demands, Order};
use super::worksheet::{Part, Shopper, Worksheet};
use super::{Decision, Policy, parts, verbs};
use crate::{Books, Confirm, Lines, Marks, Millis, Mode, Refusal, Reservation, State};

pub(super) fn reacquire(
    books: &impl Books,
    policy: &Policy,
    command: &Confirm,
    known: &Reservation,
    now: Millis,
) -> Result<Decision, Refusal> {
    let kept = parts::of(&known.lines, command.lines.as_deref(), |line| line.quantity)?;
    let shopper = Shopper::of(known);
    let mut demands = Demands::new();
    for (line, units) in known.lines.iter().zip(kept).filter(|(_, units)| *units > 0) {
        let location = line.marks.has(Marks::LOCATED).then_some(&line.location);
        place::add(&mut demands, line.line, &line.sku, location, u64::from(units));
    }
    let order = Order::new(books, demands, shopper, Nameless::Uncounted, now)?;
    let mut sheet = Worksheet::new(books);
    if known.state == State::Held {
        // Past its deadline, but not swept yet: what it holds is there for itself as for anyone.
        known.lines.iter().for_each(|line| sheet.shift(&shopper, line, line.quantity, Part::Held, Part::Free));
    }
    let placed = order.place(&mut sheet, Mode::AllOrNothing, Part::Allocated)?;
    let mut next = verbs::changed(known.clone(), State::Confirmed, now);
    next.lines = with_empty_lines(placed, known);
    next.order.clone_from(&command.order);
    next.confirmed_by = command.print;
    next.reacquired = true;
    Ok(verbs::confirmed(books, policy, next, sheet, now))
}

/// Lines of the request that have nothing now stay listed, as after any partial confirm.
fn with_empty_lines(mut placed: Lines, known: &Reservation) -> Lines {
    for line in &mut placed {
        let before = known.lines.iter().find(|before| before.line == line.line);
        line.requested = before.map_or(0, |before| before.requested);
    }
    for before in &known.lines {
        if !placed.iter().any(|line| line.line == before.line) {
            let marks = if before.marks.has(Marks::LOCATED) { Marks::LOCATED } else { Marks::default() };
            placed.push(crate::Line { quantity: 0, marks, ..before.clone() });
        }
    }
    placed.sort_by_key(|line| line.line);
    placed
}
