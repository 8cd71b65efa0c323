//! Since when what was asked for earlier is not to be used: each place has its time, and so has everything that is under
//! way. In so much memory and no more: places share times, so that one change may outdate a few others as well, and never
//! too few. It knows no answer.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use admission::Nanos;

use super::Key;

/// Times: half a megabyte of them.
const TIMES: usize = 1 << 16;

/// When what was last outdated.
#[derive(Debug)]
pub struct Outdated {
    places: Box<[AtomicU64]>,
    under_way: AtomicU64,
    /// Random, so that nobody outside can choose who shares a time.
    hasher: RandomState,
}

impl Default for Outdated {
    fn default() -> Self {
        let places = std::iter::repeat_with(AtomicU64::default).take(TIMES).collect();
        Self { places, under_way: AtomicU64::default(), hasher: RandomState::new() }
    }
}

impl Outdated {
    /// What was asked for at this key's place until now is outdated.
    pub fn outdate(&self, key: &Key, now: Nanos) {
        self.time(key).fetch_max(now.0, SeqCst);
    }

    /// Whether what was asked for under this key then is outdated.
    pub fn has(&self, key: &Key, asked: Nanos) -> bool {
        asked.0 <= self.time(key).load(SeqCst)
    }

    /// What was asked for until now, and has not come yet, is outdated, wherever it was.
    pub fn outdate_under_way(&self, now: Nanos) {
        self.under_way.fetch_max(now.0, SeqCst);
    }

    /// Whether what was asked for then, and comes only now, is outdated.
    pub fn has_under_way(&self, asked: Nanos) -> bool {
        asked.0 <= self.under_way.load(SeqCst)
    }

    fn time(&self, key: &Key) -> &AtomicU64 {
        &self.places[self.hasher.hash_one(key.place()) as usize % TIMES]
    }
}
