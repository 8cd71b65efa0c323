//! The model's stock writes.

use super::{Answer, Bucket, Model, no};
use ledger::{Adjust, OnHand, SetStock};

const DAY_MS: u64 = 86_400_000;
const MOST_UNITS: i128 = 1_000_000_000;

impl Model {
    pub(super) fn set_stock(&mut self, ask: &SetStock, now: u64) -> Answer {
        if ask.source_ts.is_some_and(|at| at.0 > now + DAY_MS) {
            return no("invalid_request /source_ts_ms");
        }
        let known = self.bucket(&ask.sku, &ask.location).cloned();
        let mut bucket = known.unwrap_or(Bucket {
            sku: ask.sku.clone(),
            location: ask.location.clone(),
            on_hand: 0,
            safety_stock: 0,
            unavailable: 0,
            backorder_limit: 0,
            version: 0,
            source_ts: None,
        });
        if let (Some(at), Some(last)) = (ask.source_ts, bucket.source_ts)
            && at.0 < last
        {
            return self.record(bucket, "stale_source");
        }
        if ask.if_version.is_some_and(|version| version != bucket.version) {
            return Answer::No(format!("stale_version {}", bucket.version));
        }
        bucket.on_hand = match ask.on_hand {
            OnHand::Exactly(units) => i128::from(units),
            OnHand::BeyondPromised(units) => {
                i128::from(units)
                    + self.held(&bucket.sku, &bucket.location)
                    + self.allocated(&bucket.sku, &bucket.location)
            }
        };
        if bucket.on_hand > MOST_UNITS {
            return no("invalid_request /available");
        }
        bucket.safety_stock = ask.safety_stock.map_or(bucket.safety_stock, i128::from);
        bucket.unavailable = ask.unavailable.map_or(bucket.unavailable, i128::from);
        bucket.backorder_limit = ask.backorder_limit.map_or(bucket.backorder_limit, i128::from);
        if let Some(at) = ask.source_ts {
            bucket.source_ts = Some(at.0);
        }
        self.write(bucket)
    }

    pub(super) fn adjust(&mut self, ask: &Adjust, now: u64) -> Answer {
        let Some(mut bucket) = self.bucket(&ask.sku, &ask.location).cloned() else {
            let known = self.buckets.iter().any(|bucket| bucket.sku == ask.sku);
            let place = if known { format!("{}@{}", ask.sku, ask.location) } else { ask.sku.to_string() };
            return Answer::No(format!("unknown_sku {place}"));
        };
        if let Some(key) = &ask.key {
            let same = |made: &&Adjust| made.sku == ask.sku && made.location == ask.location;
            let made = self.adjusted.iter().filter(|(_, known, _)| known == key).map(|(_, _, made)| made).find(same);
            if let Some(made) = made {
                return match first_difference(made, ask) {
                    Some(field) => Answer::No(format!("idempotency_mismatch {field}")),
                    None => self.record(bucket, "before"),
                };
            }
        }
        bucket.on_hand += i128::from(ask.delta);
        if bucket.on_hand < 0 {
            return no("on_hand_negative");
        }
        if bucket.on_hand > MOST_UNITS {
            return no("invalid_request /delta");
        }
        if let Some(key) = &ask.key {
            self.adjusted.push((now, key.clone(), ask.clone()));
        }
        self.write(bucket)
    }

    fn write(&mut self, mut bucket: Bucket) -> Answer {
        bucket.version += 1;
        let place = self.buckets.iter_mut().find(|old| old.sku == bucket.sku && old.location == bucket.location);
        match place {
            Some(old) => *old = bucket.clone(),
            None => self.buckets.push(bucket.clone()),
        }
        self.record(bucket, "now")
    }

    fn record(&self, bucket: Bucket, applied: &'static str) -> Answer {
        let held = self.held(&bucket.sku, &bucket.location);
        let allocated = self.allocated(&bucket.sku, &bucket.location);
        Answer::Stock { bucket, held, allocated, applied }
    }
}

fn first_difference(made: &Adjust, ask: &Adjust) -> Option<&'static str> {
    let differs = [
        ("delta", made.delta != ask.delta),
        ("reason", made.reason != ask.reason),
        ("reference", made.reference != ask.reference),
    ];
    differs.into_iter().find(|(_, differs)| *differs).map(|(field, _)| field)
}
