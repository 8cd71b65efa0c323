//! The digest of a ledger: a wrapping sum of fixed row hashes over stock and live reservations,
//! so that it depends neither on order nor on how the rows are spread over shards. Ended
//! reservations are forgotten by age and do not count.

use crate::{ChannelQuota, Ledger, LimitAfter, LimitKey, Millis, Reservation, Sale, Sku, SkuSettings, StockRow};
use xxhash_rust::xxh3::xxh3_64;

impl Ledger {
    /// Sums with the digests of other ledgers by `wrapping_add`.
    pub fn digest(&self) -> u64 {
        let mut digester = Digester::default();
        let mut sum = 0_u64;
        for stock in self.skus() {
            let figures = stock.locations.iter().map(|figures| digester.stock(&stock.sku, figures));
            sum = figures.fold(sum, u64::wrapping_add);
            if let Some(settings) = stock.settings() {
                sum = sum.wrapping_add(digester.settings(&stock.sku, settings));
            }
        }
        for sale in self.sales() {
            sum = sum.wrapping_add(digester.sale(sale));
        }
        for limit in self.limits() {
            sum = sum.wrapping_add(digester.limit(&limit));
        }
        for reservation in self.reservations() {
            sum = sum.wrapping_add(digester.reservation(&reservation));
        }
        sum
    }
}

/// The hash of each row of which a digest is the sum. Keeps the memory that it writes into.
#[derive(Debug, Default)]
pub struct Digester {
    row: Vec<u8>,
}

impl Digester {
    /// Of a stock bucket.
    pub fn stock(&mut self, sku: &Sku, figures: &StockRow) -> u64 {
        self.hash(|row| write_stock(row, sku, figures))
    }

    /// Of a SKU's settings; 0 where nothing is set.
    pub fn settings(&mut self, sku: &Sku, settings: &SkuSettings) -> u64 {
        if *settings == SkuSettings::default() {
            return 0;
        }
        self.hash(|row| write_settings(row, sku, settings))
    }

    /// Of a sale, without its counters.
    pub fn sale(&mut self, sale: &Sale) -> u64 {
        self.hash(|row| write_sale(row, sale))
    }

    /// Of a limit bucket; 0 where nothing is taken.
    pub fn limit(&mut self, limit: &LimitAfter) -> u64 {
        if limit.taken.units() == 0 {
            return 0;
        }
        self.hash(|row| write_limit(row, limit))
    }

    /// Of a reservation; 0 for one that has ended.
    pub fn reservation(&mut self, reservation: &Reservation) -> u64 {
        if !reservation.state.is_live() {
            return 0;
        }
        self.hash(|row| write_reservation(row, reservation))
    }

    fn hash(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> u64 {
        self.row.clear();
        write(&mut self.row);
        xxh3_64(&self.row)
    }
}

fn write_text(row: &mut Vec<u8>, text: &str) {
    row.extend_from_slice(&(text.len() as u32).to_le_bytes());
    row.extend_from_slice(text.as_bytes());
}

fn write_number(row: &mut Vec<u8>, number: u64) {
    row.extend_from_slice(&number.to_le_bytes());
}

fn write_stock(row: &mut Vec<u8>, sku: &Sku, figures: &StockRow) {
    row.push(b'S');
    write_text(row, sku.as_str());
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

fn write_optional(row: &mut Vec<u8>, number: Option<u64>) {
    row.push(u8::from(number.is_some()));
    write_number(row, number.unwrap_or_default());
}

fn write_quotas(row: &mut Vec<u8>, quotas: &[ChannelQuota]) {
    write_number(row, quotas.len() as u64);
    for quota in quotas {
        write_text(row, quota.channel.as_str());
        write_number(row, u64::from(quota.quota));
    }
}

fn write_settings(row: &mut Vec<u8>, sku: &Sku, settings: &SkuSettings) {
    row.push(b'K');
    write_text(row, sku.as_str());
    write_optional(row, settings.max_per_customer.map(u64::from));
    write_optional(row, settings.max_per_order.map(u64::from));
    write_optional(row, settings.default_ttl.map(|ttl| ttl.0));
    row.push(u8::from(settings.sale_only));
    write_quotas(row, &settings.channel_quotas);
    for location in &settings.location_order {
        write_text(row, location.as_str());
    }
}

fn write_sale(row: &mut Vec<u8>, sale: &Sale) {
    row.push(b'A');
    write_text(row, sale.id.as_str());
    write_text(row, sale.told.as_str());
    write_number(row, sale.version);
    row.extend([u8::from(sale.retired), u8::from(sale.settings.close_when_sold_out)]);
    write_optional(row, sale.settings.starts.map(|at| at.0));
    write_optional(row, sale.settings.ends.map(|at| at.0));
    write_optional(row, sale.settings.quota.map(u64::from));
    write_optional(row, sale.settings.max_per_customer.map(u64::from));
    write_quotas(row, &sale.settings.channel_quotas);
    write_number(row, sale.settings.drops.len() as u64);
    for drop in &sale.settings.drops {
        write_number(row, drop.at.0);
        write_number(row, u64::from(drop.quota));
    }
    for sku in &sale.settings.skus {
        write_text(row, sku.as_str());
    }
}

fn write_limit(row: &mut Vec<u8>, limit: &LimitAfter) {
    let (kind, owner, whose) = match &limit.key {
        LimitKey::SkuCustomer(sku, customer) => (b'1', sku.as_str(), customer.as_str()),
        LimitKey::SkuChannel(sku, channel) => (b'2', sku.as_str(), channel.as_str()),
        LimitKey::Sale(sale) => (b'3', sale.as_str(), ""),
        LimitKey::SaleCustomer(sale, customer) => (b'4', sale.as_str(), customer.as_str()),
        LimitKey::SaleChannel(sale, channel) => (b'5', sale.as_str(), channel.as_str()),
    };
    row.extend([b'L', kind]);
    write_text(row, owner);
    write_text(row, whose);
    for units in [limit.taken.held, limit.taken.allocated, limit.taken.fulfilled] {
        write_number(row, u64::from(units));
    }
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
        write_number(row, u64::from(line.requested));
        row.push(line.marks.bits());
    }
    row.push(u8::from(reservation.reacquired));
    write_optional(row, reservation.payment_started.map(|at: Millis| at.0));
    let prints = reservation.asked.0.iter().chain(&reservation.confirmed_by.0).chain(&reservation.fulfilled_by.0);
    for hash in prints {
        write_number(row, u64::from(*hash));
    }
}
