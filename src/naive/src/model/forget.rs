//! What the model forgets by age and by number.

use super::Model;
use ledger::{Millis, ReservationId};

impl Model {
    /// Forgets what ended before the horizon, and the oldest beyond `most`. Among those that ended in
    /// the same millisecond the ledger may choose: `chosen` says how it did. Panics if it chose wrong.
    pub fn forget_ended(&mut self, horizon: Millis, most: usize, chosen: &[ReservationId]) {
        for id in chosen {
            let ended = || self.holds().filter(|hold| !hold.is_live());
            let oldest = ended().map(|hold| hold.changed).min().expect("something has ended");
            assert!(ended().count() > most || oldest < horizon.0, "{id} was forgotten too early");
            let hold = &self.holds.get(id).expect("only what is known is forgotten").hold;
            assert!(!hold.is_live(), "{id} is live");
            assert_eq!(hold.changed, oldest, "the oldest is forgotten first");
            self.holds.remove(id);
        }
        let ended = || self.holds().filter(|hold| !hold.is_live());
        assert!(ended().count() <= most, "more is remembered than was allowed");
        assert!(ended().all(|hold| hold.changed >= horizon.0), "something old is still remembered");
    }

    /// The same for adjustments; how many.
    pub fn forget_adjusted(&mut self, horizon: Millis, most: usize) -> usize {
        let before = self.adjusted.len();
        while self.adjusted.len() > most || self.adjusted.first().is_some_and(|(at, ..)| *at < horizon.0) {
            self.adjusted.remove(0);
        }
        before - self.adjusted.len()
    }
}
