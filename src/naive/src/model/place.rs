//! The model's placing: which buckets serve which lines, under which limits.

use super::limits::Rule;
use super::{Bucket, Model, Piece};
use ledger::{Channel, Customer, LimitKey, Location, SaleId, Sku};

const MOST_PIECES: usize = 500;

/// Whose limits apply.
pub(super) struct Shopper {
    pub(super) customer: Option<Customer>,
    pub(super) channel: Option<Channel>,
    pub(super) sale: Option<SaleId>,
}

/// Units of one SKU at one location, or anywhere.
pub(super) struct Demand {
    pub(super) line: usize,
    pub(super) sku: Sku,
    pub(super) location: Option<Location>,
    pub(super) units: i128,
}

impl Demand {
    /// `A` or `A@east`.
    pub(super) fn place(&self) -> String {
        self.location.as_ref().map_or(self.sku.to_string(), |location| format!("{}@{location}", self.sku))
    }

    fn short(&self, served: i128) -> String {
        format!("{} {}/{served}", self.place(), self.units)
    }
}

/// Adds to the demand for the same SKU and location, which stands at its first line.
pub(super) fn add(demands: &mut Vec<Demand>, more: Demand) {
    match demands.iter_mut().find(|demand| demand.sku == more.sku && demand.location == more.location) {
        Some(demand) => demand.units += more.units,
        None => demands.push(more),
    }
}

fn insufficient(short: &[String]) -> String {
    format!("insufficient_stock {}", short.join(", "))
}

impl Model {
    /// Every SKU, every named location and the sale must be there.
    pub(super) fn check_known(&self, demands: &[Demand], sale: Option<&SaleId>) -> Result<(), String> {
        for demand in demands {
            if !self.skus.contains_key(&demand.sku) {
                return Err(format!("unknown_sku {}", demand.sku));
            }
            if demand.location.as_ref().is_some_and(|location| self.bucket(&demand.sku, location).is_none()) {
                return Err(format!("unknown_sku {}", demand.place()));
            }
        }
        match sale {
            Some(id) if !self.sales.contains_key(id) => Err("unknown_sale".to_owned()),
            _ => Ok(()),
        }
    }

    /// All of it, or why not: limits first, then every line that falls short.
    pub(super) fn place_all(&self, demands: &[Demand], shopper: &Shopper, now: u64) -> Result<Vec<Piece>, String> {
        self.check_limits(demands, shopper, now)?;
        let mut pieces = Vec::new();
        let mut short = Vec::new();
        let located = demands.iter().filter(|demand| demand.location.is_some());
        let anywhere = demands.iter().filter(|demand| demand.location.is_none());
        for demand in located.chain(anywhere) {
            let served = self.serve(demand, demand.units, shopper, now, &mut pieces)?;
            if served < demand.units {
                short.push(demand.short(served));
            }
        }
        if !short.is_empty() {
            return Err(insufficient(&short));
        }
        pieces.sort_by_key(|piece| piece.line);
        Ok(pieces)
    }

    fn check_limits(&self, demands: &[Demand], shopper: &Shopper, now: u64) -> Result<(), String> {
        for (at, demand) in demands.iter().enumerate() {
            if demands[..at].iter().any(|earlier| earlier.sku == demand.sku) {
                continue;
            }
            let units = demands.iter().filter(|other| other.sku == demand.sku).map(|other| other.units).sum();
            self.check_rules(&self.rules_of_sku(&demand.sku, shopper), units, demand.sku.as_str())?;
        }
        let units = demands.iter().map(|demand| demand.units).sum();
        self.check_rules(&self.rules_of_sale(shopper, now), units, "-")
    }

    fn check_rules(&self, rules: &[Rule], units: i128, of: &str) -> Result<(), String> {
        for rule in rules {
            let taken = rule.counter.as_ref().map_or(0, |key| self.count(key).units());
            let remaining = (rule.most - taken).max(0);
            if units > remaining {
                return Err(format!("limit_exceeded {} {of} {remaining}", rule.word));
            }
        }
        Ok(())
    }

    /// Each line in its order, as much as limits and stock allow.
    pub(super) fn place_some(&self, demands: &[Demand], shopper: &Shopper, now: u64) -> Result<Vec<Piece>, String> {
        let mut pieces: Vec<Piece> = Vec::new();
        let mut short = Vec::new();
        for demand in demands {
            let mut allowed = demand.units;
            let of_sku = self.rules_of_sku(&demand.sku, shopper);
            for rule in of_sku.into_iter().chain(self.rules_of_sale(shopper, now)) {
                let mine = pieces.iter().filter(|piece| match &rule.counter {
                    Some(key) => piece.counted.contains(key),
                    None => piece.sku == demand.sku,
                });
                let mine: i128 = mine.map(|piece| piece.units).sum();
                let before = rule.counter.as_ref().map_or(0, |key| self.count(key).units());
                allowed = allowed.min((rule.most - before - mine).max(0));
            }
            let first = pieces.len();
            let served = self.serve(demand, allowed, shopper, now, &mut pieces)?;
            if served == 0 {
                pieces.push(piece(demand, &self.nearest(demand), 0, Vec::new()));
            }
            for piece in &mut pieces[first..] {
                piece.requested = demand.units.min(i128::from(u32::MAX));
            }
            if served < demand.units {
                short.push(demand.short(served));
            }
        }
        if pieces.iter().all(|piece| piece.units == 0) { Err(insufficient(&short)) } else { Ok(pieces) }
    }

    /// Up to so many units, from one location if one has them all. How many.
    fn serve(
        &self,
        demand: &Demand,
        most: i128,
        shopper: &Shopper,
        now: u64,
        pieces: &mut Vec<Piece>,
    ) -> Result<i128, String> {
        let mut offers = Vec::new();
        for bucket in self.in_order(&demand.sku) {
            if demand.location.as_ref().is_some_and(|location| bucket.location != *location) {
                continue;
            }
            let mine = pieces.iter().filter(|piece| piece.sku == demand.sku && piece.location == bucket.location);
            let left = self.available(bucket) - mine.map(|piece| piece.units).sum::<i128>();
            offers.push((bucket.location.clone(), left.max(0)));
        }
        if let Some(whole) = offers.iter().find(|(_, left)| *left >= most) {
            offers = vec![whole.clone()];
        }
        let counted = self.counters(&demand.sku, shopper, now);
        let mut missing = most;
        for (location, left) in offers {
            let units = left.min(missing);
            if units > 0 {
                pieces.push(piece(demand, &location, units, counted.clone()));
            }
            missing -= units;
        }
        if pieces.len() > MOST_PIECES {
            return Err("invalid_request /lines".to_owned());
        }
        Ok(most - missing)
    }

    /// The counters in which a unit of a SKU stands for a shopper.
    fn counters(&self, sku: &Sku, shopper: &Shopper, now: u64) -> Vec<LimitKey> {
        let rules = self.rules_of_sku(sku, shopper).into_iter().chain(self.rules_of_sale(shopper, now));
        rules.filter_map(|rule| rule.counter).collect()
    }

    /// A SKU's buckets: those that its settings name, in that order, then the others.
    fn in_order(&self, sku: &Sku) -> Vec<&Bucket> {
        let order = &self.skus[sku].location_order;
        let mut buckets: Vec<_> = order.iter().filter_map(|location| self.bucket(sku, location)).collect();
        for bucket in self.buckets.iter().filter(|bucket| bucket.sku == *sku) {
            if !order.contains(&bucket.location) {
                buckets.push(bucket);
            }
        }
        buckets
    }

    /// Where a line is listed that got nothing.
    fn nearest(&self, demand: &Demand) -> Location {
        let first = self.in_order(&demand.sku).first().map(|bucket| bucket.location.clone());
        demand.location.clone().or(first).unwrap_or_else(Location::default_location)
    }
}

fn piece(demand: &Demand, location: &Location, units: i128, counted: Vec<LimitKey>) -> Piece {
    Piece {
        line: demand.line,
        sku: demand.sku.clone(),
        location: location.clone(),
        units,
        shipped: 0,
        requested: 0,
        located: demand.location.is_some(),
        counted,
    }
}
