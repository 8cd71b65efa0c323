//! Whether a request of the api may come in: by what it is for, how late the threads are, and how long the engine keeps
//! them waiting. It knows endpoints, and nothing of what they do.

use std::array;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use admission::{CLASSES, COHORTS, Class, Cohort, Gate, Least, Nanos, Priority, Reason, gate};
use arc_swap::ArcSwap;
use hyper::header::HeaderMap;
use metrics::{Counter, Gauge};
use parking_lot::Mutex;
use serde_json::{Value, json};

use super::key;
use super::route::{Endpoint, Target};
use crate::http::Reply;
use crate::shedding::{Clock, by_class, random, refused};
use crate::telemetry::Registry;

/// The front of the api listener, shared by its threads.
pub struct Shedding {
    clock: Clock,
    gate: Gate,
    rules: ArcSwap<gate::Rules>,
    secret: [u64; 2],
    /// The cohort of the next request that names nobody.
    next: AtomicU8,
    refused: [[Counter; 2]; CLASSES],
    level: Gauge,
    /// What a group takes to become durable while nothing waits for it.
    group: Mutex<Least>,
}

/// What this front refuses for.
const REASONS: [Reason; 2] = [Reason::Level, Reason::QueueDelay];

/// A disk that was slow for twice as long is one that is slow.
const GROUP_MEMORY: Nanos = Nanos::from_secs(10);

/// Groups grow with load, and a larger one takes longer: up to this is what a disk may take.
const GROUP_AT_LEAST: Nanos = Nanos::from_millis(5);

/// A request that just misses a group waits for it and then for its own: so many are no queue.
const GROUPS: u64 = 2;

/// A thread's loop, and what its requests wait for in the engine.
const QUEUES_OF_A_THREAD: usize = 2;

impl Shedding {
    /// A front of so many threads that lets everything in, until they are late. `secret` keeps clients from choosing their cohort.
    pub fn new(rules: gate::Rules, threads: usize, secret: [u64; 2], registry: &Registry) -> Self {
        let counter = |class: usize, reason: usize| {
            let labels = [("class", Class::ALL[class].word()), ("reason", REASONS[reason].word())];
            registry.counter("tidegate_api_shed_total", &labels)
        };
        Self {
            clock: Clock::start(),
            gate: Gate::new(QUEUES_OF_A_THREAD * threads),
            rules: ArcSwap::from_pointee(rules),
            secret,
            next: AtomicU8::new(0),
            refused: array::from_fn(|class| array::from_fn(|reason| counter(class, reason))),
            level: registry.gauge("tidegate_api_admitted_level", &[]),
            group: Mutex::default(),
        }
    }

    /// Goes by these from now on.
    pub fn set(&self, rules: gate::Rules) {
        self.rules.store(Arc::new(rules));
    }

    /// Takes note of how late a thread is.
    pub fn observe(&self, thread: usize, late: Nanos) {
        let (now, rules) = (self.clock.now(), self.rules.load());
        self.gate.observe(&rules, QUEUES_OF_A_THREAD * thread, late, now);
        self.gate.tick(&rules, now);
        self.level.set(f64::from(self.gate.level().admitted()) / admission::PRIORITIES as f64);
    }

    /// Takes note of what a group took to become durable.
    pub fn observe_group(&self, taken: Nanos) {
        self.group.lock().observe(GROUP_MEMORY, taken, self.clock.now());
    }

    /// Takes note of how long an answer of the engine was waited for on a thread that is so late.
    pub fn observe_wait(&self, thread: usize, late: Nanos, waited: Nanos) {
        let queued = late.plus(self.queued(waited));
        self.gate.observe(&self.rules.load(), QUEUES_OF_A_THREAD * thread + 1, queued, self.clock.now());
    }

    /// Takes note of how long one has waited already. That is the least that it will have waited, and says something only
    /// where it is too long.
    pub fn observe_waiting(&self, thread: usize, late: Nanos, waited: Nanos) {
        if self.queued(waited) > self.rules.load().live.delay.target {
            self.observe_wait(thread, late, waited);
        }
    }

    /// What of a wait was for a queue, and not for the disk.
    fn queued(&self, waited: Nanos) -> Nanos {
        let group = self.group.lock().get().unwrap_or_default().max(GROUP_AT_LEAST);
        Nanos(waited.0.saturating_sub(GROUPS * group.0))
    }

    /// Counts a request that came in and found a queue of the engine full.
    pub fn record_full(&self) {
        self.gate.record_full();
    }

    /// Whether a request comes in, on a thread that is so late.
    #[expect(clippy::result_large_err, reason = "it is moved once, where a box would be one more allocation")]
    pub fn decide(&self, target: Target<'_>, headers: &HeaderMap, late: Nanos) -> Result<(), Reply> {
        let class = class(target.endpoint);
        let priority = Priority::new(class, self.cohort(target, headers));
        let (now, rules) = (self.clock.now(), self.rules.load());
        let decided = self.gate.decide(&rules, priority, now);
        decided.and_then(|()| self.gate.decide_after(&rules, priority, late, now)).map_err(|reason| {
            let known = REASONS.iter().position(|known| *known == reason);
            if let Some(counter) = known.map(|known| &self.refused[class as usize][known]) {
                counter.increment(1);
            }
            tracing::debug!(reason = reason.word(), class = class.word(), endpoint = target.endpoint.word(), "refused");
            refused(reason, class, None, random())
        })
    }

    /// A reservation that its caller names has one cohort from its first request to its last. Who names none gets the next.
    fn cohort(&self, target: Target<'_>, headers: &HeaderMap) -> Cohort {
        let is_named = matches!(class(target.endpoint), Class::Payment | Class::Checkout) && !target.name.is_empty();
        let name =
            if is_named { Some(target.name) } else { headers.get(key::HEADER).and_then(|key| key.to_str().ok()) };
        name.map_or_else(|| self.next_cohort(), |name| Cohort::of(self.secret, name.as_bytes()))
    }

    fn next_cohort(&self) -> Cohort {
        let next = u16::from(self.next.fetch_add(1, Ordering::Relaxed)) % COHORTS;
        Cohort::new(next as u8).unwrap_or(Cohort::FIRST)
    }

    /// How it stands, for operators.
    pub fn status(&self) -> Value {
        let (now, rules) = (self.clock.now(), self.rules.load());
        let would_refuse = self.gate.would_refuse();
        json!({
            "overloaded": self.gate.is_overloaded(&rules, now),
            "smallest_delay_us": self.gate.smallest_delay(&rules, now).map(|smallest| smallest.0 / 1_000),
            "admitted_level": self.gate.level().admitted(),
            "levels": admission::PRIORITIES,
            "last_class": self.gate.level().last_class().word(),
            "shadow_would_refuse": {
                "level": by_class(would_refuse.level),
                "queue_delay": by_class(would_refuse.queue_delay),
            },
        })
    }
}

/// What is settled comes before what is begun, that before looking, and the back office last.
pub const fn class(endpoint: Endpoint) -> Class {
    match endpoint {
        Endpoint::Confirm
        | Endpoint::Release
        | Endpoint::Extend
        | Endpoint::PaymentStarted
        | Endpoint::Cancel
        | Endpoint::Fulfil => Class::Payment,
        Endpoint::Reserve | Endpoint::ReserveAs | Endpoint::Reservation | Endpoint::Reservations | Endpoint::Batch => {
            Class::Checkout
        }
        Endpoint::Sku
        | Endpoint::SkuHistory
        | Endpoint::Skus
        | Endpoint::Sale
        | Endpoint::Events
        | Endpoint::OpenApi
        | Endpoint::Docs => Class::Browse,
        Endpoint::SetSku
        | Endpoint::DeleteSku
        | Endpoint::SetStock
        | Endpoint::Adjust
        | Endpoint::SetSale
        | Endpoint::Import => Class::Admin,
    }
}

#[cfg(test)]
mod tests;
