//! The contract's JSON, written by hand: nearly all names in it are identifiers, which need no
//! escapes, and the rest are numbers.

use ledger::{Applied, Line, Millis, Reservation, Sale, SkuStock, StockRecord, StockRow, Taken};
use serde::Serialize;

use crate::settings::{SaleSettingsJson, SkuSettingsJson};

/// A member whose text is an identifier or a word of ours.
pub fn text_member(into: &mut Vec<u8>, key: &[u8], text: &str) {
    into.extend_from_slice(key);
    into.push(b'"');
    into.extend_from_slice(text.as_bytes());
    into.push(b'"');
}

/// A member whose text may need escapes.
pub fn free_text_member(into: &mut Vec<u8>, key: &[u8], text: &str) {
    into.extend_from_slice(key);
    // Writing a text into memory has no way to fail.
    let _: serde_json::Result<()> = serde_json::to_writer(into, text);
}

/// A member with a number.
pub fn number_member(into: &mut Vec<u8>, key: &[u8], number: impl itoa::Integer) {
    into.extend_from_slice(key);
    into.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

fn bool_member(into: &mut Vec<u8>, key: &[u8], value: bool) {
    into.extend_from_slice(key);
    into.extend_from_slice(if value { b"true" } else { b"false" });
}

/// A reservation as an answer's body.
pub fn reservation_body(reservation: &Reservation, replayed: bool) -> Vec<u8> {
    let mut body = Vec::with_capacity(256 + 96 * reservation.lines.len());
    self::reservation(&mut body, reservation, replayed);
    body
}

/// A reservation.
pub fn reservation(into: &mut Vec<u8>, reservation: &Reservation, replayed: bool) {
    text_member(into, b"{\"id\":", reservation.id.as_str());
    text_member(into, b",\"state\":", reservation.state.as_str());
    if let Some(customer) = &reservation.customer {
        text_member(into, b",\"customer\":", customer.as_str());
    }
    if let Some(channel) = &reservation.channel {
        text_member(into, b",\"channel\":", channel.as_str());
    }
    if let Some(sale) = &reservation.sale {
        text_member(into, b",\"sale\":", sale.as_str());
    }
    if let Some(order) = &reservation.order {
        free_text_member(into, b",\"order\":", order.as_str());
    }
    number_member(into, b",\"created_ms\":", reservation.created.0);
    number_member(into, b",\"expires_ms\":", reservation.expires.0);
    into.extend_from_slice(b",\"lines\":");
    list(into, &reservation.lines, line);
    number_member(into, b",\"version\":", reservation.version);
    if let Some(Millis(at_ms)) = reservation.payment_started {
        number_member(into, b",\"payment_started_ms\":", at_ms);
    }
    if reservation.reacquired {
        bool_member(into, b",\"reacquired\":", true);
    }
    bool_member(into, b",\"replayed\":", replayed);
    into.push(b'}');
}

fn line(into: &mut Vec<u8>, line: &Line) {
    number_member(into, b"{\"line\":", line.line);
    text_member(into, b",\"sku\":", line.sku.as_str());
    text_member(into, b",\"location\":", line.location.as_str());
    number_member(into, b",\"quantity\":", line.quantity);
    number_member(into, b",\"fulfilled\":", line.fulfilled);
    if line.requested > 0 {
        number_member(into, b",\"requested\":", line.requested);
    }
    into.push(b'}');
}

/// A location's record after a write.
pub fn written(record: &StockRecord, applied: Applied) -> Vec<u8> {
    let mut body = Vec::with_capacity(256);
    figures(&mut body, record.sku.as_str(), &record.row);
    bool_member(&mut body, b",\"applied\":", applied == Applied::Now);
    match applied {
        Applied::Now => {}
        Applied::Before => text_member(&mut body, b",\"reason\":", "replayed"),
        Applied::StaleSource => text_member(&mut body, b",\"reason\":", "stale_source"),
    }
    body.push(b'}');
    body
}

/// A record, its brace left open.
fn figures(into: &mut Vec<u8>, sku: &str, row: &StockRow) {
    text_member(into, b"{\"sku\":", sku);
    text_member(into, b",\"location\":", row.location.as_str());
    balance(into, row);
    if row.shortfall() > 0 {
        number_member(into, b",\"shortfall\":", row.shortfall());
    }
    number_member(into, b",\"version\":", row.version);
}

/// The members of a balance.
pub fn balance(into: &mut Vec<u8>, row: &StockRow) {
    number_member(into, b",\"on_hand\":", row.on_hand);
    number_member(into, b",\"held\":", row.held);
    number_member(into, b",\"allocated\":", row.allocated);
    number_member(into, b",\"safety_stock\":", row.safety_stock);
    number_member(into, b",\"unavailable\":", row.unavailable);
    number_member(into, b",\"backorder_limit\":", row.backorder_limit);
    number_member(into, b",\"available\":", row.available());
}

/// A SKU with its locations and settings, its brace left open for what is not part of its figures.
pub fn sku(into: &mut Vec<u8>, stock: &SkuStock) {
    balances(into, stock);
    into.extend_from_slice(b",\"settings\":");
    match stock.settings() {
        Some(set) => settings(into, &SkuSettingsJson::from(set)),
        None => into.extend_from_slice(b"{}"),
    }
}

/// A SKU with its locations, its brace left open.
pub fn balances(into: &mut Vec<u8>, stock: &SkuStock) {
    text_member(into, b"{\"sku\":", stock.sku.as_str());
    number_member(into, b",\"available\":", stock.available());
    into.extend_from_slice(b",\"locations\":");
    list(into, &stock.locations, |into, row| {
        figures(into, stock.sku.as_str(), row);
        into.push(b'}');
    });
}

/// A sale with its counters, and what is in force of its quota at an instant.
pub fn sale(sale: &Sale, now: Millis) -> Vec<u8> {
    let mut body = Vec::with_capacity(512 + 32 * sale.settings.skus.len());
    text_member(&mut body, b"{\"sale\":", sale.id.as_str());
    text_member(&mut body, b",\"state\":", sale.told.as_str());
    body.extend_from_slice(b",\"settings\":");
    settings(&mut body, &SaleSettingsJson::from(&sale.settings));
    taken(&mut body, sale.taken);
    if let Some(quota) = sale.settings.quota_at(now) {
        number_member(&mut body, b",\"quota_in_force\":", quota);
        number_member(&mut body, b",\"remaining\":", sale.taken.left_of(quota));
    }
    body.extend_from_slice(b",\"channels\":");
    list(&mut body, &sale.channels, |into, (channel, units)| {
        text_member(into, b"{\"channel\":", channel.as_str());
        taken(into, *units);
        into.push(b'}');
    });
    number_member(&mut body, b",\"version\":", sale.version);
    body.push(b'}');
    body
}

/// Rare, and shared with the offline log: the derived form will do.
fn settings(into: &mut Vec<u8>, settings: &impl Serialize) {
    // Numbers, flags and identifiers always serialise, and memory takes them.
    let _ = serde_json::to_writer(into, settings);
}

fn taken(into: &mut Vec<u8>, taken: Taken) {
    number_member(into, b",\"held\":", taken.held);
    number_member(into, b",\"allocated\":", taken.allocated);
    number_member(into, b",\"fulfilled\":", taken.fulfilled);
}

/// A JSON list.
pub fn list<T>(into: &mut Vec<u8>, items: &[T], mut write: impl FnMut(&mut Vec<u8>, &T)) {
    into.push(b'[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            into.push(b',');
        }
        write(into, item);
    }
    into.push(b']');
}
