//! What each customer has taken, of a SKU or in a sale: a row on first use, gone when it falls back
//! to nothing that counts.

use crate::{Customer, Taken};
use hashbrown::HashMap;
use std::hash::Hash;

/// Customer rows by what limits them.
#[derive(Debug)]
pub(super) struct Customers<K> {
    rows: HashMap<K, HashMap<Customer, Taken>>,
    count: u64,
}

impl<K> Default for Customers<K> {
    fn default() -> Self {
        Self { rows: HashMap::new(), count: 0 }
    }
}

impl<K: Hash + Eq + Clone> Customers<K> {
    /// Rows in all.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn get(&self, key: &K, customer: &Customer) -> Option<Taken> {
        self.rows.get(key)?.get(customer).copied()
    }

    pub(super) fn put(&mut self, key: &K, customer: &Customer, taken: Taken, limit_is_set: bool) {
        if let Some(kept) = taken.kept(limit_is_set) {
            let rows = match self.rows.get_mut(key) {
                Some(rows) => rows,
                None => self.rows.entry(key.clone()).or_default(),
            };
            self.count += u64::from(rows.insert(customer.clone(), kept).is_none());
        } else if let Some(rows) = self.rows.get_mut(key) {
            self.count -= u64::from(rows.remove(customer).is_some());
        }
    }

    /// The limit is gone: keeps only what may come back.
    pub(super) fn uncount(&mut self, key: &K) {
        let Some(rows) = self.rows.get_mut(key) else { return };
        let before = rows.len();
        rows.retain(|_, taken| match taken.kept(false) {
            Some(kept) => {
                *taken = kept;
                true
            }
            None => false,
        });
        self.count -= (before - rows.len()) as u64;
        if rows.is_empty() {
            self.rows.remove(key);
        }
    }

    pub(super) fn forget(&mut self, key: &K) {
        self.count -= self.rows.remove(key).map_or(0, |rows| rows.len() as u64);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, &Customer, Taken)> {
        self.rows.iter().flat_map(|(key, rows)| rows.iter().map(move |(customer, taken)| (key, customer, *taken)))
    }
}
