//! The digest of a ledger: a wrapping sum of fixed row hashes over stock and live reservations,
//! so that it depends neither on order nor on how the rows are spread over shards. Ended
//! reservations are forgotten by age and do not count.

use crate::{Ledger, Reservation, SkuStock, StockRow};
use xxhash_rust::xxh3::xxh3_64;

impl Ledger {
    /// Sums with the digests of other ledgers by `wrapping_add`.
    pub fn digest(&self) -> u64 {
        let mut row = Vec::with_capacity(512);
        let mut sum = 0_u64;
        for stock in self.skus() {
            for figures in &stock.locations {
                row.clear();
                write_stock(&mut row, stock, figures);
                sum = sum.wrapping_add(xxh3_64(&row));
            }
        }
        for reservation in self.reservations().filter(|reservation| reservation.state.is_live()) {
            row.clear();
            write_reservation(&mut row, reservation);
            sum = sum.wrapping_add(xxh3_64(&row));
        }
        sum
    }
}

fn write_text(row: &mut Vec<u8>, text: &str) {
    row.extend_from_slice(&(text.len() as u32).to_le_bytes());
    row.extend_from_slice(text.as_bytes());
}

fn write_number(row: &mut Vec<u8>, number: u64) {
    row.extend_from_slice(&number.to_le_bytes());
}

fn write_stock(row: &mut Vec<u8>, stock: &SkuStock, figures: &StockRow) {
    row.push(b'S');
    write_text(row, stock.sku.as_str());
    write_text(row, figures.location.as_str());
    for units in [
        figures.on_hand,
        figures.held,
        figures.allocated,
        figures.safety_stock,
        figures.unavailable,
        figures.backorder_limit,
    ] {
        write_number(row, u64::from(units));
    }
    write_number(row, figures.version);
    write_number(row, figures.source_ts.map_or(u64::MAX, |source_ts| source_ts.0));
}

fn write_reservation(row: &mut Vec<u8>, reservation: &Reservation) {
    row.push(b'R');
    write_text(row, reservation.id.as_str());
    write_text(row, reservation.customer.as_ref().map_or("", |customer| customer.as_str()));
    write_text(row, reservation.channel.as_ref().map_or("", |channel| channel.as_str()));
    write_text(row, reservation.sale.as_ref().map_or("", |sale| sale.as_str()));
    write_text(row, reservation.order.as_ref().map_or("", |order| order.as_str()));
    write_text(row, reservation.state.as_str());
    write_number(row, reservation.created.0);
    write_number(row, reservation.expires.0);
    write_number(row, reservation.changed.0);
    write_number(row, u64::from(reservation.version));
    for line in &reservation.lines {
        write_number(row, u64::from(line.line));
        write_text(row, line.sku.as_str());
        write_text(row, line.location.as_str());
        write_number(row, u64::from(line.quantity));
        write_number(row, u64::from(line.fulfilled));
    }
    for hash in reservation.asked.0.iter().chain(&reservation.confirmed_by.0) {
        write_number(row, u64::from(*hash));
    }
}
