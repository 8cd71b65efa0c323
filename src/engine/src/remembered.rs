//! Refusals that a retry is told again, so that "sold out" never turns into a surprise hold.
//! In memory only, oldest forgotten first, bounded by age and number.

use hashbrown::HashMap;
use ledger::{Millis, Refusal, ReservationId, ReservePrint, Shortfall};
use std::collections::VecDeque;

#[derive(Debug)]
struct Remembered {
    asked: ReservePrint,
    shortfalls: Vec<Shortfall>,
}

#[derive(Debug, Default)]
pub(crate) struct RememberedRefusals {
    by_id: HashMap<ReservationId, Remembered>,
    oldest_first: VecDeque<(Millis, ReservationId)>,
    /// Short lines in all: what bounds the memory.
    shortfalls: usize,
}

impl RememberedRefusals {
    pub(crate) fn put(&mut self, id: &ReservationId, asked: ReservePrint, shortfalls: &[Shortfall], now: Millis) {
        let remembered = Remembered { asked, shortfalls: shortfalls.to_vec() };
        self.shortfalls += shortfalls.len();
        match self.by_id.insert(id.clone(), remembered) {
            None => self.oldest_first.push_back((now, id.clone())),
            Some(before) => self.shortfalls -= before.shortfalls.len(),
        }
    }

    /// What the same id was told before, or that it was another request.
    pub(crate) fn replay(&self, id: &ReservationId, asked: &ReservePrint) -> Option<Refusal> {
        let known = self.by_id.get(id)?;
        Some(match known.asked.first_difference(asked) {
            Some(field) => Refusal::IdempotencyMismatch { field },
            None => Refusal::InsufficientStock { shortfalls: known.shortfalls.clone(), replayed: true },
        })
    }

    /// Forgets the oldest if it is from before `horizon` or there are more than `most` short lines.
    pub(crate) fn forget(&mut self, horizon: Millis, most: usize) -> Option<ReservationId> {
        let (at, _) = self.oldest_first.front()?;
        if *at >= horizon && self.shortfalls <= most {
            return None;
        }
        let (_, id) = self.oldest_first.pop_front()?;
        let forgotten = self.by_id.remove(&id)?;
        self.shortfalls -= forgotten.shortfalls.len();
        Some(id)
    }

    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }
}
