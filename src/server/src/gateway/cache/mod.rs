//! Answers that are kept for whoever asks next, in so many bytes and no more. What may be kept and for how long is said
//! by the answers (`terms.rs`) and by routes; who asks an upstream, and who waits for it, is in `flight.rs` and
//! `fetch.rs`. It knows no client: what depends on one is never kept.

mod collect;
mod fetch;
mod flight;
mod key;
mod terms;
mod variant;
mod way;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use admission::Nanos;
use hyper::header::HeaderMap;
use moka::sync::Cache as Kept;
use serde_json::{Value, json};

pub use self::fetch::{Fetch, Landed, is_failure};
pub use self::flight::{Boarding, Flight, Landing};
pub use self::key::{Key, impersonal, is_read, may_be_kept};
pub use self::terms::Caching;
pub use self::variant::Variant;
pub use self::way::{CACHE_STATUS, Outcome, Way};

use self::flight::Flights;

/// Answers to one key that differ by what `Vary` names; the oldest gives way.
const VARIANTS: usize = 8;

/// What a key takes beside its own bytes and its variants'.
const KEY_BYTES: usize = 256;

/// The newest first.
type Variants = Arc<[Arc<Variant>]>;

/// All that is kept, and what is on its way.
#[derive(Debug)]
pub struct Cache {
    kept: Kept<Key, Variants>,
    flights: Flights,
}

impl Cache {
    /// Room for so many bytes of keys, headers and bodies.
    pub fn new(bytes: u64) -> Self {
        let kept = Kept::builder().max_capacity(bytes).weigher(weight).build();
        Self { kept, flights: Flights::default() }
    }

    /// The newest answer for a request with these headers, fresh or not.
    pub fn find(&self, key: &Key, asked: &HeaderMap) -> Option<Arc<Variant>> {
        self.kept.get(key)?.iter().find(|variant| variant.suits(asked)).cloned()
    }

    /// Keeps an answer in place of the one that it differs from in nothing that `Vary` names.
    pub fn keep(&self, key: &Key, variant: &Arc<Variant>) {
        let upsert = |before: Option<moka::Entry<Key, Variants>>| {
            let before = before.map(moka::Entry::into_value);
            let others = before.iter().flat_map(|all| all.iter()).filter(|other| !other.is_replaced_by(variant));
            std::iter::once(variant).chain(others).take(VARIANTS).cloned().collect()
        };
        self.kept.entry_by_ref(key).and_upsert_with(upsert);
        // Now and not some time later, so that the bound holds at every moment.
        self.kept.run_pending_tasks();
    }

    /// Lets go of one answer.
    pub fn forget(&self, key: &Key, variant: &Arc<Variant>) {
        let without = |before: Option<moka::Entry<Key, Variants>>| {
            let before = before.map(moka::Entry::into_value);
            before.iter().flat_map(|all| all.iter()).filter(|other| !Arc::ptr_eq(other, variant)).cloned().collect()
        };
        self.kept.entry_by_ref(key).and_upsert_with(without);
    }

    /// A way to what is not kept, or not fresh: as the one who fetches it, or as one who waits for that.
    pub fn board(self: &Arc<Self>, key: &Key, asked: &HeaderMap, now: Nanos) -> Boarding {
        // Where it is known what answers differ by, those who ask for different ones do not wait for each other.
        let variants = self.kept.get(key);
        let newest = variants.as_ref().and_then(|variants| variants.first());
        let precise = newest.map_or_else(|| key.clone(), |newest| key.with(newest.selects(asked)));
        let boarding = Flight::board(self, key, precise);
        let Boarding::Lead(flight) = boarding else { return boarding };
        // One may have landed just before.
        match self.find(key, asked).filter(|landed| landed.is_fresh(now)) {
            Some(landed) => {
                flight.land(Landing::Shared(Arc::clone(&landed)));
                Boarding::Landed(landed)
            }
            None => Boarding::Lead(flight),
        }
    }

    /// What is taken of the memory, in bytes.
    pub fn bytes(&self) -> u64 {
        self.kept.weighted_size()
    }

    /// How it stands, for operators.
    pub fn status(&self) -> Value {
        let (fetches, waiting) = self.flights.count();
        json!({"bytes": self.bytes(), "paths": self.kept.entry_count(), "fetches": fetches, "waiting": waiting})
    }
}

fn weight(key: &Key, variants: &Variants) -> u32 {
    let variants: usize = variants.iter().map(|variant| variant.weight()).sum();
    u32::try_from(KEY_BYTES + key.len() + variants).unwrap_or(u32::MAX)
}
