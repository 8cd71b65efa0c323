//! Answers that are kept for whoever asks next, in so many bytes and no more. What may be kept and for how long is said
//! by the answers (`terms.rs`) and by routes; who asks an upstream, and who waits for it, is in `flight.rs` and
//! `fetch.rs`. It knows no client: what depends on one is never kept.

mod alone;
mod collect;
mod directives;
mod fetch;
mod flight;
mod key;
mod outdated;
mod selecting;
mod terms;
mod variant;
mod way;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use admission::Nanos;
use hyper::header::{AUTHORIZATION, HeaderMap};
use moka::sync::Cache as Kept;
use serde_json::{Value, json};

pub use self::fetch::{Fetch, Landed, is_failure};
pub use self::flight::{Boarding, Flight, Landing};
pub use self::key::{Key, impersonal, is_read, may_be_kept};
pub use self::terms::Caching;
pub use self::variant::Variant;
pub use self::way::{CACHE_STATUS, Outcome, Way};

use self::alone::Alone;
use self::flight::Flights;
use self::outdated::Outdated;

/// Answers to one key that differ by what `Vary` names; the one that was not used for longest gives way.
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
    alone: Alone,
    outdated: Outdated,
}

impl Cache {
    /// Room for so many bytes of keys, headers and bodies.
    pub fn new(bytes: u64) -> Self {
        let kept = Kept::builder().max_capacity(bytes).weigher(weight).build();
        Self { kept, flights: Flights::default(), alone: Alone::default(), outdated: Outdated::default() }
    }

    /// The newest answer for a request with these headers, fresh or not.
    pub fn find(&self, key: &Key, asked: &HeaderMap, now: Nanos) -> Option<Arc<Variant>> {
        let variants = self.kept.get(key)?;
        let found = variants.iter().find(|variant| variant.suits(asked) && self.is_current(key, variant))?;
        found.note_use(now);
        Some(Arc::clone(found))
    }

    /// Keeps an answer in place of the one that it differs from in nothing that `Vary` names.
    pub fn keep(&self, key: &Key, variant: &Arc<Variant>) {
        let is_other = |other: &&Arc<Variant>| !other.is_replaced_by(variant) && self.is_current(key, other);
        let upsert = |before: Option<moka::Entry<Key, Variants>>| {
            let before = before.map(moka::Entry::into_value);
            let mut all: Vec<_> = before.iter().flat_map(|all| all.iter()).filter(is_other).cloned().collect();
            if all.len() == VARIANTS
                && let Some((longest, _)) = all.iter().enumerate().min_by_key(|(_, other)| other.used())
            {
                all.remove(longest);
            }
            all.insert(0, Arc::clone(variant));
            all.into()
        };
        self.kept.entry_by_ref(key).and_upsert_with(upsert);
        // Now and not some time later, so that the bound holds at every moment.
        self.kept.run_pending_tasks();
        // Looked at last: whoever throws all away in between has seen it, or is seen here.
        if self.outdated.has_under_way(variant.asked()) {
            self.forget(key, variant);
        }
    }

    /// Whether nothing has outdated it since it was asked for.
    pub fn is_current(&self, key: &Key, variant: &Variant) -> bool {
        !self.outdated.has(key, variant.asked())
    }

    /// Something has changed what is at this key's place: on every route, and for all (RFC 9111, section 4.4).
    pub fn outdate(&self, key: &Key, now: Nanos) {
        self.outdated.outdate(key, now);
    }

    /// Throws away what is kept of paths like these, and what is under way. Of how many targets there was something.
    pub fn purge(&self, is_meant: impl Fn(&str) -> bool, now: Nanos) -> usize {
        self.outdated.outdate_under_way(now);
        let meant: Vec<_> = self.kept.iter().map(|(key, _)| key).filter(|key| is_meant(key.path())).collect();
        for key in &meant {
            self.kept.invalidate(&**key);
        }
        self.kept.run_pending_tasks();
        meant.len()
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
    pub fn board(self: &Arc<Self>, key: &Key, route: &Caching, asked: &HeaderMap, now: Nanos) -> Boarding {
        let precise = self.precise(key, asked);
        if self.alone.has(&precise, now) {
            return Boarding::Lead(Flight::alone(self, key, precise));
        }
        let boarding = Flight::board(self, key, precise);
        let Boarding::Lead(flight) = boarding else { return boarding };
        // One may have landed just before.
        match self.find(key, asked, now).filter(|landed| landed.is_fresh(route, now)) {
            Some(landed) => {
                flight.land(Landing::Shared(Arc::clone(&landed)), now);
                Boarding::Landed(landed)
            }
            None => Boarding::Lead(flight),
        }
    }

    /// The right to fetch anew what is stale, where nobody does, and where it is any use for others.
    pub fn refresh(self: &Arc<Self>, key: &Key, asked: &HeaderMap, now: Nanos) -> Option<Flight> {
        let precise = self.precise(key, asked);
        if self.alone.has(&precise, now) {
            return None;
        }
        match Flight::board(self, key, precise) {
            Boarding::Lead(flight) => Some(flight),
            Boarding::Follow(_) | Boarding::Landed(_) => None,
        }
    }

    /// For whom one question is enough: where it is known what answers differ by, those who ask for different ones do not
    /// wait for each other, and nobody waits for what is likely to be for somebody alone who is known.
    fn precise(&self, key: &Key, asked: &HeaderMap) -> Key {
        let variants = self.kept.get(key);
        let newest = variants.as_ref().and_then(|variants| variants.first());
        let is_known: &[u8] = if asked.contains_key(AUTHORIZATION) { b"known" } else { b"" };
        key.with(std::iter::once(is_known).chain(newest.iter().flat_map(|newest| newest.selects(asked))))
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
