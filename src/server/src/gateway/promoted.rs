//! Sessions that an upstream has promoted: for so long their requests are checkout at least. Bounded, whatever upstreams
//! say; what does not fit goes first of those that were promoted longest ago.

use admission::Nanos;
use moka::sync::Cache;
use siphasher::sip::SipHasher13;

/// The longest promotion.
const LONGEST: Nanos = Nanos::from_secs(24 * 60 * 60);

/// The promoted sessions, by a keyed hash.
#[derive(Debug)]
pub struct Promoted {
    until: Cache<u64, Nanos>,
    key: [u64; 2],
}

impl Promoted {
    /// Room for so many sessions.
    pub fn new(sessions: usize, key: [u64; 2]) -> Self {
        Self { until: Cache::new(sessions as u64), key }
    }

    /// Promotes a session for so many milliseconds from now on.
    pub fn promote(&self, session: &[u8], millis: u64, now: Nanos) {
        self.until.insert(self.hash(session), now.plus(Nanos::from_millis(millis).min(LONGEST)));
    }

    /// Whether a session is promoted.
    pub fn contains(&self, session: &[u8], now: Nanos) -> bool {
        self.until.get(&self.hash(session)).is_some_and(|until| now < until)
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
}
