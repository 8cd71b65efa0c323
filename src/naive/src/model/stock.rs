//! The model's writes to SKUs and their stock.

use super::{Answer, Bucket, Model};
use ledger::{Adjust, EventKind, LimitKey, OnHand, SetStock, Sku, SkuSettings};

const DAY_MS: u64 = 86_400_000;
const MOST_UNITS: i128 = 1_000_000_000;
const MOST_LOCATIONS: usize = 256;

fn no<T>(why: &str) -> Result<T, String> {
    Err(why.to_owned())
}

impl Model {
    pub(super) fn set_stock(&mut self, ask: &SetStock, now: u64) -> Result<Answer, String> {
        if ask.source_ts.is_some_and(|at| at.0 > now + DAY_MS) {
            return no("invalid_request /source_ts_ms");
        }
        let known = self.bucket(&ask.sku, &ask.location).cloned();
        let locations = self.buckets.iter().filter(|bucket| bucket.sku == ask.sku).count();
        if known.is_none() && locations >= MOST_LOCATIONS {
            return no("invalid_request /location");
        }
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
            return Ok(self.record(&bucket, "stale_source"));
        }
        if ask.if_version.is_some_and(|version| version != bucket.version) {
            return Err(format!("stale_version {}", bucket.version));
        }
        let shelf = self.shelf(&bucket);
        bucket.on_hand = match ask.on_hand {
            OnHand::Exactly(units) => i128::from(units),
            OnHand::BeyondPromised(units) => i128::from(units) + shelf.held + shelf.allocated,
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
        Ok(self.write(bucket, EventKind::StockSet))
    }

    pub(super) fn adjust(&mut self, ask: &Adjust, now: u64) -> Result<Answer, String> {
        let Some(mut bucket) = self.bucket(&ask.sku, &ask.location).cloned() else {
            let known = self.skus.contains_key(&ask.sku);
            let place = if known { format!("{}@{}", ask.sku, ask.location) } else { ask.sku.to_string() };
            return Err(format!("unknown_sku {place}"));
        };
        if let Some(key) = &ask.key {
            let same = |made: &&Adjust| made.sku == ask.sku && made.location == ask.location;
            let made = self.adjusted.iter().filter(|(_, known, _)| known == key).map(|(_, _, made)| made).find(same);
            if let Some(made) = made {
                return match first_difference(made, ask) {
                    Some(field) => Err(format!("idempotency_mismatch {field}")),
                    None => Ok(self.record(&bucket, "before")),
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
        Ok(self.write(bucket, EventKind::StockAdjusted))
    }

    fn write(&mut self, mut bucket: Bucket, kind: EventKind) -> Answer {
        bucket.version += 1;
        self.skus.entry(bucket.sku.clone()).or_default();
        let at = self.buckets.iter().position(|old| old.sku == bucket.sku && old.location == bucket.location);
        let before = at.map_or(0, |at| self.available(&self.buckets[at]));
        if let Some(at) = at {
            self.buckets[at] = bucket.clone();
        } else {
            self.buckets.push(bucket.clone());
            self.buckets.sort_by_key(|bucket| (bucket.sku.clone(), bucket.location.clone()));
        }
        self.events.push(kind);
        let after = self.available(&bucket);
        if after < 0 && after < before {
            self.events.push(EventKind::StockShortfall);
        }
        self.record(&bucket, "now")
    }

    fn record(&self, bucket: &Bucket, applied: &'static str) -> Answer {
        Answer::Stock { shelf: self.shelf(bucket), applied }
    }

    pub(super) fn set_sku(&mut self, sku: &Sku, settings: &SkuSettings) -> Answer {
        self.skus.insert(sku.clone(), settings.clone());
        self.events.push(EventKind::SkuSet);
        self.forget_uncounted();
        let channels = self.channel_counts(|key| matches!(key, LimitKey::SkuChannel(of, _) if of == sku));
        Answer::Sku(self.shelves(sku).collect(), settings.clone(), channels)
    }

    pub(super) fn delete_sku(&mut self, sku: &Sku) -> Result<Answer, String> {
        if !self.skus.contains_key(sku) {
            return Err(format!("unknown_sku {sku}"));
        }
        if self.shelves(sku).any(|shelf| shelf.held > 0 || shelf.allocated > 0) {
            return no("sku_in_use");
        }
        self.skus.remove(sku);
        self.buckets.retain(|bucket| bucket.sku != *sku);
        self.adjusted.retain(|(.., made)| made.sku != *sku);
        self.bought.retain(|key, _| match key {
            LimitKey::SkuCustomer(of, _) | LimitKey::SkuChannel(of, _) => of != sku,
            LimitKey::Sale(_) | LimitKey::SaleCustomer(..) | LimitKey::SaleChannel(..) => true,
        });
        self.events.push(EventKind::SkuDeleted);
        Ok(Answer::SkuDeleted)
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
