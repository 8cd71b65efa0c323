//! The rows of one ledger, and `apply`, which puts decided rows and cannot fail.
//!
//! What holds after every apply:
//! - every held reservation stands in `deadlines` exactly once, and nothing else does;
//! - every ended reservation stands in `ended` exactly once, oldest first;
//! - `totals` are the sums over the rows.

use crate::event::Adjustment;
use crate::{Books, Event, Location, Millis, Reservation, ReservationId, Sku, SkuStock, State, StockRow, Text};
use hashbrown::{DefaultHashBuilder, HashMap, HashTable};
use slab::Slab;
use smallvec::smallvec;
use std::collections::{BTreeSet, VecDeque};
use std::hash::BuildHasher;

/// Sums over the rows, kept as they change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// SKUs.
    pub skus: u64,
    /// Units held.
    pub held_units: u64,
    /// Units allocated.
    pub allocated_units: u64,
    /// Reservations that still have units: held or confirmed.
    pub live_reservations: u64,
    /// Ended reservations still remembered.
    pub ended_reservations: u64,
}

type AdjustmentName = (Sku, Location, Text);

/// The rows of one ledger.
#[derive(Debug, Default)]
pub struct Ledger {
    skus: HashMap<Sku, SkuStock>,
    reservations: Slab<Reservation>,
    by_id: HashTable<u32>,
    hasher: DefaultHashBuilder,
    deadlines: BTreeSet<(Millis, u32)>,
    ended: BTreeSet<(Millis, u32)>,
    adjustments: HashMap<AdjustmentName, Adjustment>,
    adjusted: VecDeque<(Millis, AdjustmentName)>,
    totals: Totals,
}

impl Books for Ledger {
    fn stock(&self, sku: &Sku) -> Option<&SkuStock> {
        self.skus.get(sku)
    }

    fn reservation(&self, id: &ReservationId) -> Option<&Reservation> {
        self.slot(id).map(|slot| &self.reservations[slot as usize])
    }

    fn adjustment(&self, sku: &Sku, location: &Location, key: &Text) -> Option<&Adjustment> {
        self.adjustments.get(&(sku.clone(), location.clone(), key.clone()))
    }
}

impl Ledger {
    /// Puts an event's rows. The event must have been decided on these books in this state.
    pub fn apply(&mut self, event: &Event) {
        for after in &event.stock {
            self.put_stock(&after.sku, &after.row);
        }
        if let Some(adjustment) = &event.adjustment {
            self.put_adjustment(adjustment, event.at);
        }
        if let Some(reservation) = &event.reservation {
            self.put_reservation(reservation);
        }
    }

    /// Puts one bucket's record, creating SKU and location as needed.
    pub fn put_stock(&mut self, sku: &Sku, row: &StockRow) {
        self.totals.held_units += u64::from(row.held);
        self.totals.allocated_units += u64::from(row.allocated);
        let Some(stock) = self.skus.get_mut(sku) else {
            self.totals.skus += 1;
            let stock = SkuStock { sku: sku.clone(), locations: smallvec![row.clone()] };
            self.skus.insert(sku.clone(), stock);
            return;
        };
        match stock.locations.iter_mut().find(|known| known.location == row.location) {
            Some(known) => {
                self.totals.held_units -= u64::from(known.held);
                self.totals.allocated_units -= u64::from(known.allocated);
                known.clone_from(row);
            }
            None => stock.locations.push(row.clone()),
        }
    }

    /// Remembers an adjustment that has a key.
    pub fn put_adjustment(&mut self, adjustment: &Adjustment, at: Millis) {
        let Some(key) = &adjustment.key else { return };
        let name = (adjustment.sku.clone(), adjustment.location.clone(), key.clone());
        if self.adjustments.insert(name.clone(), adjustment.clone()).is_some() {
            // Its key was used again: a ledger that replays may not have forgotten the first use yet.
            self.adjusted.retain(|(_, known)| *known != name);
        }
        self.adjusted.push_back((at, name));
    }

    /// Puts a reservation, with its deadline or its end.
    pub fn put_reservation(&mut self, reservation: &Reservation) {
        let slot = match self.slot(&reservation.id) {
            Some(slot) => {
                self.forget_marks(slot);
                self.reservations[slot as usize].clone_from(reservation);
                slot
            }
            None => self.insert(reservation),
        };
        match reservation.state {
            State::Held => {
                self.deadlines.insert((reservation.expires, slot));
                self.totals.live_reservations += 1;
            }
            State::Confirmed => self.totals.live_reservations += 1,
            State::Released | State::Expired => {
                self.ended.insert((reservation.changed, slot));
                self.totals.ended_reservations += 1;
            }
        }
    }

    fn insert(&mut self, reservation: &Reservation) -> u32 {
        // Callers bound the number of reservations far below 2^32.
        let slot = self.reservations.insert(reservation.clone()) as u32;
        let (hasher, reservations) = (&self.hasher, &self.reservations);
        let hash = hasher.hash_one(&reservation.id);
        self.by_id.insert_unique(hash, slot, |&slot| hasher.hash_one(&reservations[slot as usize].id));
        slot
    }

    /// Takes back what `put_reservation` noted about the row's previous value.
    fn forget_marks(&mut self, slot: u32) {
        let before = &self.reservations[slot as usize];
        match before.state {
            State::Held => {
                self.deadlines.remove(&(before.expires, slot));
                self.totals.live_reservations -= 1;
            }
            State::Confirmed => self.totals.live_reservations -= 1,
            // Its name was used again: a ledger that replays may not have forgotten it yet.
            State::Released | State::Expired => {
                self.ended.remove(&(before.changed, slot));
                self.totals.ended_reservations -= 1;
            }
        }
    }

    fn slot(&self, id: &ReservationId) -> Option<u32> {
        let hash = self.hasher.hash_one(id);
        self.by_id.find(hash, |&slot| self.reservations[slot as usize].id == *id).copied()
    }

    /// The earliest deadline of a held reservation.
    pub fn next_deadline(&self) -> Option<Millis> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    /// Held reservations past their deadline, the longest overdue first.
    pub fn due(&self, now: Millis) -> impl Iterator<Item = &Reservation> {
        self.deadlines
            .iter()
            .take_while(move |(deadline, _)| *deadline <= now)
            .map(|(_, slot)| &self.reservations[*slot as usize])
    }

    /// Forgets the oldest ended reservation if it ended before `horizon` or there are more than
    /// `most`. Returns its name.
    pub fn forget_ended(&mut self, horizon: Millis, most: usize) -> Option<ReservationId> {
        let (ended, slot) = *self.ended.first()?;
        if ended >= horizon && self.ended.len() <= most {
            return None;
        }
        self.ended.pop_first();
        self.totals.ended_reservations -= 1;
        Some(self.remove(slot))
    }

    /// Forgets a reservation whose name was used again in other books.
    pub fn forget_reservation(&mut self, id: &ReservationId) {
        if let Some(slot) = self.slot(id) {
            self.forget_marks(slot);
            self.remove(slot);
        }
    }

    fn remove(&mut self, slot: u32) -> ReservationId {
        let hash = self.hasher.hash_one(&self.reservations[slot as usize].id);
        if let Ok(entry) = self.by_id.find_entry(hash, |&known| known == slot) {
            entry.remove();
        }
        self.reservations.remove(slot as usize).id
    }

    /// Forgets the oldest remembered adjustment under the same rule. Returns whether it did.
    pub fn forget_adjusted(&mut self, horizon: Millis, most: usize) -> bool {
        let Some((at, name)) = self.adjusted.front() else { return false };
        if *at >= horizon && self.adjusted.len() <= most {
            return false;
        }
        self.adjustments.remove(name);
        self.adjusted.pop_front();
        true
    }

    /// The sums over the rows.
    pub fn totals(&self) -> Totals {
        self.totals
    }

    /// Every SKU, in no particular order.
    pub fn skus(&self) -> impl Iterator<Item = &SkuStock> {
        self.skus.values()
    }

    /// Every reservation, live or ended, in no particular order.
    pub fn reservations(&self) -> impl Iterator<Item = &Reservation> {
        self.reservations.iter().map(|(_, reservation)| reservation)
    }
}
