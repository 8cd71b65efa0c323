//! Reservations in a slab, found by id, by deadline, and by the time of their end.

use super::Ledger;
use super::kept::Kept;
use crate::{Millis, Reservation, ReservationId, State};

impl Ledger {
    /// Puts a reservation, with its deadline or its end.
    pub fn put_reservation(&mut self, reservation: &Reservation) {
        let slot = match self.slot(&reservation.id) {
            Some(slot) => {
                self.forget_marks(slot);
                self.reservations[slot] = Kept::new(reservation);
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
            State::Released | State::Expired | State::Fulfilled | State::Cancelled => {
                self.ended.insert((reservation.changed, slot));
                self.totals.ended_reservations += 1;
            }
        }
    }

    fn insert(&mut self, reservation: &Reservation) -> u32 {
        // Callers bound the number of reservations far below 2^32.
        let slot = self.reservations.insert(Kept::new(reservation));
        let reservations = &self.reservations;
        self.by_id.insert(reservation.id.as_str().as_bytes(), slot, |slot| reservations[slot].id());
        slot
    }

    /// Takes back what `put_reservation` noted about the row's previous value.
    fn forget_marks(&mut self, slot: u32) {
        let before = &self.reservations[slot];
        match before.state {
            State::Held => {
                self.deadlines.remove(&(before.expires, slot));
                self.totals.live_reservations -= 1;
            }
            State::Confirmed => self.totals.live_reservations -= 1,
            // It was taken again, or its name was: a ledger that replays may not have forgotten it yet.
            State::Released | State::Expired | State::Fulfilled | State::Cancelled => {
                self.ended.remove(&(before.changed, slot));
                self.totals.ended_reservations -= 1;
            }
        }
    }

    pub(super) fn slot(&self, id: &ReservationId) -> Option<u32> {
        self.by_id.find(id.as_str().as_bytes(), |slot| self.reservations[slot].id())
    }

    /// The earliest deadline of a held reservation.
    pub fn next_deadline(&self) -> Option<Millis> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    /// Held reservations past their deadline, which comes with the name, the longest overdue first.
    pub fn due(&self, now: Millis) -> impl Iterator<Item = (Millis, ReservationId)> {
        self.deadlines
            .iter()
            .take_while(move |(deadline, _)| *deadline <= now)
            .map(|(deadline, slot)| (*deadline, self.reservations[*slot].read_id()))
    }

    /// Forgets the oldest ended reservation if it ended before `horizon` or there are more than `most`,
    /// and it can be read elsewhere because it ended before `stored`. Without that it is kept until
    /// there are twice as many: memory is bounded, whatever becomes of who stores. Returns its name.
    pub fn forget_ended(&mut self, horizon: Millis, most: usize, stored: Millis) -> Option<ReservationId> {
        let (ended, slot) = *self.ended.first()?;
        let is_wanted = ended >= horizon && self.ended.len() <= most;
        let is_only_here = ended >= stored && self.ended.len() <= most.saturating_mul(2);
        if is_wanted || is_only_here {
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
        let kept = self.reservations.remove(slot);
        self.by_id.remove(kept.id(), slot);
        kept.read_id()
    }
}
