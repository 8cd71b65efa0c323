//! A listener with one thread that works off a queue: serving costs its processor much, refusing little. With
//! admission it asks a gate before it serves; without, it serves whoever has waited longest.

use std::collections::VecDeque;

use admission::{Gate, Nanos, Reason, gate};

use super::crowd::{Arrival, Crowd};
use super::tally::{Order, Tally};
use super::timeline::Timeline;

/// What serving costs the processor.
const SERVING: Nanos = Nanos(500_000);

/// What refusing costs it: a hundredth.
const REFUSING: Nanos = Nanos(5_000);

/// What it serves a second if it does nothing else.
pub const CAPACITY: f64 = 1e9 / SERVING.0 as f64;

/// How long a client waits.
const TIMEOUT: Nanos = Nanos::from_secs(1);

/// How many may wait: what the connections and their sockets hold.
const QUEUE: usize = 10_000;

/// What is to be played.
pub struct Setup {
    pub seed: u64,
    pub seconds: u64,
    /// From which second on, how many come a second.
    pub rates: Vec<(u64, f64)>,
    /// None: everything is served.
    pub admission: Option<gate::Rules>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Arrive,
    Free,
}

/// The world while it goes on.
struct Listener<'a> {
    setup: &'a Setup,
    crowd: Crowd,
    next: Option<Arrival>,
    timeline: Timeline<Event>,
    queue: VecDeque<(Nanos, Arrival)>,
    is_busy: bool,
    gate: Gate,
    tally: Tally,
    order: Order,
    now: Nanos,
}

/// Plays it from beginning to end.
pub fn play(setup: &Setup) -> Tally {
    let mut listener = Listener {
        setup,
        crowd: Crowd::new(setup.seed, &setup.rates, 1_000, 1.0),
        next: None,
        timeline: Timeline::new(),
        queue: VecDeque::new(),
        is_busy: false,
        gate: Gate::default(),
        tally: Tally::default(),
        order: Order::default(),
        now: Nanos(0),
    };
    listener.plan_arrival();
    let end = Nanos::from_secs(setup.seconds);
    while let Some((now, event)) = listener.timeline.next().filter(|(now, _)| *now < end) {
        listener.now = now;
        match event {
            Event::Arrive => listener.arrive(),
            Event::Free => listener.is_busy = false,
        }
        if !listener.is_busy {
            listener.work();
        }
    }
    listener.tally
}

impl Listener<'_> {
    fn plan_arrival(&mut self) {
        let (at, arrival) = self.crowd.next(self.now);
        self.next = Some(arrival);
        self.timeline.plan(at, Event::Arrive);
    }

    fn arrive(&mut self) {
        let arrival = self.next.take().expect("planned with its event");
        self.plan_arrival();
        let counts = &mut self.tally.at(self.now).classes[arrival.priority.class() as usize];
        counts.offered += 1;
        if self.queue.len() < QUEUE {
            self.queue.push_back((self.now, arrival));
        } else {
            counts.refused[Reason::QueueFull as usize] += 1;
        }
    }

    /// Takes the next out of the queue and answers it.
    fn work(&mut self) {
        let Some((came, arrival)) = self.queue.pop_front() else {
            return;
        };
        let decision = self.decide(came, arrival);
        let is_broken = self.order.note(self.gate.level().admitted(), arrival.priority.class(), decision);
        let cost = if decision.is_ok() { SERVING } else { REFUSING };
        let done = self.now.plus(cost);
        let second = self.tally.at(came);
        second.order_broken += u32::from(is_broken);
        second.admitted = self.gate.level().admitted();
        let counts = &mut second.classes[arrival.priority.class() as usize];
        match decision {
            Err(reason) => counts.refused[reason as usize] += 1,
            Ok(()) if done.since(came) > TIMEOUT => counts.timed_out += 1,
            Ok(()) => {
                counts.served += 1;
                counts.latencies.push(done.since(came));
            }
        }
        self.is_busy = true;
        self.timeline.plan(done, Event::Free);
    }

    fn decide(&self, came: Nanos, arrival: Arrival) -> Result<(), Reason> {
        let Some(rules) = &self.setup.admission else {
            return Ok(());
        };
        let waited = self.now.since(came);
        self.gate.observe(rules, 0, waited, self.now);
        self.gate.decide(rules, arrival.priority, self.now)?;
        self.gate.decide_after(rules, arrival.priority, waited, self.now)
    }
}
