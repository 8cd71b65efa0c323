//! The directory: which shard decides about a reservation id, and nothing else.
//!
//! A claim is taken before a reserve is decided, so that a concurrent duplicate follows it to
//! the same shard and is decided after it. It goes away with the last request in flight, unless
//! a reservation or a remembered refusal was made under it.

use crate::routing::Place;
use crate::sync::{DashMap, MapEntry};
use ledger::ReservationId;

#[derive(Debug, Clone, Copy)]
struct Entry {
    place: Place,
    in_flight: u32,
    kept: bool,
}

impl Entry {
    fn is_idle(&self) -> bool {
        self.in_flight == 0 && !self.kept
    }
}

/// A table that grows is written anew as a whole, while whoever asks it waits: with a million ids each has four thousand.
const TABLES: usize = 256;

#[derive(Debug)]
pub(crate) struct Directory {
    entries: DashMap<ReservationId, Entry>,
}

impl Default for Directory {
    fn default() -> Self {
        Self { entries: DashMap::with_shard_amount(TABLES) }
    }
}

impl Directory {
    /// Claims the id for a reserve that would be decided at `proposed`. Who comes second is
    /// decided at the first's home, with all shards of both.
    pub(crate) fn claim(&self, id: &ReservationId, proposed: Place) -> Place {
        match self.entries.entry(id.clone()) {
            MapEntry::Vacant(vacant) => {
                vacant.insert(Entry { place: proposed, in_flight: 1, kept: false });
                proposed
            }
            MapEntry::Occupied(mut occupied) => {
                let entry = occupied.get_mut();
                entry.in_flight += 1;
                Place { home: entry.place.home, shards: entry.place.shards.with(proposed.shards) }
            }
        }
    }

    /// Ends one claim. `kept`: something is now known under the id at this place.
    pub(crate) fn settle(&self, id: &ReservationId, kept: Option<Place>) {
        let Some(mut entry) = self.entries.get_mut(id) else { return };
        entry.in_flight = entry.in_flight.saturating_sub(1);
        if let Some(place) = kept {
            entry.kept = true;
            entry.place = place;
        }
        let idle = entry.is_idle();
        drop(entry);
        if idle {
            self.entries.remove_if(id, |_, entry| entry.is_idle());
        }
    }

    /// Where a reservation is, if anything is known under the id.
    pub(crate) fn find(&self, id: &ReservationId) -> Option<Place> {
        self.entries.get(id).map(|entry| entry.place)
    }

    /// Notes a reservation found in the log.
    pub(crate) fn restore(&self, id: &ReservationId, place: Place) {
        self.entries.insert(id.clone(), Entry { place, in_flight: 0, kept: true });
    }

    /// Nothing is known under the id any more.
    pub(crate) fn forget(&self, id: &ReservationId) {
        if let Some(mut entry) = self.entries.get_mut(id) {
            entry.kept = false;
        }
        self.entries.remove_if(id, |_, entry| entry.is_idle());
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }
}
