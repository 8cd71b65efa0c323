//! One upstream as all threads see it: its endpoints, and every guard before a call. It makes no call itself.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use admission::breaker::{Pass, Position, Verdict};
use admission::limit::Outcome;
use admission::{Breaker, Nanos, Priority, Reason, RetryBudget, breaker, less_loaded_of_two, retry, upstream};
use parking_lot::RwLock;
use smallvec::SmallVec;

use super::names::Names;
use crate::shedding::{Clock, random};

/// So many checks that fail in a row, and an endpoint is left out; one that does not, and it is back.
const FAILED_CHECKS: u32 = 2;

/// So many endpoints are chosen from without memory of their own.
const FEW: usize = 16;

/// The constants of an upstream; may differ from one call to the next.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Of the way in.
    pub admission: upstream::Settings,
    /// Of the breaker before all endpoints.
    pub breaker: breaker::Settings,
    /// Of the breaker of each endpoint, which ejects it.
    pub ejection: breaker::Settings,
    /// Of the budget for retries.
    pub retry: retry::Settings,
    /// How long a call may take to its answer's head, and between two pieces of its body.
    pub timeout: Nanos,
}

/// One upstream.
#[derive(Debug)]
pub struct Upstream {
    /// Its name in the configuration.
    pub name: String,
    clock: Clock,
    way_in: admission::Upstream,
    breaker: Breaker,
    retries: RetryBudget,
    /// What its names have said.
    pub names: Arc<Names>,
    endpoints: RwLock<Arc<[Arc<Endpoint>]>>,
    /// Streams without an end, which are no calls: they do not say how busy the upstream is.
    streams: AtomicU32,
}

/// One address of an upstream.
#[derive(Debug)]
pub struct Endpoint {
    /// Where.
    pub address: SocketAddr,
    in_flight: AtomicU32,
    ejection: Breaker,
    /// How many active checks in a row it has failed.
    failed_checks: AtomicU32,
}

/// Why no call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// In one word.
    pub reason: Reason,
    /// After how long to ask again, where that is known.
    pub retry_after: Option<Nanos>,
}

/// A place for one call, given back by its drop, whatever became of it.
#[derive(Debug)]
pub struct Place {
    upstream: Arc<Upstream>,
    settings: Arc<Settings>,
    pass: Option<Pass>,
    began: Nanos,
    outcome: Outcome,
    verdict: Verdict,
}

/// One try at one endpoint.
#[derive(Debug)]
pub struct Attempt {
    endpoint: Arc<Endpoint>,
    settings: Arc<Settings>,
    clock: Clock,
    pass: Option<Pass>,
    verdict: Verdict,
}

/// A stream without an end, counted until its drop.
#[derive(Debug)]
pub struct Stream(Arc<Upstream>);

impl Upstream {
    /// An upstream with nothing under way, and no endpoint yet.
    pub fn new(name: &str, settings: &Settings, clock: Clock) -> Self {
        Self {
            name: name.to_owned(),
            clock,
            way_in: admission::Upstream::new(&settings.admission),
            breaker: Breaker::default(),
            retries: RetryBudget::default(),
            names: Arc::default(),
            endpoints: RwLock::new(Arc::new([])),
            streams: AtomicU32::new(0),
        }
    }

    /// The endpoints at these addresses from now on; those that stay keep what is known of them.
    pub fn set_addresses(&self, addresses: &[SocketAddr]) {
        let mut endpoints = self.endpoints.write();
        let known = |address: &SocketAddr| endpoints.iter().find(|endpoint| endpoint.address == *address).cloned();
        let next = addresses.iter().map(|address| known(address).unwrap_or_else(|| Arc::new(Endpoint::new(*address))));
        *endpoints = next.collect();
    }

    /// The endpoints at present.
    pub fn endpoints(&self) -> Arc<[Arc<Endpoint>]> {
        Arc::clone(&self.endpoints.read())
    }

    /// Their addresses.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.endpoints().iter().map(|endpoint| endpoint.address).collect()
    }

    /// A place for a call, past every guard.
    pub fn enter(self: &Arc<Self>, settings: &Arc<Settings>, priority: Priority) -> Result<Place, Refused> {
        let began = self.clock.now();
        let full = |reason| Refused { reason, retry_after: None };
        let open = |left| Refused { reason: Reason::BreakerOpen, retry_after: Some(left) };
        self.way_in.try_acquire(&settings.admission, priority, began).map_err(full)?;
        let pass = match self.breaker.try_pass(&settings.breaker, began) {
            Ok(pass) => pass,
            Err(left) => {
                self.way_in.release(&settings.admission, Outcome::Ignored, began);
                return Err(open(left));
            }
        };
        self.retries.record(&settings.retry, began);
        Ok(Place {
            upstream: Arc::clone(self),
            settings: Arc::clone(settings),
            pass: Some(pass),
            began,
            outcome: Outcome::Ignored,
            verdict: Verdict::Unknown,
        })
    }

    /// The less busy of two endpoints that may be asked; where none may, of all: an upstream whose every endpoint
    /// fails is its breaker's affair. `except` was tried already, and is taken only where there is no other.
    pub fn choose(&self, settings: &Arc<Settings>, except: Option<SocketAddr>) -> Option<Attempt> {
        let now = self.clock.now();
        let endpoints = self.endpoints.read();
        let others = || endpoints.iter().filter(|endpoint| Some(endpoint.address) != except);
        let mut able: SmallVec<[&Arc<Endpoint>; FEW]> = others().filter(|endpoint| endpoint.is_able(now)).collect();
        if able.is_empty() {
            able = others().collect();
        }
        if able.is_empty() {
            able = endpoints.iter().collect();
        }
        let load = |index: usize| able[index].in_flight.load(Relaxed);
        let endpoint = Arc::clone(able[less_loaded_of_two(able.len(), load, random())?]);
        endpoint.in_flight.fetch_add(1, Relaxed);
        let pass = endpoint.ejection.try_pass(&settings.ejection, now).ok();
        let (settings, verdict) = (Arc::clone(settings), Verdict::Unknown);
        Some(Attempt { endpoint, settings, clock: self.clock, pass, verdict })
    }

    /// Takes a retry out of the budget, if there is one.
    pub fn may_retry(&self, settings: &Settings) -> bool {
        self.retries.take(&settings.retry, self.clock.now())
    }

    /// The guards, for whoever wants to see.
    pub fn guards(&self) -> (&admission::Upstream, &RetryBudget) {
        (&self.way_in, &self.retries)
    }

    /// What the breaker does.
    pub fn position(&self) -> Position {
        self.breaker.position(self.clock.now())
    }

    /// Streams without an end that are open.
    pub fn streams(&self) -> u32 {
        self.streams.load(Relaxed)
    }
}

impl Endpoint {
    fn new(address: SocketAddr) -> Self {
        Self { address, in_flight: AtomicU32::new(0), ejection: Breaker::default(), failed_checks: AtomicU32::new(0) }
    }

    fn is_able(&self, now: Nanos) -> bool {
        !self.is_failing_checks() && !self.is_ejected(now)
    }

    /// Whether it is left alone because its calls fail.
    pub fn is_ejected(&self, now: Nanos) -> bool {
        matches!(self.ejection.position(now), Position::Open { .. })
    }

    /// Notes what an active check has found. Says whether that is news.
    pub fn note_check(&self, is_sound: bool) -> bool {
        let before = self.failed_checks.load(Relaxed);
        self.failed_checks.store(if is_sound { 0 } else { before.saturating_add(1) }, Relaxed);
        (before >= FAILED_CHECKS) != self.is_failing_checks()
    }

    /// Holds no check against it that is not made any more.
    pub fn forget_checks(&self) {
        self.failed_checks.store(0, Relaxed);
    }

    /// Whether active checks fail.
    pub fn is_failing_checks(&self) -> bool {
        self.failed_checks.load(Relaxed) >= FAILED_CHECKS
    }

    /// Calls under way.
    pub fn in_flight(&self) -> u32 {
        self.in_flight.load(Relaxed)
    }
}

impl Place {
    /// The upstream did the work; it took from the place's making until now.
    pub fn served(&mut self) {
        self.outcome = Outcome::Served(self.upstream.clock.now().since(self.began));
        self.verdict = Verdict::Succeeded;
    }

    /// No answer came, or one that says that it failed: how soon that was says nothing of how long its work takes.
    pub fn failed(&mut self) {
        self.outcome = Outcome::Ignored;
        self.verdict = Verdict::Failed;
    }

    /// The upstream took too long, or said that it has too much to do.
    pub fn dropped(&mut self) {
        self.outcome = Outcome::Dropped;
        self.verdict = Verdict::Failed;
    }

    /// The head of the answer is there, which is all that the breaker waits for: how long a client reads is not the upstream's
    /// affair.
    pub fn answered(&mut self) {
        if let Some(pass) = self.pass.take() {
            let now = self.upstream.clock.now();
            self.upstream.breaker.report(&self.settings.breaker, pass, self.verdict, now, random());
        }
    }

    /// The answer broke off behind its head.
    pub fn broke_off(&mut self) {
        self.failed();
        self.upstream.breaker.failed_late(&self.settings.breaker, self.upstream.clock.now(), random());
    }

    /// The call has become a stream without an end: its place is free for another.
    pub fn into_stream(self) -> Stream {
        self.upstream.streams.fetch_add(1, Relaxed);
        Stream(Arc::clone(&self.upstream))
    }

    /// How long the call has taken.
    pub fn elapsed(&self) -> Nanos {
        self.upstream.clock.now().since(self.began)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let now = self.upstream.clock.now();
        self.upstream.way_in.release(&self.settings.admission, self.outcome, now);
        // Whoever has an answer has told already.
        self.answered();
    }
}

impl Attempt {
    /// Where.
    pub fn address(&self) -> SocketAddr {
        self.endpoint.address
    }

    /// How it went.
    pub fn note(&mut self, verdict: Verdict) {
        self.verdict = verdict;
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.endpoint.in_flight.fetch_sub(1, Relaxed);
        if let Some(pass) = self.pass.take() {
            let now = self.clock.now();
            self.endpoint.ejection.report(&self.settings.ejection, pass, self.verdict, now, random());
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.0.streams.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests;
