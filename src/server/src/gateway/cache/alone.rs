//! What is known, for a short while, to be for one client alone: nobody waits for it then. It knows no answer, and forgets
//! early rather than take more memory.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use admission::Nanos;
use moka::sync::Cache;

use super::Key;

/// How long it is known: afterwards one asks again on behalf of all.
const FOR: Nanos = Nanos::from_secs(10);

/// How many are known at once.
const MOST: u64 = 16_384;

/// What was for one client alone, by a hash, and until when.
#[derive(Debug)]
pub struct Alone {
    until: Cache<u64, Nanos>,
    hasher: RandomState,
}

impl Default for Alone {
    fn default() -> Self {
        Self { until: Cache::new(MOST), hasher: RandomState::new() }
    }
}

impl Alone {
    /// From now on it is for one alone.
    pub fn note(&self, key: &Key, now: Nanos) {
        self.until.insert(self.hasher.hash_one(key), now.plus(FOR));
    }

    /// It was for all.
    pub fn forget(&self, key: &Key) {
        self.until.invalidate(&self.hasher.hash_one(key));
    }

    /// Whether it is for one alone, as far as is known.
    pub fn has(&self, key: &Key, now: Nanos) -> bool {
        self.until.get(&self.hasher.hash_one(key)).is_some_and(|until| now < until)
    }
}
