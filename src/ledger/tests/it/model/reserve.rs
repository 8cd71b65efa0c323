//! The model's reserve, step by step in the order of the contract.

use super::{Answer, Hold, Model, Taken, no};
use ledger::{Location, Reserve, Sku};

struct Sum {
    line: usize,
    sku: Sku,
    location: Option<Location>,
    units: i128,
}

impl Sum {
    /// `A` or `A@east`.
    fn place(&self) -> String {
        self.location.as_ref().map_or(self.sku.to_string(), |location| format!("{}@{location}", self.sku))
    }
}

impl Model {
    pub(super) fn reserve(&mut self, ask: &Reserve, now: u64) -> Answer {
        if let Some(hold) = self.holds.get(&ask.id) {
            let field = first_difference(&self.requests[&ask.id], ask);
            let seen = Hold { state: hold.state_at(now), ..hold.clone() };
            return field.map_or(Answer::Seen { hold: seen, replayed: true }, |field| {
                Answer::No(format!("idempotency_mismatch {field}"))
            });
        }
        let sums = sums(ask);
        for sum in &sums {
            if !self.buckets.iter().any(|bucket| bucket.sku == sum.sku) {
                return Answer::No(format!("unknown_sku {}", sum.sku));
            }
            if sum.location.as_ref().is_some_and(|location| self.bucket(&sum.sku, location).is_none()) {
                return Answer::No(format!("unknown_sku {}", sum.place()));
            }
        }
        if ask.sale.is_some() {
            return no("unknown_sale");
        }
        let taken = match self.place(&sums) {
            Ok(taken) => taken,
            Err(short) => return Answer::No(format!("insufficient_stock {}", short.join(", "))),
        };
        let ttl = ask.ttl.map_or(self.default_ttl, |ttl| ttl.0);
        let hold = Hold {
            id: ask.id.clone(),
            customer: ask.customer.clone(),
            channel: ask.channel.clone(),
            sale: None,
            order: None,
            state: "held",
            created: now,
            expires: now + ttl,
            changed: now,
            version: 1,
            taken,
        };
        self.requests.insert(ask.id.clone(), ask.clone());
        self.holds.insert(ask.id.clone(), hold.clone());
        Answer::Made(hold)
    }

    /// What every line gets, or every line that falls short as `place requested/available`.
    fn place(&self, sums: &[Sum]) -> Result<Vec<Taken>, Vec<String>> {
        let mut taken = Vec::new();
        let mut short = Vec::new();
        for sum in sums.iter().filter(|sum| sum.location.is_some()) {
            self.take(sum, &mut taken, &mut short);
        }
        for sum in sums.iter().filter(|sum| sum.location.is_none()) {
            self.take(sum, &mut taken, &mut short);
        }
        taken.sort_by_key(|taken| taken.line);
        if short.is_empty() { Ok(taken) } else { Err(short) }
    }

    fn take(&self, sum: &Sum, taken: &mut Vec<Taken>, short: &mut Vec<String>) {
        let mut offers = Vec::new();
        for bucket in self.buckets.iter().filter(|bucket| bucket.sku == sum.sku) {
            if sum.location.as_ref().is_some_and(|location| bucket.location != *location) {
                continue;
            }
            let earlier = taken.iter().filter(|taken| taken.sku == sum.sku && taken.location == bucket.location);
            let left = self.available(bucket) - earlier.map(|taken| taken.units).sum::<i128>();
            offers.push((bucket.location.clone(), left.max(0)));
        }
        if let Some(whole) = offers.iter().find(|(_, left)| *left >= sum.units) {
            offers = vec![whole.clone()];
        }
        let mut missing = sum.units;
        for (location, left) in offers {
            let units = left.min(missing);
            if units > 0 {
                taken.push(Taken { line: sum.line, sku: sum.sku.clone(), location, units });
            }
            missing -= units;
        }
        if missing > 0 {
            short.push(format!("{} {}/{}", sum.place(), sum.units, sum.units - missing));
        }
    }
}

/// Lines for the same SKU and location, as one at the place of the first.
fn sums(ask: &Reserve) -> Vec<Sum> {
    let mut sums: Vec<Sum> = Vec::new();
    for (line, want) in ask.wants.iter().enumerate() {
        let units = i128::from(want.quantity.units());
        match sums.iter_mut().find(|sum| sum.sku == want.sku && sum.location == want.location) {
            Some(sum) => sum.units += units,
            None => sums.push(Sum { line, sku: want.sku.clone(), location: want.location.clone(), units }),
        }
    }
    sums
}

fn first_difference(before: &Reserve, now: &Reserve) -> Option<&'static str> {
    let differs = [
        ("customer", before.customer != now.customer),
        ("channel", before.channel != now.channel),
        ("sale", before.sale != now.sale),
        ("ttl_ms", before.ttl != now.ttl),
        ("lines", before.wants != now.wants),
    ];
    differs.into_iter().find(|(_, differs)| *differs).map(|(field, _)| field)
}
