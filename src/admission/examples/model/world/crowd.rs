//! Who comes: arrivals at a rate that may change, by chance as independent people arrive (Poisson), each of a class
//! and from a client. Open loop: nobody waits for an answer before the next one comes.

use admission::{Class, Cohort, Nanos, Priority};

/// Of a hundred requests, how many are of each class. At five times the capacity, payment and checkout together are
/// six tenths of it.
const MIX: [(Class, f64); 5] = [
    (Class::Payment, 0.03),
    (Class::Checkout, 0.09),
    (Class::Browse, 0.58),
    (Class::NonEssential, 0.25),
    (Class::Admin, 0.05),
];

/// One request.
#[derive(Debug, Clone, Copy)]
pub struct Arrival {
    pub client: u64,
    pub priority: Priority,
}

/// The people, and chance.
pub struct Crowd {
    rng: fastrand::Rng,
    /// From when on, how many come a second.
    rates: Vec<(Nanos, f64)>,
    /// How many times as much as any other the first client asks.
    greed: f64,
    clients: u64,
}

impl Crowd {
    pub fn new(seed: u64, rates: &[(u64, f64)], clients: u64, greed: f64) -> Self {
        let rates = rates.iter().map(|(second, rate)| (Nanos::from_secs(*second), *rate)).collect();
        Self { rng: fastrand::Rng::with_seed(seed), rates, greed, clients }
    }

    /// When the next one comes, and who.
    pub fn next(&mut self, now: Nanos) -> (Nanos, Arrival) {
        let begun = self.rates.iter().rev().find(|(from, _)| *from <= now);
        let rate = begun.map_or(self.rates[0].1, |(_, rate)| *rate);
        let at = now.plus(self.exponential(1e9 / rate));
        let client = self.client();
        // The secret is the sale's; here it may be anything.
        let cohort = Cohort::of([11, 22], &client.to_le_bytes());
        (at, Arrival { client, priority: Priority::new(self.class(), cohort) })
    }

    /// A span with this mean, in nanoseconds, of which nothing is known but the mean.
    pub fn exponential(&mut self, mean: f64) -> Nanos {
        Nanos((-(1.0 - self.rng.f64()).ln() * mean) as u64)
    }

    fn client(&mut self) -> u64 {
        let others = (self.clients - 1) as f64;
        if self.rng.f64() * (others + self.greed) < self.greed { 0 } else { self.rng.u64(1..self.clients) }
    }

    fn class(&mut self) -> Class {
        let mut drawn = self.rng.f64();
        for (class, part) in MIX {
            if drawn < part {
                return class;
            }
            drawn -= part;
        }
        Class::Browse
    }
}
