//! Reserve: place every line in a bucket, or refuse naming every line that falls short.

use super::worksheet::Worksheet;
use super::{Decision, Policy, view};
use crate::{
    Books, ConfirmPrint, Event, EventKind, Line, Lines, Location, MAX_BUCKETS, Millis, Outcome, Refusal, Reservation,
    Reserve, Shortfall, Sku, SkuStock, State,
};
use smallvec::SmallVec;

/// Lines for the same SKU and location, summed; the sum may exceed what any bucket can have.
struct Demand<'c> {
    line: u16,
    sku: &'c Sku,
    location: Option<&'c Location>,
    quantity: u64,
}

type Demands<'c> = SmallVec<[Demand<'c>; 1]>;

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
    let demands = sum(command);
    check_known(books, &demands)?;
    if command.sale.is_some() {
        return Err(Refusal::UnknownSale);
    }
    let (lines, sheet) = place(books, &demands)?;
    let ttl = command.ttl.unwrap_or(policy.default_ttl);
    let reservation = Reservation {
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
        lines,
        asked: command.print,
        confirmed_by: ConfirmPrint::default(),
    };
    Ok(Decision {
        outcome: Outcome::Reserved(Box::new(reservation.clone())),
        event: Some(Event {
            kind: EventKind::Held,
            at: now,
            reservation: Some(reservation),
            adjustment: None,
            stock: sheet.into_rows(),
        }),
    })
}

fn sum(command: &Reserve) -> Demands<'_> {
    let mut demands = Demands::new();
    for (line, want) in command.wants.iter().enumerate() {
        let location = want.location.as_ref();
        let quantity = u64::from(want.quantity.units());
        match demands.iter_mut().find(|demand| *demand.sku == want.sku && demand.location == location) {
            Some(demand) => demand.quantity += quantity,
            None => demands.push(Demand { line: line as u16, sku: &want.sku, location, quantity }),
        }
    }
    demands
}

fn check_known(books: &impl Books, demands: &Demands<'_>) -> Result<(), Refusal> {
    for demand in demands {
        let stock = books.stock(demand.sku);
        let known = stock.is_some_and(|stock| demand.location.is_none_or(|location| stock.at(location).is_some()));
        if !known {
            let location = stock.and(demand.location).cloned();
            return Err(Refusal::UnknownSku { sku: demand.sku.clone(), location });
        }
    }
    Ok(())
}

/// Lines with a location first, since they have no choice.
fn place<'b, B: Books>(books: &'b B, demands: &Demands<'_>) -> Result<(Lines, Worksheet<'b, B>), Refusal> {
    let mut sheet = Worksheet::new(books);
    let mut lines = Lines::new();
    let mut shortfalls = Vec::new();
    let located = demands.iter().filter(|demand| demand.location.is_some());
    let anywhere = demands.iter().filter(|demand| demand.location.is_none());
    for demand in located.chain(anywhere) {
        let Some(stock) = books.stock(demand.sku) else { continue };
        let short = serve(&mut sheet, stock, demand, &mut lines);
        if lines.len() > MAX_BUCKETS {
            let detail = "would be split over more than 500 locations: use fewer lines, or name their locations";
            return Err(Refusal::Invalid { pointer: "/lines", detail });
        }
        if short > 0 {
            shortfalls.push(Shortfall {
                sku: demand.sku.clone(),
                location: demand.location.cloned(),
                requested: demand.quantity,
                available: demand.quantity - short,
            });
        }
    }
    if !shortfalls.is_empty() {
        return Err(Refusal::InsufficientStock { shortfalls, replayed: false });
    }
    // Placement order is not the caller's order.
    lines.sort_by_key(|line| line.line);
    Ok((lines, sheet))
}

/// Takes from the named location, or from the first that can serve the whole, else from each in
/// order. Returns the units still missing.
fn serve<B: Books>(sheet: &mut Worksheet<'_, B>, stock: &SkuStock, demand: &Demand<'_>, lines: &mut Lines) -> u64 {
    let may_serve = |location: &Location| demand.location.is_none_or(|named| named == location);
    let whole = stock
        .locations
        .iter()
        .find(|row| may_serve(&row.location) && u64::from(sheet.available(&stock.sku, row)) >= demand.quantity);
    let candidates = match whole {
        Some(row) => std::slice::from_ref(row),
        None => stock.locations.as_slice(),
    };
    let mut missing = demand.quantity;
    for row in candidates.iter().filter(|row| may_serve(&row.location)) {
        let available = sheet.available(&stock.sku, row);
        // Never more than `available`, so that it fits.
        let quantity = missing.min(u64::from(available)) as u32;
        if quantity == 0 {
            continue;
        }
        sheet.row(&stock.sku, &row.location).held += quantity;
        missing -= u64::from(quantity);
        lines.push(Line {
            line: demand.line,
            sku: stock.sku.clone(),
            location: row.location.clone(),
            quantity,
            fulfilled: 0,
        });
    }
    missing
}
