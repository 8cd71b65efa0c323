//! Sessions that an upstream has promoted: for so long their requests are checkout at least. Bounded, whatever upstreams
//! say: what is over goes by itself, and what does not fit goes first of those that asked nothing for longest.

use std::time::{Duration, Instant};

use admission::Nanos;
use moka::Expiry;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use siphasher::sip::SipHasher13;

use crate::shedding::duration;

/// The longest promotion.
const LONGEST: Nanos = Nanos::from_secs(24 * 60 * 60);

/// The promoted sessions, by a keyed hash.
#[derive(Debug)]
pub struct Promoted {
    promotions: Cache<u64, Promotion>,
    key: [u64; 2],
}

/// One session's, by the clock that it is judged by; and how long it lasts, by that which frees its place.
#[derive(Debug, Clone, Copy)]
struct Promotion {
    until: Nanos,
    lasts: Nanos,
}

/// Each for as long as it lasts, from its last beginning.
#[derive(Debug)]
struct Lasting;

impl Expiry<u64, Promotion> for Lasting {
    fn expire_after_create(&self, _: &u64, promotion: &Promotion, _: Instant) -> Option<Duration> {
        Some(duration(promotion.lasts))
    }

    fn expire_after_update(&self, _: &u64, promotion: &Promotion, _: Instant, _: Option<Duration>) -> Option<Duration> {
        Some(duration(promotion.lasts))
    }
}

impl Promoted {
    /// Room for so many sessions.
    pub fn new(sessions: usize, key: [u64; 2]) -> Self {
        // By how often each asks, as is moka's default, a session that was promoted just now would be turned away.
        let promotions = Cache::builder()
            .max_capacity(sessions as u64)
            .eviction_policy(EvictionPolicy::lru())
            .expire_after(Lasting)
            .build();
        Self { promotions, key }
    }

    /// Promotes a session for so many milliseconds from now on.
    pub fn promote(&self, session: &[u8], millis: u64, now: Nanos) {
        let lasts = Nanos::from_millis(millis).min(LONGEST);
        self.promotions.insert(self.hash(session), Promotion { until: now.plus(lasts), lasts });
    }

    /// Whether a session is promoted.
    pub fn contains(&self, session: &[u8], now: Nanos) -> bool {
        self.promotions.get(&self.hash(session)).is_some_and(|promotion| now < promotion.until)
    }

    fn hash(&self, session: &[u8]) -> u64 {
        SipHasher13::new_with_keys(self.key[0], self.key[1]).hash(session)
    }
}

#[cfg(test)]
mod tests {
    use super::Promoted;
    use admission::Nanos;

    #[test]
    fn a_promotion_ends() {
        let promoted = Promoted::new(10, [1, 2]);
        promoted.promote(b"a", 1_000, Nanos::from_secs(5));
        assert!(promoted.contains(b"a", Nanos::from_millis(5_999)) && !promoted.contains(b"b", Nanos::from_secs(5)));
        assert!(!promoted.contains(b"a", Nanos::from_secs(6)));
    }

    #[test]
    fn who_is_promoted_now_has_a_place_however_much_others_asked() {
        let (promoted, now) = (Promoted::new(100, [1, 2]), Nanos::from_secs(5));
        let session = |number: u32| number.to_le_bytes();
        for number in 0..100 {
            promoted.promote(&session(number), 60_000, now);
        }
        promoted.promotions.run_pending_tasks();
        for number in (0..100).cycle().take(1_000) {
            assert!(promoted.contains(&session(number), now));
        }
        promoted.promotions.run_pending_tasks();
        for number in 1_000..1_050 {
            promoted.promote(&session(number), 60_000, now);
        }
        promoted.promotions.run_pending_tasks();
        assert!((1_000..1_050).all(|number| promoted.contains(&session(number), now)));
        assert_eq!(promoted.promotions.entry_count(), 100);
    }

    #[test]
    fn what_is_over_gives_its_place_back() {
        let promoted = Promoted::new(100, [1, 2]);
        promoted.promote(b"a", 1, Nanos(0));
        // By its own clock it lasts, by that of its place it is over in a moment.
        while promoted.contains(b"a", Nanos(0)) || promoted.promotions.entry_count() > 0 {
            std::thread::sleep(std::time::Duration::from_millis(5));
            promoted.promotions.run_pending_tasks();
        }
    }
}
