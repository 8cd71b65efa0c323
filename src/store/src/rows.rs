//! A row as it is stored: a record with just that row, so that its format is that of the log. In
//! front of a row that counts in the digest stands its hash, so that it is replaced without being
//! read; in front of a reservation's, the record that made it. Keys are not known here.

use crate::StoreError;
use engine::{Lsn, records};
use ledger::{
    Event, EventKind, LimitAfter, Millis, Reservation, ReservationId, Sale, SaleChange, Sku, SkuChange, SkuSettings,
    StockAfter,
};
use smallvec::smallvec;
use std::sync::Arc;

const READ: &str = "read a row";

/// Writes rows; keeps the memory that it writes into.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// A row that does not count.
    pub(crate) fn plain(&mut self, row: &Event) -> &[u8] {
        self.bytes.clear();
        records::encode(row, &mut self.bytes);
        &self.bytes
    }

    /// A row that counts, with its hash.
    pub(crate) fn hashed(&mut self, hash: u64, row: &Event) -> &[u8] {
        self.bytes.clear();
        self.bytes.extend_from_slice(&hash.to_le_bytes());
        records::encode(row, &mut self.bytes);
        &self.bytes
    }

    /// A live reservation, which counts.
    pub(crate) fn live(&mut self, made: Lsn, hash: u64, row: &Event) -> &[u8] {
        self.bytes.clear();
        self.bytes.extend_from_slice(&made.0.to_le_bytes());
        self.bytes.extend_from_slice(&hash.to_le_bytes());
        records::encode(row, &mut self.bytes);
        &self.bytes
    }

    /// A reservation that has ended, which does not.
    pub(crate) fn ended(&mut self, made: Lsn, row: &Event) -> &[u8] {
        self.bytes.clear();
        self.bytes.extend_from_slice(&made.0.to_le_bytes());
        records::encode(row, &mut self.bytes);
        &self.bytes
    }
}

/// Reads a row that does not count.
pub(crate) fn plain(bytes: &[u8]) -> Result<Event, StoreError> {
    records::decode(bytes).map_err(StoreError::row(READ))
}

/// Reads a row that counts.
pub(crate) fn hashed(bytes: &[u8]) -> Result<(u64, Event), StoreError> {
    let (hash, record) = split(bytes)?;
    Ok((hash, plain(record)?))
}

/// Reads only the hash of a row that counts.
pub(crate) fn hash(bytes: &[u8]) -> Result<u64, StoreError> {
    split(bytes).map(|(hash, _)| hash)
}

/// Reads which record made a reservation; what is left is a row that counts if it is live.
pub(crate) fn made(bytes: &[u8]) -> Result<(Lsn, &[u8]), StoreError> {
    split(bytes).map(|(made, row)| (Lsn(made), row))
}

fn split(bytes: &[u8]) -> Result<(u64, &[u8]), StoreError> {
    let (number, rest) = bytes.split_first_chunk().ok_or_else(|| StoreError::damaged(READ, "it is cut short"))?;
    Ok((u64::from_le_bytes(*number), rest))
}

/// Reads a row that holds just a time.
pub(crate) fn time(bytes: &[u8]) -> Result<Millis, StoreError> {
    let bytes = bytes.try_into().map_err(|_| StoreError::damaged(READ, "it is no time"))?;
    Ok(Millis(u64::from_be_bytes(bytes)))
}

/// Reads a row that holds just the name of a reservation.
pub(crate) fn id(bytes: &[u8]) -> Result<ReservationId, StoreError> {
    let name = std::str::from_utf8(bytes).ok().and_then(|name| ReservationId::parse(name).ok());
    name.ok_or_else(|| StoreError::damaged(READ, "it is no name"))
}

/// Takes the one reservation out of its row.
pub(crate) fn reservation(row: Event) -> Result<Reservation, StoreError> {
    row.reservation.map(Arc::unwrap_or_clone).ok_or_else(|| StoreError::damaged(READ, "a reservation's row holds none"))
}

pub(crate) fn of_stock(kind: EventKind, at: Millis, after: &StockAfter) -> Event {
    Event { stock: smallvec![after.clone()], ..Event::new(kind, at) }
}

pub(crate) fn of_limit(at: Millis, after: &LimitAfter) -> Event {
    Event { limits: vec![after.clone()], ..Event::new(EventKind::Held, at) }
}

pub(crate) fn of_settings(at: Millis, sku: &Sku, settings: &SkuSettings) -> Event {
    let change = (sku.clone(), SkuChange::Set(settings.clone()));
    Event { sku: Some(Box::new(change)), ..Event::new(EventKind::SkuSet, at) }
}

pub(crate) fn of_reservation(kind: EventKind, at: Millis, reservation: &Reservation) -> Event {
    Event { reservation: Some(Arc::new(reservation.clone())), ..Event::new(kind, at) }
}

fn of_sale(kind: EventKind, at: Millis, change: SaleChange) -> Event {
    Event { sale: Some(Box::new(change)), ..Event::new(kind, at) }
}

/// The settings of a sale, the phase that was told, and whether it is retired: put in this order,
/// they are the sale.
pub(crate) fn of_sale_parts(at: Millis, sale: &Sale) -> (Event, Event, Option<Event>) {
    let id = sale.id.clone();
    let settings = Box::new(sale.settings.clone());
    let set = SaleChange::Set { id: id.clone(), settings, version: sale.version };
    let retired = sale.retired.then(|| of_sale(EventKind::SaleRetired, at, SaleChange::Retired(id.clone())));
    let told = of_sale(EventKind::SaleScheduled, at, SaleChange::Told(id, sale.told));
    (of_sale(EventKind::SaleSet, at, set), told, retired)
}
