//! One step: stamp the time, look the request up, decide, log, apply. Written once for one shard
//! and for several; runs under the locks of a [`Section`] and does no I/O.

use crate::Engine;
use crate::records;
use crate::request::{Answer, Request, StockView, Unavailable};
use crate::routing::{Place, ShardSet};
use crate::section::Section;
use ledger::{
    Applied, Books, Command, Confirm, Event, EventKind, IfExpired, LimitKey, Millis, Outcome, ReservationId, Reserve,
    Sku, State,
};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use wal::Lsn;

/// What later verbs may add to a reservation's record, an order above all: a hold that is taken can
/// always be settled.
const VERB_HEADROOM_BYTES: usize = 1024;

/// What a step came to.
pub(crate) enum Verdict {
    /// The answer, to be given once the LSN is durable.
    Answered(Lsn, Answer),
    /// The request touches shards that are not locked: lock these too.
    Wider(ShardSet),
    /// It falls short, and holds are due: sweep, then decide again.
    SweepFirst,
}

impl Engine {
    pub(crate) fn step(&self, section: &mut Section<'_>, request: &Request, may_sweep: bool) -> Verdict {
        let now = section.stamp(self.clock.now());
        match request {
            Request::Command(command) => self.step_command(section, command, now, may_sweep),
            Request::Reservation(id) => {
                let seen = section.reservation(id).map(|known| Arc::new(ledger::view(known, now)));
                Verdict::Answered(section.mark(), Answer::Reservation(seen))
            }
            Request::Sale(id) => {
                let seen = section.sale(id).map(|sale| Box::new(ledger::view_sale(sale, now)));
                Verdict::Answered(section.mark(), Answer::Sale(seen))
            }
            Request::Stock(skus) => {
                let found = skus.iter().map(|sku: &Sku| section.stock(sku).cloned()).collect();
                let as_of = section.mark();
                Verdict::Answered(as_of, Answer::Stock(StockView { found, as_of }))
            }
        }
    }

    fn step_command(&self, section: &mut Section<'_>, command: &Command, now: Millis, may_sweep: bool) -> Verdict {
        if let Some(wider) = self.missing_shards(section, command) {
            return Verdict::Wider(wider);
        }
        if let Command::Reserve(reserve) = command {
            return self.step_reserve(section, command, reserve, now, may_sweep);
        }
        let (gate, answer) = self.carry_out(section, command, now);
        let takes = matches!(command, Command::Confirm(Confirm { if_expired: IfExpired::Reacquire, .. }));
        if takes && may_sweep && is_short(&answer) && section.has_due(now) {
            return Verdict::SweepFirst;
        }
        Verdict::Answered(gate, answer)
    }

    /// A verb on a reservation touches the buckets of its lines, wherever they are.
    fn missing_shards(&self, section: &Section<'_>, command: &Command) -> Option<ShardSet> {
        if self.routing.shards() == 1 {
            return None;
        }
        let shards = self.routing.of_reservation(&section.reservation(command.verb_on()?)?).shards;
        (!section.shards().covers(shards)).then_some(shards)
    }

    fn step_reserve(
        &self,
        section: &mut Section<'_>,
        command: &Command,
        reserve: &Reserve,
        now: Millis,
        may_sweep: bool,
    ) -> Verdict {
        if let Some(outcome) = section.home_books().refusals.replay(&reserve.id, &reserve.print) {
            self.directory.settle(&reserve.id, None);
            self.metrics.replayed.increment(1);
            return Verdict::Answered(section.mark(), Answer::Outcome(outcome));
        }
        let (gate, answer) = self.carry_out(section, command, now);
        let kept = match &answer {
            Answer::Outcome(Outcome::Refused(refusal)) if refusal.is_remembered() => {
                if section.has_due(now) {
                    if may_sweep {
                        return Verdict::SweepFirst;
                    }
                    // More is due than one request may sweep, or there is no room to log it:
                    // "sold out" would be remembered, and untrue.
                    let unavailable = self.may_change(section, command, &[]).err().unwrap_or(Unavailable::QueueFull);
                    self.directory.settle(&reserve.id, None);
                    return Verdict::Answered(Lsn::default(), Answer::Unavailable(unavailable));
                }
                self.metrics.refused(refusal);
                section.home_books().refusals.put(&reserve.id, reserve.print, refusal, now);
                Some(Place::at(section.home()))
            }
            Answer::Outcome(Outcome::Reserved(reservation)) => {
                let shards = self.routing.of_reservation(reservation).shards.with(ShardSet::one(section.home()));
                Some(Place { home: section.home(), shards })
            }
            _ => None,
        };
        self.directory.settle(&reserve.id, kept);
        Verdict::Answered(gate, answer)
    }

    /// Decides, and if something changes: logs and applies it.
    pub(crate) fn carry_out(&self, section: &mut Section<'_>, command: &Command, now: Millis) -> (Lsn, Answer) {
        let decision = ledger::decide(section, &self.options.policy, command, now);
        if decision.events.is_empty() {
            self.count_unchanged(command, &decision.outcome);
            return (section.mark(), Answer::Outcome(decision.outcome));
        }
        if let Err(unavailable) = self.may_change(section, command, &decision.events) {
            return (Lsn::default(), Answer::Unavailable(unavailable));
        }
        match self.commit_events(section, &decision.events, now) {
            Some(lsn) => (lsn, Answer::Outcome(decision.outcome)),
            None => (Lsn::default(), Answer::Outcome(Outcome::Refused(records::too_large()))),
        }
    }

    /// Whether there is room for what a command decided. Settling goes on when new holds cannot.
    fn may_change(&self, section: &Section<'_>, command: &Command, events: &[Event]) -> Result<(), Unavailable> {
        let waiting = self.commit.waiting_bytes();
        let reacquires = is_reacquired(events);
        let settles = command.verb_on().is_some() && !reacquires;
        let most = if settles { self.options.commit_buffer_bytes * 2 } else { self.options.commit_buffer_bytes };
        let low = self.space.is_low();
        if !settles && self.damage().is_some() {
            self.metrics.log_damaged.increment(1);
            return Err(Unavailable::LogDamaged);
        }
        let capped = match command {
            Command::Reserve(_) | Command::Confirm(_) if !settles => self.takes_too_much(section, events),
            Command::SetStock(set) => self.has_all_skus(section, &set.sku),
            Command::SetSku(sku, _) => self.has_all_skus(section, sku),
            Command::SetSale(sale, _) => {
                section.sale(sale).is_none() && section.home_totals().sales >= self.per_shard(self.options.max_sales)
            }
            _ => false,
        };
        // Time goes on whatever the disk says, but its word can wait for the next tick.
        let turns = matches!(command, Command::TurnSale(_));
        if capped || (low && (!settles || waiting >= most)) {
            self.metrics.storage_full.increment(u64::from(!turns));
            return Err(Unavailable::StorageFull);
        }
        if waiting >= most {
            self.metrics.queue_full.increment(u64::from(!turns));
            return Err(Unavailable::QueueFull);
        }
        Ok(())
    }

    /// One more live reservation, or its customers, would be over a cap on memory.
    fn takes_too_much(&self, section: &Section<'_>, events: &[Event]) -> bool {
        let reservation = events.iter().find_map(|event| event.reservation.as_deref());
        let known = reservation.and_then(|reservation| section.reservation(&reservation.id));
        let is_live = known.is_some_and(|known| known.state.is_live());
        if !is_live && self.live.load(Ordering::Relaxed) >= self.options.max_reservations {
            return true;
        }
        let is_new = |key: &LimitKey| match key {
            LimitKey::SkuCustomer(sku, customer) => section.sku_customer(sku, customer).units() == 0,
            LimitKey::SaleCustomer(sale, customer) => section.sale_customer(sale, customer).units() == 0,
            LimitKey::SkuChannel(..) | LimitKey::Sale(_) | LimitKey::SaleChannel(..) => false,
        };
        // The last event has all that any of them touched.
        let limits = events.iter().rev().map(|event| &event.limits).find(|limits| !limits.is_empty());
        let new = limits.into_iter().flatten().filter(|after| is_new(&after.key)).count() as u64;
        new > 0 && self.customers.load(Ordering::Relaxed) + new > self.options.max_customer_buckets
    }

    fn has_all_skus(&self, section: &Section<'_>, sku: &Sku) -> bool {
        section.stock(sku).is_none() && section.home_totals().skus >= self.per_shard(self.options.max_skus)
    }

    /// Hashing spreads names evenly; a shard of a few need not be full to the unit.
    fn per_shard(&self, most: u64) -> u64 {
        most.div_ceil(u64::from(self.routing.shards()))
    }

    /// Returns the last LSN. `None`, and nothing has changed, when the events do not fit a frame.
    fn commit_events(&self, section: &mut Section<'_>, events: &[Event], now: Millis) -> Option<Lsn> {
        let mut scratch = std::mem::take(&mut section.home_books().scratch);
        scratch.clear();
        for event in events {
            scratch.push(|into| records::encode(event, into));
        }
        let needed = with_headroom(scratch.frame_bytes(), events);
        let lsn = self.commit.can_hold(needed).then(|| self.commit.append(&scratch));
        section.home_books().scratch = scratch;
        let mut lsn = lsn?;
        for (index, event) in events.iter().enumerate() {
            lsn = Lsn(lsn.0 + u64::from(index > 0));
            self.count_event(section, event, now);
            self.apply(section, event, lsn);
        }
        Some(lsn)
    }

    fn apply(&self, section: &mut Section<'_>, event: &Event, lsn: Lsn) {
        if event.limits.is_empty() && event.sku.is_none() && event.sale.is_none() {
            return section.apply(event, lsn);
        }
        let before = section.totals().customer_buckets;
        section.apply(event, lsn);
        let after = section.totals().customer_buckets;
        // Wraps where rows went away, and so subtracts.
        self.customers.fetch_add(after.wrapping_sub(before), Ordering::Relaxed);
    }

    /// Ends one hold that is due, if it still is. Says whether it did; `Err` with the shards that
    /// must be locked too.
    pub(crate) fn expire(&self, section: &mut Section<'_>, id: &ReservationId, now: Millis) -> Result<bool, ShardSet> {
        let command = Command::Expire(id.clone());
        if let Some(wider) = self.missing_shards(section, &command) {
            return Err(wider);
        }
        let (_, answer) = self.carry_out(section, &command, now);
        Ok(matches!(answer, Answer::Outcome(Outcome::Reservation { .. })))
    }

    /// To be called before the event is applied.
    fn count_event(&self, section: &Section<'_>, event: &Event, now: Millis) {
        let metrics = &self.metrics;
        match event.kind {
            EventKind::Held => metrics.held.increment(1),
            EventKind::Confirmed => metrics.confirmed.increment(1),
            EventKind::Released => metrics.released.increment(1),
            EventKind::Expired => metrics.expired.increment(1),
            EventKind::Extended => metrics.extended.increment(1),
            EventKind::Cancelled => metrics.cancelled.increment(1),
            EventKind::Fulfilled => metrics.fulfilled.increment(1),
            EventKind::StockSet | EventKind::StockAdjusted => metrics.stock_writes.increment(1),
            EventKind::SkuSet | EventKind::SkuDeleted | EventKind::SaleSet => metrics.settings_writes.increment(1),
            EventKind::StockShortfall
            | EventKind::SaleScheduled
            | EventKind::SaleOpened
            | EventKind::SaleSoldOut
            | EventKind::SaleClosed
            | EventKind::SaleRetired => {}
        }
        let Some(reservation) = &event.reservation else { return };
        if event.kind == EventKind::Held || reservation.reacquired {
            let known = section.reservation(&reservation.id);
            let was_live = known.is_some_and(|known| known.state.is_live());
            self.live.fetch_add(u64::from(!was_live), Ordering::Relaxed);
        }
        if !reservation.state.is_live() {
            self.live.fetch_sub(1, Ordering::Relaxed);
        }
        if reservation.state == State::Expired {
            metrics.expiry_lag.record(now.since(reservation.expires).0 as f64 / 1e3);
        }
    }

    fn count_unchanged(&self, command: &Command, outcome: &Outcome) {
        match outcome {
            Outcome::Reservation { replayed: true, .. } | Outcome::Stock { applied: Applied::Before, .. } => {
                self.metrics.replayed.increment(1);
            }
            // A reserve's is counted when it stands: a sweep may still turn it round.
            Outcome::Refused(refusal) if refusal.is_remembered() && matches!(command, Command::Reserve(_)) => {}
            Outcome::Refused(refusal) => self.metrics.refused(refusal),
            Outcome::RefusedBefore(_)
            | Outcome::Reserved(_)
            | Outcome::Reservation { .. }
            | Outcome::Stock { .. }
            | Outcome::Sku(_)
            | Outcome::SkuDeleted
            | Outcome::Sale(_) => {}
        }
    }
}

/// What records need of a frame. A hold that is taken can be settled: by two records at most, each
/// as long as its own, and with an order.
fn with_headroom(bytes: usize, events: &[Event]) -> usize {
    let taken = events.iter().any(|event| event.kind == EventKind::Held);
    if taken { 2 * bytes + VERB_HEADROOM_BYTES } else { bytes }
}

/// Whether a decision takes units for a reservation that had ended.
fn is_reacquired(events: &[Event]) -> bool {
    events
        .iter()
        .any(|event| event.kind == EventKind::Confirmed && event.reservation.as_ref().is_some_and(|row| row.reacquired))
}

/// Whether more units would change the answer.
fn is_short(answer: &Answer) -> bool {
    matches!(answer, Answer::Outcome(Outcome::Refused(refusal)) if refusal.is_remembered())
}
