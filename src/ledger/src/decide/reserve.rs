//! Reserve: place every line in a bucket, or refuse naming what stands against it.

use super::limits::Nameless;
use super::place::{self, Order};
use super::worksheet::{Part, Shopper, Worksheet};
use super::{Decision, Policy, sales, view};
use crate::{
    Books, ConfirmPrint, Event, EventKind, FulfilPrint, Lines, Millis, Outcome, Refusal, Reservation, Reserve,
    SalePhase, SkuSettings, State,
};
use std::sync::Arc;

pub(super) fn reserve(
    books: &impl Books,
    policy: &Policy,
    command: &Reserve,
    now: Millis,
) -> Result<Decision, Refusal> {
    if let Some(known) = books.reservation(&command.id) {
        return match known.asked.first_difference(&command.print) {
            Some(field) => Err(Refusal::IdempotencyMismatch { field }),
            None => Ok(Decision::replayed(view(known, now))),
        };
    }
    let shopper =
        Shopper { customer: command.customer.as_ref(), channel: command.channel.as_ref(), sale: command.sale.as_ref() };
    let order = Order::new(books, place::sum(&command.wants), shopper, Nameless::Refused, now)?;
    check_sale(&order)?;
    check_window(&order, now)?;
    let mut sheet = Worksheet::new(books);
    let lines = order.place(&mut sheet, command.mode, Part::Held)?;
    let reservation = Arc::new(reservation(policy, command, &order, lines, now));
    let mut decision = Decision::new(Outcome::Reserved(Arc::clone(&reservation)));
    let sale = order.sale;
    // Who sees the hold has seen the sale open.
    decision.events.extend(sale.and_then(|sale| sales::told(sale, sale.taken, now)));
    let told = sale.map(|sale| (sale, sales::taken_after(&sheet, sale)));
    let mut event = Event::new(EventKind::Held, now);
    event.reservation = Some(reservation);
    sheet.move_to(&mut event);
    decision.events.push(event);
    if let Some((sale, taken)) = told {
        decision.events.extend(sales::turned(sale, sale.phase(sale.taken, now), taken, now));
    }
    Ok(decision)
}

fn check_sale(order: &Order<'_, '_>) -> Result<(), Refusal> {
    let Some(sale) = order.sale else { return Ok(()) };
    match order.demands.iter().find(|demand| sale.settings.skus.binary_search(demand.sku).is_err()) {
        Some(outside) => {
            Err(Refusal::invalid(format!("/lines/{}/sku", outside.line), "is not part of the sale that is named"))
        }
        None => Ok(()),
    }
}

fn check_window(order: &Order<'_, '_>, now: Millis) -> Result<(), Refusal> {
    let Some(sale) = order.sale else {
        let sale_only = |settings: &SkuSettings| settings.sale_only;
        let only = order.stocks().any(|(_, stock)| stock.settings().is_some_and(sale_only));
        return if only { Err(Refusal::SaleNotOpen { starts: None }) } else { Ok(()) };
    };
    match sale.phase(sale.taken, now) {
        SalePhase::Scheduled => Err(Refusal::SaleNotOpen { starts: sale.settings.starts }),
        SalePhase::Closed => Err(Refusal::SaleClosed),
        SalePhase::SoldOut if sale.settings.close_when_sold_out => Err(Refusal::SaleClosed),
        SalePhase::Open | SalePhase::SoldOut => Ok(()),
    }
}

fn reservation(policy: &Policy, command: &Reserve, order: &Order<'_, '_>, lines: Lines, now: Millis) -> Reservation {
    let set = order.stocks().filter_map(|(_, stock)| stock.settings()?.default_ttl).min();
    let ttl = command.ttl.or(set).unwrap_or(policy.default_ttl).min(policy.max_hold);
    Reservation {
        id: command.id.clone(),
        customer: command.customer.clone(),
        channel: command.channel.clone(),
        sale: command.sale.clone(),
        order: None,
        state: State::Held,
        created: now,
        expires: now.plus(ttl),
        changed: now,
        version: 1,
        payment_started: None,
        reacquired: false,
        lines,
        asked: command.print,
        confirmed_by: ConfirmPrint::default(),
        fulfilled_by: FulfilPrint::default(),
    }
}
