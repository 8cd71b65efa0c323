//! How a key is written and read: the partition first, then numbers big-endian and texts with a zero
//! byte after them, so that the order of keys is the order of what they say. What is stored under a
//! key is not known here.

use crate::StoreError;
use engine::Lsn;
use ledger::{Adjustment, LimitKey, Location, Millis, Reservation, ReservationId, SaleId, Sku, Text};

/// Rows of a SKU, in the order in which they are put.
pub(crate) mod sku_row {
    pub(crate) const SETTINGS: u8 = 1;
    pub(crate) const STOCK: u8 = 2;
    pub(crate) const CUSTOMER: u8 = 3;
    pub(crate) const CHANNEL: u8 = 4;
}

/// Rows of a sale, in the order in which they are put.
pub(crate) mod sale_row {
    pub(crate) const SET: u8 = 1;
    pub(crate) const TOLD: u8 = 2;
    pub(crate) const RETIRED: u8 = 3;
    pub(crate) const TAKEN: u8 = 4;
    pub(crate) const CUSTOMER: u8 = 5;
    pub(crate) const CHANNEL: u8 = 6;
}

/// What is found through the index.
mod indexed {
    pub(super) const ALL: u8 = 1;
    pub(super) const BY_CUSTOMER: u8 = 2;
    pub(super) const BY_SALE: u8 = 3;
    pub(super) const BY_SKU: u8 = 4;
    pub(super) const ENDED: u8 = 5;
    pub(super) const ADJUSTED: u8 = 6;
}

/// A key, or what keys begin with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key(Vec<u8>);

impl AsRef<[u8]> for Key {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl From<&[u8]> for Key {
    fn from(stored: &[u8]) -> Self {
        Self(stored.to_vec())
    }
}

impl Key {
    fn byte(mut self, byte: u8) -> Self {
        self.0.push(byte);
        self
    }

    fn number(mut self, number: u64) -> Self {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    fn text(mut self, text: &str) -> Self {
        self.0.extend_from_slice(text.as_bytes());
        self.byte(0)
    }

    /// The place behind all keys that begin with this one, which must end with a text.
    pub(crate) fn behind(mut self) -> Self {
        self.0.pop();
        self.byte(1)
    }

    /// This one, and then a place in the order of creation: the record that made a reservation. Times
    /// would not do: a shard may append what it stamped before another has appended what it stamped later.
    pub(crate) fn made(self, made: Lsn) -> Self {
        self.number(made.0)
    }

    /// The place right behind that.
    pub(crate) fn after(self, made: Lsn) -> Self {
        self.made(made).byte(0)
    }

    /// This one, and then a place in the order of time; for the history of a location.
    pub(crate) fn moment(self, at: Millis, lsn: Lsn) -> Self {
        self.number(at.0).number(lsn.0)
    }
}

/// Writes the keys of one partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Keys {
    pub(crate) partition: u32,
}

impl Keys {
    /// What every key begins with.
    pub(crate) fn all(self) -> Key {
        let mut key = Vec::with_capacity(64);
        key.extend_from_slice(&self.partition.to_be_bytes());
        Key(key)
    }

    /// Of what the store says of itself.
    pub(crate) fn meta(self, row: u8) -> Key {
        self.all().byte(row)
    }

    /// Of the rows of one kind of a SKU.
    pub(crate) fn sku(self, sku: &Sku, row: u8) -> Key {
        self.all().text(sku.as_str()).byte(row)
    }

    pub(crate) fn stock(self, sku: &Sku, location: &Location) -> Key {
        self.sku(sku, sku_row::STOCK).text(location.as_str())
    }

    /// Of the rows of one kind of a sale.
    pub(crate) fn sale(self, sale: &SaleId, row: u8) -> Key {
        self.all().text(sale.as_str()).byte(row)
    }

    pub(crate) fn limit(self, key: &LimitKey) -> Key {
        match key {
            LimitKey::SkuCustomer(sku, customer) => self.sku(sku, sku_row::CUSTOMER).text(customer.as_str()),
            LimitKey::SkuChannel(sku, channel) => self.sku(sku, sku_row::CHANNEL).text(channel.as_str()),
            LimitKey::Sale(sale) => self.sale(sale, sale_row::TAKEN),
            LimitKey::SaleCustomer(sale, customer) => self.sale(sale, sale_row::CUSTOMER).text(customer.as_str()),
            LimitKey::SaleChannel(sale, channel) => self.sale(sale, sale_row::CHANNEL).text(channel.as_str()),
        }
    }

    pub(crate) fn live(self, id: &ReservationId) -> Key {
        self.all().text(id.as_str())
    }

    pub(crate) fn ended(self, at: Millis, id: &ReservationId) -> Key {
        self.ended_from(at).text(id.as_str())
    }

    /// Where what ended at an instant begins.
    pub(crate) fn ended_from(self, at: Millis) -> Key {
        self.all().number(at.0)
    }

    pub(crate) fn event(self, lsn: Lsn) -> Key {
        self.all().number(lsn.0)
    }

    /// Of the history of a SKU.
    pub(crate) fn history(self, sku: &Sku) -> Key {
        self.all().text(sku.as_str())
    }

    /// Of the history of a SKU at a location.
    pub(crate) fn history_at(self, sku: &Sku, location: &Location) -> Key {
        self.history(sku).text(location.as_str())
    }

    /// Of an adjustment that is known by its key.
    pub(crate) fn adjusted(self, at: Millis, name: &AdjustmentName) -> Key {
        let mut key = self.adjusted_from(at);
        key.0.extend_from_slice(&name.0);
        key
    }

    /// Where adjustments of an instant begin.
    pub(crate) fn adjusted_from(self, at: Millis) -> Key {
        self.all().number(at.0)
    }

    /// Of every reservation, in the order of creation.
    pub(crate) fn index_all(self) -> Key {
        self.all().byte(indexed::ALL)
    }

    pub(crate) fn index_customer(self, customer: &str) -> Key {
        self.all().byte(indexed::BY_CUSTOMER).text(customer)
    }

    pub(crate) fn index_sale(self, sale: &SaleId) -> Key {
        self.all().byte(indexed::BY_SALE).text(sale.as_str())
    }

    pub(crate) fn index_sku(self, sku: &Sku) -> Key {
        self.all().byte(indexed::BY_SKU).text(sku.as_str())
    }

    /// Under which it is found when a reservation ended.
    pub(crate) fn index_ended(self, id: &ReservationId) -> Key {
        self.all().byte(indexed::ENDED).text(id.as_str())
    }

    /// Under which it is found when an adjustment was made.
    pub(crate) fn index_adjusted(self, name: &AdjustmentName) -> Key {
        let mut key = self.all().byte(indexed::ADJUSTED);
        key.0.extend_from_slice(&name.0);
        key
    }

    /// Of all adjustments of a SKU in the index.
    pub(crate) fn index_adjusted_of(self, sku: &Sku) -> Key {
        self.all().byte(indexed::ADJUSTED).text(sku.as_str())
    }

    /// Every key under which a reservation is listed: the same for all of its life.
    pub(crate) fn listings(self, reservation: &Reservation, made: Lsn) -> Vec<Key> {
        let mut lists = vec![self.index_all()];
        lists.extend(reservation.customer.as_ref().map(|customer| self.index_customer(customer.as_str())));
        lists.extend(reservation.sale.as_ref().map(|sale| self.index_sale(sale)));
        lists.extend(reservation.lines.iter().map(|line| self.index_sku(&line.sku)));
        let mut keys: Vec<Key> = lists.into_iter().map(|list| list.made(made)).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }
}

/// Under which an adjustment is recognised, as a part of a key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AdjustmentName(Vec<u8>);

impl AdjustmentName {
    pub(crate) fn new(made: &Adjustment, key: &Text) -> Self {
        let name = Key(Vec::with_capacity(64)).text(made.sku.as_str()).text(made.location.as_str()).text(key.as_str());
        Self(name.0)
    }

    /// What every name begins with: nothing.
    pub(crate) fn none() -> Self {
        Self(Vec::new())
    }

    /// What the names of all adjustments of a SKU begin with.
    pub(crate) fn of_sku(sku: &Sku) -> Self {
        Self(Key(Vec::new()).text(sku.as_str()).0)
    }

    pub(crate) fn starts_with(&self, prefix: &Self) -> bool {
        self.0.starts_with(&prefix.0)
    }
}

/// Reads what a key says, from its front.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parts<'k>(&'k [u8]);

impl<'k> Parts<'k> {
    /// What a key says behind what it begins with.
    pub(crate) fn behind(key: &'k [u8], prefix: &Key) -> Self {
        Self(key.strip_prefix(prefix.as_ref()).unwrap_or_default())
    }

    pub(crate) fn number(&mut self) -> Result<u64, StoreError> {
        let (number, rest) = self.0.split_first_chunk().ok_or_else(malformed)?;
        self.0 = rest;
        Ok(u64::from_be_bytes(*number))
    }

    pub(crate) fn text(&mut self) -> Result<&'k str, StoreError> {
        let end = self.0.iter().position(|byte| *byte == 0).ok_or_else(malformed)?;
        let (text, rest) = self.0.split_at(end);
        self.0 = &rest[1..];
        std::str::from_utf8(text).map_err(|_| malformed())
    }

    /// All that is left, as the name of an adjustment.
    pub(crate) fn adjustment(self) -> AdjustmentName {
        AdjustmentName(self.0.to_vec())
    }

    pub(crate) fn name<T, E>(&mut self, parse: impl Fn(&str) -> Result<T, E>) -> Result<T, StoreError> {
        parse(self.text()?).map_err(|_| malformed())
    }
}

fn malformed() -> StoreError {
    StoreError::damaged("read a key", "it is cut short, or holds no name")
}
