//! What may become of a reservation that a client was told of, by the commands it has sent since and by
//! time. Told plainly, from the contract; it must not ask the ledger.

use crate::settings::Settings;
use ledger::{
    Command, Confirm, Fulfil, IfExpired, Line, Millis, Mode, OnConfirm, Refusal, Reservation, Reserve, State,
};

/// A view past the deadline says expired before anything was decided: it stands for the hold.
pub(super) fn as_decided(mut seen: Reservation) -> Reservation {
    if seen.state == State::Expired && seen.changed < seen.expires {
        seen.state = State::Held;
    }
    seen
}

/// The end of a reservation, or the earliest instant at which it may have ended.
pub(super) fn end_of(row: &Reservation) -> Option<Millis> {
    match row.state {
        State::Held => Some(row.expires),
        State::Confirmed => None,
        State::Released | State::Expired | State::Fulfilled | State::Cancelled => Some(row.changed),
    }
}

/// A reservation as it was made, or as it is seen first after its answer was lost.
pub(super) fn made(reserve: &Reserve, row: &Reservation, now: Millis) -> Result<(), &'static str> {
    let same = row.id == reserve.id
        && row.customer == reserve.customer
        && row.channel == reserve.channel
        && row.sale == reserve.sale
        && row.asked == reserve.print;
    ensure(same, "it is another reservation than the one asked for")?;
    ensure(row.created <= now && row.created < row.expires, "its times cannot be")?;
    if row.version > 1 {
        return Ok(());
    }
    ensure(row.state == State::Held && row.changed == row.created, "a new reservation is held")?;
    ensure(!row.lines.is_empty() && units(&row.lines, |_| true) > 0, "it took nothing")?;
    for want in &reserve.wants {
        let asked = reserve.wants.iter().filter(|other| other.sku == want.sku);
        let asked: u64 = asked.map(|other| u64::from(other.quantity.units())).sum();
        let got = units(&row.lines, |line| line.sku == want.sku);
        let is_whole = reserve.mode == Mode::AllOrNothing;
        ensure(if is_whole { got == asked } else { got <= asked }, "it took another quantity than was asked for")?;
        let at = |line: &Line| line.sku == want.sku && want.location.as_ref().is_none_or(|at| *at == line.location);
        ensure(!is_whole || units(&row.lines, at) >= u64::from(want.quantity.units()), "it was served elsewhere")?;
    }
    ensure(row.lines.iter().all(|line| reserve.wants.iter().any(|want| want.sku == line.sku)), "it took a foreign SKU")
}

fn units(lines: &[Line], of: impl Fn(&Line) -> bool) -> u64 {
    lines.iter().filter(|line| of(line)).map(|line| u64::from(line.quantity)).sum()
}

/// Whether `after` may have become of `before`, when `open` is what was sent since and not answered.
pub(super) fn became(
    before: &Reservation,
    after: &Reservation,
    open: &[Command],
    settings: &Settings,
    now: Millis,
) -> Result<(), &'static str> {
    if after.version == before.version {
        return ensure(after == before, "nothing was decided, and it is another");
    }
    ensure(after.version > before.version, "it fell behind")?;
    let ships_at_once = settings.options.policy.on_confirm == OnConfirm::Fulfil;
    let expires = now >= before.expires;
    let steps = |command: &Command| 1 + u32::from(ships_at_once && matches!(command, Command::Confirm(_)));
    let most = open.iter().map(steps).sum::<u32>() + u32::from(expires);
    ensure(after.version - before.version <= most, "it changed more often than it was asked to")?;
    ensure(reaches(before.state, after.state, open, expires, ships_at_once), "no command and no deadline leads there")?;
    let same = (&after.id, &after.customer, &after.channel, &after.sale, after.created, after.asked)
        == (&before.id, &before.customer, &before.channel, &before.sale, before.created, before.asked);
    ensure(same, "what never changes has changed")?;
    ensure(after.expires >= before.expires && after.changed >= before.changed, "a time went back")?;
    ensure(after.changed <= now, "it changed in the future")?;
    let confirmed = has(open, |command| matches!(command, Command::Confirm(_)));
    ensure(after.order == before.order || confirmed, "its order has changed")?;
    if after.reacquired && !before.reacquired {
        let fewer = |line: &Line| units(&after.lines, |other| other.line == line.line) <= of_line(before, line);
        return ensure(after.lines.iter().all(fewer), "it took more again than it had");
    }
    ensure(after.lines.len() == before.lines.len(), "its lines are others")?;
    let ships = has(open, |command| matches!(command, Command::Fulfil(_))) || (ships_at_once && confirmed);
    let mut pairs = before.lines.iter().zip(&after.lines);
    pairs.try_for_each(|(before, after)| line_became(before, after, confirmed, ships))
}

fn of_line(row: &Reservation, line: &Line) -> u64 {
    units(&row.lines, |other| other.line == line.line)
}

fn line_became(before: &Line, after: &Line, confirmed: bool, ships: bool) -> Result<(), &'static str> {
    let same = (before.line, &before.sku, &before.location, before.requested, before.marks)
        == (after.line, &after.sku, &after.location, after.requested, after.marks);
    ensure(same, "a line is another")?;
    let fits = after.quantity == before.quantity || (confirmed && after.quantity < before.quantity);
    ensure(fits, "a line's quantity has changed")?;
    let shipped = after.fulfilled == before.fulfilled || (ships && after.fulfilled > before.fulfilled);
    ensure(shipped && after.fulfilled <= after.quantity, "what a line has shipped cannot be")
}

fn has(open: &[Command], is: impl Fn(&Command) -> bool) -> bool {
    open.iter().any(is)
}

/// Whether the commands and the deadline lead from one state to the other.
fn reaches(from: State, to: State, open: &[Command], expires: bool, ships_at_once: bool) -> bool {
    let reacquires =
        |command: &Command| matches!(command, Command::Confirm(Confirm { if_expired: IfExpired::Reacquire, .. }));
    let confirms = has(open, |command| matches!(command, Command::Confirm(_)));
    let edges = [
        (State::Held, State::Expired, expires),
        (State::Held, State::Confirmed, confirms),
        (State::Expired, State::Confirmed, has(open, reacquires)),
        (State::Held, State::Released, has(open, |command| matches!(command, Command::Release(_)))),
        (State::Confirmed, State::Cancelled, has(open, |command| matches!(command, Command::Cancel(_)))),
        (State::Confirmed, State::Fulfilled, has(open, |command| matches!(command, Command::Fulfil(_)))),
        (State::Confirmed, State::Fulfilled, ships_at_once && confirms),
    ];
    let mut reached = vec![from];
    let mut at = 0;
    while at < reached.len() {
        let here = reached[at];
        let next = edges.iter().filter(|(from, _, may)| *may && *from == here).map(|(_, to, _)| *to);
        reached.extend(next);
        at += 1;
    }
    reached.contains(&to)
}

/// Whether the verb's own answer is the state that it leads to.
pub(super) fn fits_verb(command: &Command, row: &Reservation) -> Result<(), &'static str> {
    let fits = match command {
        Command::Confirm(_) | Command::Fulfil(_) => matches!(row.state, State::Confirmed | State::Fulfilled),
        Command::Release(_) => row.state == State::Released,
        Command::Cancel(_) => row.state == State::Cancelled,
        Command::Extend(..) | Command::PaymentStarted(..) => row.state == State::Held,
        Command::Expire(_) => row.state == State::Expired,
        _ => false,
    };
    ensure(fits, "the answer's state is not the one that the verb leads to")
}

/// Whether a verb may be refused so, on a reservation that the client knows as `row`.
pub(super) fn refusal(
    command: &Command,
    row: &Reservation,
    refusal: &Refusal,
    now: Millis,
) -> Result<(), &'static str> {
    let past = row.state == State::Expired || (row.state == State::Held && now >= row.expires);
    let fits = match refusal {
        Refusal::ReservationHeld => row.state == State::Held,
        Refusal::ReservationConfirmed => row.state == State::Confirmed,
        Refusal::ReservationReleased => row.state == State::Released,
        Refusal::ReservationCancelled => row.state == State::Cancelled,
        Refusal::ReservationFulfilled => row.state == State::Fulfilled,
        Refusal::ReservationExpired => past,
        Refusal::InsufficientStock { .. } | Refusal::LimitExceeded { .. } => past && takes_again(command),
        Refusal::IdempotencyMismatch { .. } => match command {
            Command::Confirm(Confirm { print, .. }) => *print != row.confirmed_by,
            Command::Fulfil(Fulfil { print, .. }) => *print != row.fulfilled_by,
            Command::Reserve(Reserve { print, .. }) => *print != row.asked,
            _ => false,
        },
        Refusal::Invalid { .. } => names_parts(command),
        _ => false,
    };
    ensure(fits, "nothing that is known of the reservation allows this refusal")
}

fn takes_again(command: &Command) -> bool {
    matches!(command, Command::Confirm(Confirm { if_expired: IfExpired::Reacquire, .. }))
}

fn names_parts(command: &Command) -> bool {
    matches!(command, Command::Confirm(Confirm { lines: Some(_), .. }) | Command::Fulfil(Fulfil { lines: Some(_), .. }))
}

/// Whether a reserve may be refused so, that nobody has made before.
pub(super) fn turned_away(reserve: &Reserve, refusal: &Refusal) -> Result<(), &'static str> {
    let fits = match refusal {
        Refusal::InsufficientStock { shortfalls } => {
            !shortfalls.is_empty() && shortfalls.iter().all(|short| short.available < short.requested)
        }
        Refusal::LimitExceeded { .. } => true,
        Refusal::SaleClosed => reserve.sale.is_some(),
        Refusal::SaleNotOpen { starts } => starts.is_some() == reserve.sale.is_some(),
        Refusal::Invalid { .. } => reserve.sale.is_some() || reserve.customer.is_none(),
        _ => false,
    };
    ensure(fits, "nothing that was asked for allows this refusal")
}

fn ensure(holds: bool, otherwise: &'static str) -> Result<(), &'static str> {
    if holds { Ok(()) } else { Err(otherwise) }
}
