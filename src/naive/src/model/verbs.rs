//! The model's verbs on a reservation: a table of state and verb, and what each does.

use super::place::{self, Demand, Shopper};
use super::{Answer, Hold, Kept, Model, Piece};
use ledger::{Confirm, EventKind, Fulfil, IfExpired, OnConfirm, ReservationId, Wants};

const NOT_FOUND: &str = "reservation_not_found";

fn refused(state: &str) -> String {
    format!("reservation_{state}")
}

fn same(hold: &Hold) -> Answer {
    Answer::Seen { hold: hold.clone(), replayed: true }
}

/// How many units of each piece a verb is about: all, where it names nothing.
fn parts(pieces: &[Piece], asked: Option<&Wants>, left: impl Fn(&Piece) -> i128) -> Result<Vec<i128>, String> {
    let Some(asked) = asked else { return Ok(pieces.iter().map(left).collect()) };
    let mut parts = vec![0; pieces.len()];
    for named in [true, false] {
        for (index, want) in asked.iter().enumerate().filter(|(_, want)| want.location.is_some() == named) {
            let mut missing = i128::from(want.quantity.units());
            for (piece, part) in pieces.iter().zip(&mut parts) {
                let here = want.location.as_ref().is_none_or(|location| *location == piece.location);
                if piece.sku == want.sku && here {
                    let units = missing.min(left(piece) - *part);
                    *part += units;
                    missing -= units;
                }
            }
            if missing > 0 {
                return Err(format!("invalid_request /lines/{index}/quantity"));
            }
        }
    }
    Ok(parts)
}

impl Model {
    fn known(&mut self, id: &ReservationId) -> Result<&mut Kept, String> {
        self.holds.get_mut(id).ok_or_else(|| NOT_FOUND.to_owned())
    }

    /// Counts a change, tells its sale, and answers with the reservation after it.
    fn changed(&mut self, id: &ReservationId, state: &'static str, kind: EventKind, now: u64) -> Answer {
        let hold = self.mark(id, state, kind, now);
        self.tell(hold.sale.as_ref(), now);
        Answer::Seen { hold, replayed: false }
    }

    fn mark(&mut self, id: &ReservationId, state: &'static str, kind: EventKind, now: u64) -> Hold {
        self.events.push(kind);
        let hold = &mut self.holds.get_mut(id).expect("the verb has found it").hold;
        hold.state = state;
        hold.changed = now;
        hold.version += 1;
        hold.clone()
    }

    pub(super) fn confirm(&mut self, ask: &Confirm, now: u64) -> Result<Answer, String> {
        let kept = self.known(&ask.id)?;
        match kept.hold.state_at(now) {
            "confirmed" | "fulfilled" => {
                let before = kept.confirmed.as_ref().expect("it was confirmed");
                match first_difference(before, ask) {
                    Some(field) => Err(format!("idempotency_mismatch {field}")),
                    None => Ok(same(&kept.hold)),
                }
            }
            "held" => {
                let units = parts(&kept.hold.pieces, ask.lines.as_ref(), |piece| piece.units)?;
                for (piece, units) in kept.hold.pieces.iter_mut().zip(units) {
                    piece.units = units;
                }
                Ok(self.confirmed(ask, now))
            }
            "expired" if ask.if_expired == IfExpired::Reacquire => self.reacquire(ask, now),
            other => Err(refused(other)),
        }
    }

    /// Its pieces are what is kept.
    fn confirmed(&mut self, ask: &Confirm, now: u64) -> Answer {
        let kept = self.holds.get_mut(&ask.id).expect("the verb has found it");
        kept.hold.order.clone_from(&ask.order);
        kept.confirmed = Some(ask.clone());
        match self.policy.on_confirm {
            OnConfirm::Allocate => self.changed(&ask.id, "confirmed", EventKind::Confirmed, now),
            OnConfirm::Fulfil => {
                let hold = self.mark(&ask.id, "confirmed", EventKind::Confirmed, now);
                self.ship(&ask.id, &hold.pieces.iter().map(Piece::unshipped).collect::<Vec<_>>());
                self.changed(&ask.id, "fulfilled", EventKind::Fulfilled, now)
            }
        }
    }

    /// Takes the units again that it had, or leaves everything as it is.
    fn reacquire(&mut self, ask: &Confirm, now: u64) -> Result<Answer, String> {
        let hold = &mut self.known(&ask.id)?.hold;
        let state = hold.state;
        // It has expired, swept or not: nothing is held by it any more.
        hold.state = "expired";
        let hold = hold.clone();
        let pieces = self.pieces_again(&hold, ask, now);
        let kept = &mut self.holds.get_mut(&ask.id).expect("found above").hold;
        match pieces {
            Ok(pieces) => {
                kept.pieces = pieces;
                kept.reacquired = true;
                Ok(self.confirmed(ask, now))
            }
            Err(why) => {
                kept.state = state;
                Err(why)
            }
        }
    }

    fn pieces_again(&self, hold: &Hold, ask: &Confirm, now: u64) -> Result<Vec<Piece>, String> {
        let units = parts(&hold.pieces, ask.lines.as_ref(), |piece| piece.units)?;
        let mut demands = Vec::new();
        for (piece, units) in hold.pieces.iter().zip(units).filter(|(_, units)| *units > 0) {
            let location = piece.located.then(|| piece.location.clone());
            place::add(&mut demands, Demand { line: piece.line, sku: piece.sku.clone(), location, units });
        }
        self.check_known(&demands, hold.sale.as_ref())?;
        let shopper =
            Shopper { customer: hold.customer.clone(), channel: hold.channel.clone(), sale: hold.sale.clone() };
        let mut pieces = self.place_all(&demands, &shopper, now)?;
        for piece in &mut pieces {
            let old = hold.pieces.iter().find(|old| old.line == piece.line);
            piece.requested = old.expect("every demand comes from an old piece").requested;
        }
        // Lines that have nothing now stay listed.
        for old in &hold.pieces {
            if pieces.iter().all(|piece| piece.line != old.line) {
                pieces.push(Piece { units: 0, counted: Vec::new(), ..old.clone() });
            }
        }
        pieces.sort_by_key(|piece| piece.line);
        Ok(pieces)
    }

    pub(super) fn release(&mut self, id: &ReservationId, now: u64) -> Result<Answer, String> {
        let hold = &self.known(id)?.hold;
        match hold.state_at(now) {
            "held" => Ok(self.changed(id, "released", EventKind::Released, now)),
            "released" => Ok(same(hold)),
            other => Err(refused(other)),
        }
    }

    pub(super) fn cancel(&mut self, id: &ReservationId, now: u64) -> Result<Answer, String> {
        let hold = &self.known(id)?.hold;
        match hold.state_at(now) {
            "confirmed" => Ok(self.changed(id, "cancelled", EventKind::Cancelled, now)),
            "cancelled" => Ok(same(hold)),
            other => Err(refused(other)),
        }
    }

    pub(super) fn fulfil(&mut self, ask: &Fulfil, now: u64) -> Result<Answer, String> {
        let kept = self.known(&ask.id)?;
        match kept.hold.state_at(now) {
            "fulfilled" if kept.fulfilled == ask.lines => Ok(same(&kept.hold)),
            "fulfilled" => Err("idempotency_mismatch lines".to_owned()),
            "confirmed" => {
                let units = parts(&kept.hold.pieces, ask.lines.as_ref(), Piece::unshipped)?;
                self.ship(&ask.id, &units);
                let kept = self.known(&ask.id)?;
                let all = kept.hold.pieces.iter().all(|piece| piece.unshipped() == 0);
                if all {
                    kept.fulfilled.clone_from(&ask.lines);
                }
                Ok(self.changed(&ask.id, if all { "fulfilled" } else { "confirmed" }, EventKind::Fulfilled, now))
            }
            other => Err(refused(other)),
        }
    }

    /// Units leave the shelf, whatever a count of it had said, and are bought for good.
    fn ship(&mut self, id: &ReservationId, units: &[i128]) {
        let kept = self.holds.get_mut(id).expect("the verb has found it");
        for (piece, units) in kept.hold.pieces.iter_mut().zip(units).filter(|(_, units)| **units > 0) {
            piece.shipped += units;
            for bucket in &mut self.buckets {
                if bucket.sku == piece.sku && bucket.location == piece.location {
                    bucket.on_hand = (bucket.on_hand - units).max(0);
                }
            }
            for key in &piece.counted {
                *self.bought.entry(key.clone()).or_default() += units;
            }
        }
    }

    pub(super) fn extend(&mut self, id: &ReservationId, ttl: u64, now: u64) -> Result<Answer, String> {
        let longest = self.policy.max_hold.0;
        self.postpone(id, now, |hold| (now + ttl).min(hold.created + longest))
    }

    pub(super) fn payment_started(
        &mut self,
        id: &ReservationId,
        grace: Option<u64>,
        now: u64,
    ) -> Result<Answer, String> {
        let longest = self.policy.max_payment_grace.0;
        self.postpone(id, now, |hold| {
            let first = *hold.payment_started.get_or_insert(now);
            (now + grace.unwrap_or(longest)).min(first + longest)
        })
    }

    /// The deadline becomes what is wished, never earlier than it was. No sale hears of it.
    fn postpone(&mut self, id: &ReservationId, now: u64, wish: impl Fn(&mut Hold) -> u64) -> Result<Answer, String> {
        let hold = &mut self.known(id)?.hold;
        match hold.state_at(now) {
            "held" => {
                hold.expires = wish(hold).max(hold.expires);
                let hold = self.mark(id, "held", EventKind::Extended, now);
                Ok(Answer::Seen { hold, replayed: false })
            }
            other => Err(refused(other)),
        }
    }

    pub(super) fn expire(&mut self, id: &ReservationId, now: u64) -> Result<Answer, String> {
        let hold = &self.known(id)?.hold;
        if hold.state == "held" && now >= hold.expires {
            return Ok(self.changed(id, "expired", EventKind::Expired, now));
        }
        Err(refused(hold.state))
    }
}

fn first_difference(before: &Confirm, now: &Confirm) -> Option<&'static str> {
    let differs = [
        ("order", before.order != now.order),
        ("lines", before.lines != now.lines),
        ("if_expired", before.if_expired != now.if_expired),
    ];
    differs.into_iter().find(|(_, differs)| *differs).map(|(field, _)| field)
}
