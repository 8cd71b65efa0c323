//! Refusals that a retry is told again, so that "sold out" never turns into a surprise hold.
//! In memory only, oldest forgotten first, bounded by age and number.

use hashbrown::HashMap;
use ledger::{Millis, Outcome, Refusal, ReservationId, ReservePrint};
use std::collections::VecDeque;

#[derive(Debug)]
struct Remembered {
    asked: ReservePrint,
    refusal: Refusal,
}

impl Remembered {
    /// What bounds the memory: a refusal may list many short lines.
    fn weight(&self) -> usize {
        match &self.refusal {
            Refusal::InsufficientStock { shortfalls } => shortfalls.len().max(1),
            _ => 1,
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct RememberedRefusals {
    by_id: HashMap<ReservationId, Remembered>,
    oldest_first: VecDeque<(Millis, ReservationId)>,
    /// Refusals in all, one with short lines once for each.
    weight: usize,
}

impl RememberedRefusals {
    pub(crate) fn put(&mut self, id: &ReservationId, asked: ReservePrint, refusal: &Refusal, now: Millis) {
        let remembered = Remembered { asked, refusal: refusal.clone() };
        self.weight += remembered.weight();
        match self.by_id.insert(id.clone(), remembered) {
            None => self.oldest_first.push_back((now, id.clone())),
            Some(before) => self.weight -= before.weight(),
        }
    }

    /// What the same id was told before, or that it was another request.
    pub(crate) fn replay(&self, id: &ReservationId, asked: &ReservePrint) -> Option<Outcome> {
        let known = self.by_id.get(id)?;
        Some(match known.asked.first_difference(asked) {
            Some(field) => Outcome::Refused(Refusal::IdempotencyMismatch { field }),
            None => Outcome::RefusedBefore(known.refusal.clone()),
        })
    }

    /// Forgets the oldest if it is from before `horizon` or there are more than `most`, counted by
    /// their short lines.
    pub(crate) fn forget(&mut self, horizon: Millis, most: usize) -> Option<ReservationId> {
        let (at, _) = self.oldest_first.front()?;
        if *at >= horizon && self.weight <= most {
            return None;
        }
        let (_, id) = self.oldest_first.pop_front()?;
        self.weight -= self.by_id.remove(&id)?.weight();
        Some(id)
    }

    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }
}
