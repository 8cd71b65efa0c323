//! A gateway before the platform: what comes is sent on, under an upstream's admission or without any, with quotas
//! for each client, a time limit for each call, and retries within their budget if those are asked for.

use std::num::NonZeroU32;

use admission::limit::Outcome;
use admission::{Client, Nanos, Quota, Quotas, Reason, RetryBudget, Upstream, retry, upstream};

use super::crowd::{Arrival, Crowd};
use super::platform::{Health, Platform};
use super::tally::{Counts, Order, Tally};
use super::timeline::Timeline;

/// How long a client waits.
const TIMEOUT: Nanos = Nanos::from_secs(1);

/// What is to be played.
pub struct Setup {
    pub seed: u64,
    pub seconds: u64,
    /// From which second on, how many come a second.
    pub rates: Vec<(u64, f64)>,
    /// From which second on, how the platform is.
    pub health: Vec<(u64, Health)>,
    pub clients: u64,
    /// How many times as much as any other the first client asks.
    pub greed: f64,
    /// None: everything is sent on.
    pub admission: Option<upstream::Settings>,
    /// How many requests a second a client may make, if there is a quota.
    pub client_rate_per_s: Option<NonZeroU32>,
    /// Whether what fails is tried once more.
    pub retries: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Change(usize),
    Arrive,
    TimeOut(usize),
    Done(usize),
}

struct Call {
    arrival: Arrival,
    came: Nanos,
    sent: Nanos,
    /// The platform's answer will be that it cannot.
    fails: bool,
    is_retry: bool,
    /// The client has its answer, or has gone.
    is_over: bool,
}

/// The world while it goes on.
struct Gateway<'a> {
    setup: &'a Setup,
    crowd: Crowd,
    next: Option<Arrival>,
    platform: Platform,
    timeline: Timeline<Event>,
    calls: Vec<Call>,
    upstream: Upstream,
    quotas: Quotas,
    budget: RetryBudget,
    tally: Tally,
    order: Order,
    now: Nanos,
}

/// Plays it from beginning to end.
pub fn play(setup: &Setup) -> Tally {
    let mut gateway = Gateway {
        setup,
        crowd: Crowd::new(setup.seed, &setup.rates, setup.clients, setup.greed),
        next: None,
        platform: Platform::new(),
        timeline: Timeline::new(),
        calls: Vec::new(),
        upstream: Upstream::new(&setup.admission.unwrap_or_default()),
        quotas: Quotas::new(4_096, [5, 6]),
        budget: RetryBudget::default(),
        tally: Tally::default(),
        order: Order::default(),
        now: Nanos(0),
    };
    for (index, (second, _)) in setup.health.iter().enumerate() {
        gateway.timeline.plan(Nanos::from_secs(*second), Event::Change(index));
    }
    gateway.plan_arrival();
    let end = Nanos::from_secs(setup.seconds);
    while let Some((now, event)) = gateway.timeline.next().filter(|(now, _)| *now < end) {
        gateway.now = now;
        gateway.happen(event);
    }
    gateway.tally
}

impl Gateway<'_> {
    fn happen(&mut self, event: Event) {
        match event {
            Event::Change(index) => self.platform.health = self.setup.health[index].1,
            Event::Arrive => {
                let arrival = self.next.take().expect("planned with its event");
                self.plan_arrival();
                self.arrive(arrival);
            }
            Event::TimeOut(call) => self.time_out(call),
            Event::Done(call) => self.done(call),
        }
        if self.setup.admission.is_some() {
            let (limit, admitted) = (self.limit(), self.upstream.level().admitted());
            let second = self.tally.at(self.now);
            (second.limit, second.admitted) = (limit, admitted);
        }
    }

    fn limit(&self) -> u32 {
        self.upstream.limiter().status(&self.setup.admission.unwrap_or_default().limit).limit
    }

    fn plan_arrival(&mut self) {
        let (at, arrival) = self.crowd.next(self.now);
        self.next = Some(arrival);
        self.timeline.plan(at, Event::Arrive);
    }

    fn arrive(&mut self, arrival: Arrival) {
        self.count(arrival, self.now, |counts| counts.offered += 1);
        let admitted = self.ask_quota(arrival).and_then(|()| self.ask_upstream(arrival));
        let level = self.upstream.level().admitted();
        let is_broken = self.order.note(level, arrival.priority.class(), admitted);
        self.tally.at(self.now).order_broken += u32::from(is_broken);
        match admitted {
            Ok(()) => self.send(arrival, self.now, false),
            Err(reason) => self.count(arrival, self.now, |counts| counts.refused[reason as usize] += 1),
        }
    }

    fn ask_quota(&self, arrival: Arrival) -> Result<(), Reason> {
        let Some(rate_per_s) = self.setup.client_rate_per_s else {
            return Ok(());
        };
        let burst = rate_per_s.saturating_mul(NonZeroU32::MIN.saturating_add(4));
        let client = Client::with_session([7, 8], &arrival.client.to_le_bytes());
        let verdict = self.quotas.take(Quota { rate_per_s, burst }, client, self.now);
        if verdict.is_allowed { Ok(()) } else { Err(Reason::ClientQuota) }
    }

    fn ask_upstream(&self, arrival: Arrival) -> Result<(), Reason> {
        let admission = self.setup.admission.as_ref();
        admission.map_or(Ok(()), |settings| self.upstream.try_acquire(settings, arrival.priority, self.now))
    }

    fn send(&mut self, arrival: Arrival, came: Nanos, is_retry: bool) {
        let call = self.calls.len();
        let fails = self.platform.health == Health::Failing;
        self.calls.push(Call { arrival, came, sent: self.now, fails, is_retry, is_over: false });
        self.tally.at(self.now).sent += 1;
        self.tally.at(self.now).retried += u32::from(is_retry);
        if !is_retry {
            self.budget.record(&retry::Settings::default(), self.now);
        }
        self.timeline.plan(came.plus(TIMEOUT), Event::TimeOut(call));
        if let Some(service) = self.platform.accept(call, &mut self.crowd) {
            self.timeline.plan(self.now.plus(service), Event::Done(call));
        }
    }

    fn done(&mut self, index: usize) {
        if let Some((next, service)) = self.platform.finish(&mut self.crowd) {
            self.timeline.plan(self.now.plus(service), Event::Done(next));
        }
        let call = &mut self.calls[index];
        if std::mem::replace(&mut call.is_over, true) {
            return;
        }
        let (arrival, came, sent, fails, is_retry) = (call.arrival, call.came, call.sent, call.fails, call.is_retry);
        self.release(if fails { Outcome::Dropped } else { Outcome::Served(self.now.since(sent)) });
        if !fails {
            let latency = self.now.since(came);
            self.count(arrival, came, |counts| {
                counts.served += 1;
                counts.latencies.push(latency);
            });
        } else if !is_retry && self.may_retry(arrival) {
            self.send(arrival, came, true);
        } else {
            self.count(arrival, came, |counts| counts.failed += 1);
        }
    }

    fn may_retry(&self, arrival: Arrival) -> bool {
        self.setup.retries
            && self.budget.take(&retry::Settings::default(), self.now)
            && self.ask_upstream(arrival).is_ok()
    }

    fn time_out(&mut self, index: usize) {
        let call = &mut self.calls[index];
        if std::mem::replace(&mut call.is_over, true) {
            return;
        }
        let (arrival, came) = (call.arrival, call.came);
        self.release(Outcome::Dropped);
        self.count(arrival, came, |counts| counts.timed_out += 1);
    }

    fn release(&self, outcome: Outcome) {
        if let Some(settings) = &self.setup.admission {
            self.upstream.release(settings, outcome, self.now);
        }
    }

    fn count(&mut self, arrival: Arrival, at: Nanos, change: impl Fn(&mut Counts)) {
        let second = self.tally.at(at);
        change(&mut second.classes[arrival.priority.class() as usize]);
        if arrival.client == 0 {
            change(&mut second.first_client);
        }
    }
}
