//! How much each client may ask: a rate and a burst, by one time stamp a client. After the generic cell rate
//! algorithm (ITU-T I.371): the theoretical arrival time says when the client's bucket would be full again. Memory is
//! fixed at the start: a flood of made-up clients displaces others that owe nothing or little, never those deep in debt.
//! Must not know requests or headers: keys are made in `client.rs`.

use std::num::NonZeroU32;

use parking_lot::Mutex;
use siphasher::sip::SipHasher13;

use crate::client::Client;
use crate::time::Nanos;

/// How many clients share a set: one more than that at once and the one that owes least is forgotten.
const WAYS: usize = 8;

/// What a client asked counts half after so long.
const HALVING: Nanos = Nanos::from_secs(10);

/// So many requests a second, and so many at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Requests a second in the long run.
    pub rate_per_s: NonZeroU32,
    /// Requests at once after a pause.
    pub burst: NonZeroU32,
}

impl Quota {
    /// The time one request takes up.
    const fn spacing(self) -> u64 {
        let spacing = 1_000_000_000 / self.rate_per_s.get() as u64;
        // A rate beyond the clock's resolution is no quota at all.
        if spacing == 0 { 1 } else { spacing }
    }

    /// How far ahead of now the theoretical arrival time may be.
    const fn tolerance(self) -> u64 {
        self.spacing() * self.burst.get() as u64
    }
}

/// The answer to a request, with what the `RateLimit` headers say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the request is within the quota.
    pub is_allowed: bool,
    /// How many more would be at once.
    pub remaining: u32,
    /// After how long all of the burst is there again.
    pub reset: Nanos,
    /// After how long the next request will be allowed; 0 if it is now.
    pub retry_after: Nanos,
}

/// A client and how much it asked lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Busy {
    /// Who.
    pub client: Client,
    /// Requests, those refused among them, of the last ten seconds or so.
    pub requests: u32,
}

/// One client's bucket.
#[derive(Debug, Clone, Copy, Default)]
struct Bucket {
    client: Option<Client>,
    /// The theoretical arrival time.
    full_at: Nanos,
    requests: u32,
    /// In which halving `requests` was last up to date.
    spell: u32,
}

impl Bucket {
    /// Nobody owes more than the quota allows now, whatever was allowed before.
    fn take(&mut self, quota: Quota, now: Nanos) -> Verdict {
        self.full_at = self.full_at.min(now.plus(Nanos(quota.tolerance())));
        let after = self.full_at.max(now).plus(Nanos(quota.spacing()));
        let is_allowed = after.since(now).0 <= quota.tolerance();
        if is_allowed {
            self.full_at = after;
        }
        let owed = self.full_at.since(now);
        let left = quota.tolerance().saturating_sub(owed.0);
        Verdict {
            is_allowed,
            remaining: (left / quota.spacing()) as u32,
            reset: owed,
            retry_after: Nanos(quota.spacing().saturating_sub(left)),
        }
    }

    fn count(&mut self, now: Nanos) {
        let spell = (now.0 / HALVING.0) as u32;
        self.requests = self.requests_at(now).saturating_add(1);
        self.spell = self.spell.max(spell);
    }

    fn requests_at(&self, now: Nanos) -> u32 {
        let passed = ((now.0 / HALVING.0) as u32).saturating_sub(self.spell);
        self.requests.checked_shr(passed).unwrap_or(0)
    }
}

/// The buckets of as many clients as there is room for.
#[derive(Debug)]
pub struct Quotas {
    sets: Box<[Mutex<[Bucket; WAYS]>]>,
    /// Who does not know it cannot choose clients that share a set.
    key: [u64; 2],
}

impl Quotas {
    /// Room for at least so many clients, and for eight; the memory is taken now and does not grow.
    pub fn new(clients: usize, key: [u64; 2]) -> Self {
        let sets = clients.div_ceil(WAYS).next_power_of_two();
        Self { sets: (0..sets).map(|_| Mutex::default()).collect(), key }
    }

    /// How much memory it takes, in bytes, whatever is asked.
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.sets)
    }

    /// Takes one request out of the client's quota, if it is within it.
    pub fn take(&self, quota: Quota, client: Client, now: Nanos) -> Verdict {
        let mut set = self.set(client).lock();
        let known = set.iter().position(|bucket| bucket.client == Some(client));
        let way = known.unwrap_or_else(|| {
            let way = least_missed(&set);
            set[way] = Bucket { client: Some(client), ..Bucket::default() };
            way
        });
        let bucket = &mut set[way];
        bucket.count(now);
        bucket.take(quota, now)
    }

    /// The clients that asked most lately, the busiest first. Looks at all: for a person, not for a request.
    pub fn top(&self, count: usize, now: Nanos) -> Vec<Busy> {
        let mut busy = Vec::new();
        for set in &self.sets {
            let set = *set.lock();
            busy.extend(set.iter().filter_map(|bucket| {
                let requests = bucket.requests_at(now);
                bucket.client.filter(|_| requests > 0).map(|client| Busy { client, requests })
            }));
            if busy.len() > count.saturating_mul(2).max(1_024) {
                keep_busiest(&mut busy, count);
            }
        }
        keep_busiest(&mut busy, count);
        busy
    }

    fn set(&self, client: Client) -> &Mutex<[Bucket; WAYS]> {
        let hash = SipHasher13::new_with_keys(self.key[0], self.key[1]).hash(&client.to_bytes());
        // The length is a power of two.
        &self.sets[hash as usize & (self.sets.len() - 1)]
    }
}

/// An empty place, a client whose burst would be there again anyway, or else the one that owes least: to forget its
/// debt makes the least difference.
fn least_missed(set: &[Bucket; WAYS]) -> usize {
    let missed = |way: &usize| (set[*way].client.is_some(), set[*way].full_at);
    (0..WAYS).min_by_key(missed).unwrap_or(0)
}

fn keep_busiest(busy: &mut Vec<Busy>, count: usize) {
    busy.sort_unstable_by_key(|busy| (std::cmp::Reverse(busy.requests), busy.client));
    busy.truncate(count);
}

#[cfg(test)]
mod tests;
