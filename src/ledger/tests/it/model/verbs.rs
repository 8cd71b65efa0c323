//! The model's verbs on a reservation: a table of state and verb.

use super::{Answer, Hold, Model, no};
use ledger::{Confirm, ReservationId};

fn refused(state: &str) -> Answer {
    Answer::No(format!("reservation_{state}"))
}

fn same(hold: &Hold) -> Answer {
    Answer::Seen { hold: hold.clone(), replayed: true }
}

/// Counts a change and answers with the reservation after it.
fn changed(hold: &mut Hold, state: &'static str, now: u64) -> Answer {
    hold.state = state;
    hold.changed = now;
    hold.version += 1;
    Answer::Seen { hold: hold.clone(), replayed: false }
}

impl Model {
    pub(super) fn confirm(&mut self, ask: &Confirm, now: u64) -> Answer {
        let Some(hold) = self.holds.get_mut(&ask.id) else { return no("reservation_not_found") };
        match hold.state_at(now) {
            "held" => {
                hold.order.clone_from(&ask.order);
                changed(hold, "confirmed", now)
            }
            "confirmed" if hold.order == ask.order => same(hold),
            "confirmed" => no("idempotency_mismatch order"),
            other => refused(other),
        }
    }

    pub(super) fn release(&mut self, id: &ReservationId, now: u64) -> Answer {
        let Some(hold) = self.holds.get_mut(id) else { return no("reservation_not_found") };
        match hold.state_at(now) {
            "held" => {
                self.ended.push((now, id.clone()));
                changed(hold, "released", now)
            }
            "released" => same(hold),
            other => refused(other),
        }
    }

    pub(super) fn extend(&mut self, id: &ReservationId, ttl: u64, now: u64) -> Answer {
        let Some(hold) = self.holds.get_mut(id) else { return no("reservation_not_found") };
        match hold.state_at(now) {
            "held" => {
                let longest = hold.created + self.max_hold;
                let wished = if now + ttl > longest { longest } else { now + ttl };
                if wished > hold.expires {
                    hold.expires = wished;
                }
                changed(hold, "held", now)
            }
            other => refused(other),
        }
    }

    pub(super) fn expire(&mut self, id: &ReservationId, now: u64) -> Answer {
        let Some(hold) = self.holds.get_mut(id) else { return no("reservation_not_found") };
        if hold.state == "held" && now >= hold.expires {
            self.ended.push((now, id.clone()));
            return changed(hold, "expired", now);
        }
        refused(hold.state)
    }
}
