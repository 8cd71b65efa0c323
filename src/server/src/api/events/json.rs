//! An event as the contract writes it, and which records are events at all. It knows nothing of
//! where the record was read, nor how the event is sent.

use ledger::{Event, EventKind, Line, Reservation, State, StockAfter};
use wal::Lsn;

use crate::api::write::{free_text_member, list, number_member, text_member};

/// The type of the event that a record is to the outside; nothing for a record that is none.
pub fn public_type(kind: EventKind) -> Option<&'static str> {
    kind.is_public().then(|| kind.as_str())
}

/// Appends an event; what it does not have is left out.
pub fn event_json(event: &Event, lsn: Lsn, cursor: &str, into: &mut Vec<u8>) {
    text_member(into, b"{\"cursor\":", cursor);
    number_member(into, b",\"lsn\":", lsn.0);
    number_member(into, b",\"at_ms\":", event.at.0);
    text_member(into, b",\"type\":", event.kind.as_str());
    if let Some(reservation) = &event.reservation {
        reservation_members(into, reservation, &event.stock);
    } else if let Some(change) = &event.sale {
        text_member(into, b",\"sale\":", change.sale().as_str());
    } else {
        into.extend_from_slice(b",\"lines\":");
        list(into, &event.stock, written);
    }
    into.push(b'}');
}

fn reservation_members(into: &mut Vec<u8>, reservation: &Reservation, stock: &[StockAfter]) {
    text_member(into, b",\"reservation\":", reservation.id.as_str());
    if let Some(customer) = &reservation.customer {
        text_member(into, b",\"customer\":", customer.as_str());
    }
    if let Some(sale) = &reservation.sale {
        text_member(into, b",\"sale\":", sale.as_str());
    }
    if let Some(order) = &reservation.order {
        free_text_member(into, b",\"order\":", order.as_str());
    }
    text_member(into, b",\"state\":", reservation.state.as_str());
    if reservation.state == State::Held {
        number_member(into, b",\"expires_ms\":", reservation.expires.0);
    }
    into.extend_from_slice(b",\"lines\":[");
    let mut separator: &[u8] = b"";
    let mut next = |into: &mut Vec<u8>| into.extend_from_slice(std::mem::replace(&mut separator, b","));
    for line in &reservation.lines {
        next(into);
        taken(into, line, stock);
    }
    for left in stock.iter().filter(|after| !has_line(reservation, after)) {
        next(into);
        emptied(into, left);
    }
    into.push(b']');
}

fn has_line(reservation: &Reservation, after: &StockAfter) -> bool {
    reservation.lines.iter().any(|line| line.sku == after.sku && line.location == after.row.location)
}

/// A bucket that gave units back and serves no line any more: a late payment may have moved away.
fn emptied(into: &mut Vec<u8>, StockAfter { sku, row }: &StockAfter) {
    text_member(into, b"{\"sku\":", sku.as_str());
    text_member(into, b",\"location\":", row.location.as_str());
    number_member(into, b",\"quantity\":", 0);
    number_member(into, b",\"available\":", row.available());
    into.push(b'}');
}

/// A reservation's line; its bucket is among the touched ones unless the event moved no units.
fn taken(into: &mut Vec<u8>, line: &Line, stock: &[StockAfter]) {
    text_member(into, b"{\"sku\":", line.sku.as_str());
    text_member(into, b",\"location\":", line.location.as_str());
    number_member(into, b",\"quantity\":", line.quantity);
    if line.fulfilled > 0 {
        number_member(into, b",\"fulfilled\":", line.fulfilled);
    }
    let bucket = stock.iter().find(|after| after.sku == line.sku && after.row.location == line.location);
    if let Some(StockAfter { row, .. }) = bucket {
        number_member(into, b",\"available\":", row.available());
    }
    into.push(b'}');
}

/// A bucket whose figures were written.
fn written(into: &mut Vec<u8>, StockAfter { sku, row }: &StockAfter) {
    text_member(into, b"{\"sku\":", sku.as_str());
    text_member(into, b",\"location\":", row.location.as_str());
    number_member(into, b",\"on_hand\":", row.on_hand);
    number_member(into, b",\"available\":", row.available());
    into.push(b'}');
}

#[cfg(test)]
mod tests;
