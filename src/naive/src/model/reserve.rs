//! The model's reserve, step by step in the order of the contract.

use super::place::{self, Demand, Shopper};
use super::{Answer, Hold, Kept, Model, Piece};
use ledger::{EventKind, Mode, Reserve};

impl Model {
    pub(super) fn reserve(&mut self, ask: &Reserve, now: u64) -> Result<Answer, String> {
        if let Some(kept) = self.holds.get(&ask.id) {
            if let Some(field) = first_difference(&kept.asked, ask) {
                return Err(format!("idempotency_mismatch {field}"));
            }
            let hold = Hold { state: kept.hold.state_at(now), ..kept.hold.clone() };
            return Ok(Answer::Seen { hold, replayed: true });
        }
        let demands = demands(ask);
        let pieces = self.pieces(ask, &demands, now)?;
        // The smallest of the SKUs' own, where the request does not say.
        let own = demands.iter().filter_map(|demand| self.skus[&demand.sku].default_ttl).min();
        let ttl = ask.ttl.or(own).unwrap_or(self.policy.default_ttl).min(self.policy.max_hold);
        let hold = Hold {
            id: ask.id.clone(),
            customer: ask.customer.clone(),
            channel: ask.channel.clone(),
            sale: ask.sale.clone(),
            order: None,
            state: "held",
            created: now,
            expires: now + ttl.0,
            changed: now,
            version: 1,
            payment_started: None,
            reacquired: false,
            pieces,
        };
        // Time may have opened the sale; this hold may sell it out.
        self.tell(ask.sale.as_ref(), now);
        self.events.push(EventKind::Held);
        let kept = Kept { hold: hold.clone(), asked: ask.clone(), confirmed: None, fulfilled: None };
        self.holds.insert(ask.id.clone(), kept);
        self.tell(ask.sale.as_ref(), now);
        Ok(Answer::Made(hold))
    }

    fn pieces(&self, ask: &Reserve, demands: &[Demand], now: u64) -> Result<Vec<Piece>, String> {
        self.check_known(demands, ask.sale.as_ref())?;
        let skus = demands.iter().map(|demand| &demand.sku);
        if ask.customer.is_none() && self.counts_customers(skus, ask.sale.as_ref()) {
            return Err("invalid_request /customer".to_owned());
        }
        self.check_window(ask, demands, now)?;
        let shopper = Shopper { customer: ask.customer.clone(), channel: ask.channel.clone(), sale: ask.sale.clone() };
        match ask.mode {
            Mode::AllOrNothing => self.place_all(demands, &shopper, now),
            Mode::BestEffort => self.place_some(demands, &shopper, now),
        }
    }

    fn check_window(&self, ask: &Reserve, demands: &[Demand], now: u64) -> Result<(), String> {
        let Some(id) = &ask.sale else {
            let only = demands.iter().any(|demand| self.skus[&demand.sku].sale_only);
            return if only { Err("sale_not_open -".to_owned()) } else { Ok(()) };
        };
        let settings = &self.sales[id].settings;
        if let Some(outside) = demands.iter().find(|demand| !settings.skus.contains(&demand.sku)) {
            return Err(format!("invalid_request /lines/{}/sku", outside.line));
        }
        match (self.phase(id, now), settings.starts) {
            ("scheduled", Some(starts)) => Err(format!("sale_not_open {}", starts.0)),
            ("closed", _) => Err("sale_closed".to_owned()),
            ("sold_out", _) if settings.close_when_sold_out => Err("sale_closed".to_owned()),
            _ => Ok(()),
        }
    }
}

fn demands(ask: &Reserve) -> Vec<Demand> {
    let mut demands = Vec::new();
    for (line, want) in ask.wants.iter().enumerate() {
        let (sku, location) = (want.sku.clone(), want.location.clone());
        place::add(&mut demands, Demand { line, sku, location, units: i128::from(want.quantity.units()) });
    }
    demands
}

fn first_difference(before: &Reserve, now: &Reserve) -> Option<&'static str> {
    let differs = [
        ("customer", before.customer != now.customer),
        ("channel", before.channel != now.channel),
        ("sale", before.sale != now.sale),
        ("ttl_ms", before.ttl != now.ttl),
        ("mode", before.mode != now.mode),
        ("lines", before.wants != now.wants),
    ];
    differs.into_iter().find(|(_, differs)| *differs).map(|(field, _)| field)
}
