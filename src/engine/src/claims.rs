//! The directory: which shard decides about a reservation id, and nothing else.
//!
//! A claim is taken before a reserve is decided, so that a concurrent duplicate follows it to
//! the same shard and is decided after it. It goes away with the last request in flight, unless
//! a reservation or a remembered refusal was made under it.

use crate::routing::{Place, ShardSet};
use crate::sync::{DashMap, MapEntry};
use ledger::ReservationId;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};
use xxhash_rust::xxh3::xxh3_128_with_seed;

/// A [`Place`] and its claims, in 16 bytes.
#[derive(Debug, Clone, Copy)]
struct Entry {
    shards: ShardSet,
    in_flight: u32,
    home: u8,
    kept: bool,
}

impl Entry {
    fn new(place: Place, in_flight: u32, kept: bool) -> Self {
        Self { shards: place.shards, in_flight, home: place.home, kept }
    }

    fn place(&self) -> Place {
        Place { home: self.home, shards: self.shards }
    }

    fn is_idle(&self) -> bool {
        self.in_flight == 0 && !self.kept
    }
}

/// 128 bits that stand for an id. That two of ten million ids have the same has a chance of one in 10^24; the second would
/// be decided where the first is, and one of them not be found after a restart.
type Key = u128;

/// A key is a hash already.
#[derive(Debug, Default)]
struct Taken(u64);

impl Hasher for Taken {
    fn write(&mut self, _bytes: &[u8]) {
        unreachable!("keys are written as a number")
    }

    fn write_u128(&mut self, key: u128) {
        self.0 = key as u64;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// A table that grows is written anew as a whole, while whoever asks it waits: with a million ids each has four thousand.
const TABLES: usize = 256;

pub(crate) struct Directory {
    entries: DashMap<Key, Entry, BuildHasherDefault<Taken>>,
    /// Chance, so that nobody outside can choose ids whose hashes are alike.
    seed: u64,
}

impl Default for Directory {
    fn default() -> Self {
        let entries = DashMap::with_hasher_and_shard_amount(BuildHasherDefault::default(), TABLES);
        Self { entries, seed: RandomState::new().hash_one(TABLES) }
    }
}

impl Directory {
    /// Claims the id for a reserve that would be decided at `proposed`. Who comes second is
    /// decided at the first's home, with all shards of both.
    pub(crate) fn claim(&self, id: &ReservationId, proposed: Place) -> Place {
        match self.entries.entry(self.key(id)) {
            MapEntry::Vacant(vacant) => {
                vacant.insert(Entry::new(proposed, 1, false));
                proposed
            }
            MapEntry::Occupied(mut occupied) => {
                let entry = occupied.get_mut();
                entry.in_flight += 1;
                Place { home: entry.home, shards: entry.shards.with(proposed.shards) }
            }
        }
    }

    /// Ends one claim. `kept`: something is now known under the id at this place.
    pub(crate) fn settle(&self, id: &ReservationId, kept: Option<Place>) {
        let key = self.key(id);
        let Some(mut entry) = self.entries.get_mut(&key) else { return };
        entry.in_flight = entry.in_flight.saturating_sub(1);
        if let Some(place) = kept {
            *entry = Entry::new(place, entry.in_flight, true);
        }
        let idle = entry.is_idle();
        drop(entry);
        if idle {
            self.entries.remove_if(&key, |_, entry| entry.is_idle());
        }
    }

    /// Where a reservation is, if anything is known under the id.
    pub(crate) fn find(&self, id: &ReservationId) -> Option<Place> {
        self.entries.get(&self.key(id)).map(|entry| entry.place())
    }

    /// Notes a reservation found in the log.
    pub(crate) fn restore(&self, id: &ReservationId, place: Place) {
        self.entries.insert(self.key(id), Entry::new(place, 0, true));
    }

    /// Nothing is known under the id any more.
    pub(crate) fn forget(&self, id: &ReservationId) {
        let key = self.key(id);
        if let Some(mut entry) = self.entries.get_mut(&key) {
            entry.kept = false;
        }
        self.entries.remove_if(&key, |_, entry| entry.is_idle());
    }

    fn key(&self, id: &ReservationId) -> Key {
        xxh3_128_with_seed(id.as_str().as_bytes(), self.seed)
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use super::{Entry, Key};

    /// There is one for each reservation that is known.
    #[test]
    fn an_entry_is_small() {
        assert_eq!(size_of::<(Key, Entry)>(), 32);
    }
}
