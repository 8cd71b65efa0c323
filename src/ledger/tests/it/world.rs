//! A ledger and a model that are asked the same, and compared after everything that is asked.

use crate::model::{Answer, Model};
use crate::steps::{MORNING, Step};
use crate::told;
use ledger::{
    Books, Command, Event, EventKind, Ledger, Millis, Policy, ReservationId, Sku, State, StockAfter, check_balances,
    decide,
};
use std::collections::BTreeMap;

const POLICY: Policy = Policy { default_ttl: Millis(40), max_hold: Millis(100) };

pub struct World {
    ledger: Ledger,
    model: Model,
    now: Millis,
    asked: Vec<Command>,
    events: Vec<Event>,
    /// How often each kind of answer was given, in the words of the contract.
    pub answers: BTreeMap<String, u64>,
}

impl World {
    pub fn new() -> Self {
        Self {
            ledger: Ledger::default(),
            model: Model::new(POLICY.default_ttl, POLICY.max_hold),
            now: MORNING,
            asked: Vec::new(),
            events: Vec::new(),
            answers: BTreeMap::new(),
        }
    }

    /// How many commands were decided.
    pub fn commands(&self) -> usize {
        self.asked.len()
    }

    pub fn take(&mut self, step: &Step) {
        match step {
            Step::Ask(command) => self.ask(command),
            Step::Again(back) => {
                if let Some(at) = self.asked.len().checked_sub(*back) {
                    self.ask(&self.asked[at].clone());
                }
            }
            Step::Pass(span) => self.now = self.now.plus(*span),
            Step::Sweep => self.sweep(),
            Step::Forget(span, most) => self.forget(*span, *most),
        }
    }

    fn ask(&mut self, command: &Command) {
        let decision = decide(&self.ledger, &POLICY, command, self.now);
        let answer = told::answer(&decision.outcome);
        assert_eq!(answer, self.model.answer(command, self.now), "{command:?} at {:?}", self.now);
        *self.answers.entry(kind(&answer)).or_default() += 1;
        match decision.event {
            Some(event) => self.put(event),
            None => assert!(changes_nothing(&answer), "{answer:?} without an event"),
        }
        self.asked.push(command.clone());
        if self.asked.len().is_multiple_of(1_000) {
            self.compare_all();
        }
    }

    fn put(&mut self, event: Event) {
        self.ledger.apply(&event);
        for after in &event.stock {
            self.check_touched(after, event.kind);
        }
        if let Some(reservation) = &event.reservation {
            assert_eq!(self.ledger.reservation(&reservation.id), Some(reservation));
        }
        self.events.push(event);
    }

    fn check_touched(&self, after: &StockAfter, kind: EventKind) {
        let row = self.ledger.stock(&after.sku).and_then(|stock| stock.at(&after.row.location));
        let row = row.expect("a touched bucket is in the books");
        assert_eq!(*row, after.row);
        assert_eq!(u64::from(row.held), self.promised(after, State::Held), "held of {after:?}");
        assert_eq!(u64::from(row.allocated), self.promised(after, State::Confirmed), "allocated of {after:?}");
        if kind == EventKind::Held {
            let may_promise = u64::from(row.on_hand) + u64::from(row.backorder_limit);
            let kept = [row.held, row.allocated, row.safety_stock, row.unavailable];
            assert!(kept.into_iter().map(u64::from).sum::<u64>() <= may_promise, "oversold: {after:?}");
        }
        assert_eq!(told::bucket(&after.sku, row), self.model_bucket(&after.sku, after));
    }

    fn model_bucket(&self, sku: &Sku, after: &StockAfter) -> crate::model::Bucket {
        let mut buckets = self.model.buckets.iter();
        let bucket = buckets.find(|bucket| bucket.sku == *sku && bucket.location == after.row.location);
        bucket.expect("the model has every bucket that the ledger has").clone()
    }

    /// What the ledger's own reservations in a state have from a bucket.
    fn promised(&self, after: &StockAfter, state: State) -> u64 {
        let reservations = self.ledger.reservations().filter(|reservation| reservation.state == state);
        let lines = reservations.flat_map(|reservation| &reservation.lines);
        let here = lines.filter(|line| line.sku == after.sku && line.location == after.row.location);
        here.map(|line| u64::from(line.quantity)).sum()
    }

    fn sweep(&mut self) {
        let due: Vec<_> = self.ledger.due(self.now).map(|due| (due.expires.0, due.id.clone())).collect();
        assert!(due.is_sorted_by_key(|(deadline, _)| *deadline), "the longest overdue comes first");
        let mut sorted = due.clone();
        sorted.sort();
        assert_eq!(sorted, self.model.due(self.now));
        for (_, id) in due {
            self.ask(&Command::Expire(id));
        }
        assert!(self.ledger.next_deadline().is_none_or(|deadline| deadline > self.now), "nothing is due after a sweep");
    }

    fn forget(&mut self, span: Millis, most: usize) {
        let horizon = Millis(self.now.0 - span.0);
        let ledger = &mut self.ledger;
        let forgotten: Vec<ReservationId> = std::iter::from_fn(|| ledger.forget_ended(horizon, most)).collect();
        self.model.forget_ended(horizon, most, &forgotten);
        let adjusted = std::iter::from_fn(|| ledger.forget_adjusted(horizon, most).then_some(())).count();
        assert_eq!(adjusted, self.model.forget_adjusted(horizon, most));
    }

    /// Compares every row, every sum and every balance.
    pub fn compare_all(&self) {
        check_balances(std::iter::once(&self.ledger)).unwrap_or_else(|imbalance| panic!("{imbalance}"));
        let holds: BTreeMap<_, _> = self.ledger.reservations().map(|row| (row.id.clone(), told::hold(row))).collect();
        assert_eq!(holds, self.model.holds);
        let mut buckets = 0;
        for (sku, row) in self.ledger.skus().flat_map(|stock| stock.locations.iter().map(move |row| (&stock.sku, row)))
        {
            buckets += 1;
            assert_eq!(i128::from(row.held), self.model.held(sku, &row.location));
            assert_eq!(i128::from(row.allocated), self.model.allocated(sku, &row.location));
            assert!(self.model.buckets.contains(&told::bucket(sku, row)), "{sku} {row:?}");
        }
        assert_eq!(buckets, self.model.buckets.len());
        assert_eq!(self.ledger.next_deadline().map(|deadline| deadline.0), self.model.next_deadline());
        self.compare_totals();
    }

    fn compare_totals(&self) {
        let totals = self.ledger.totals();
        let skus: std::collections::BTreeSet<_> = self.model.buckets.iter().map(|bucket| &bucket.sku).collect();
        let units = |state: &str| -> i128 {
            let holds = self.model.holds.values().filter(|hold| hold.state == state);
            holds.flat_map(|hold| &hold.taken).map(|taken| taken.units).sum()
        };
        let live = self.model.holds.values().filter(|hold| matches!(hold.state, "held" | "confirmed")).count();
        assert_eq!(totals.skus, skus.len() as u64);
        assert_eq!(i128::from(totals.held_units), units("held"));
        assert_eq!(i128::from(totals.allocated_units), units("confirmed"));
        assert_eq!(totals.live_reservations, live as u64);
        assert_eq!(totals.ended_reservations, (self.model.holds.len() - live) as u64);
    }

    /// Puts all events into one fresh ledger, and row by row into several split by SKU: all digests
    /// are the same bit for bit, and the balances hold.
    pub fn replay(&self) {
        let mut again = Ledger::default();
        self.events.iter().for_each(|event| again.apply(event));
        assert_eq!(again.digest(), self.ledger.digest());
        for count in [2, 3, 5] {
            let shards = split(&self.events, count);
            let digest = shards.iter().fold(0_u64, |sum, shard| sum.wrapping_add(shard.digest()));
            assert_eq!(digest, self.ledger.digest(), "{count} ledgers");
            check_balances(shards.iter()).unwrap_or_else(|imbalance| panic!("{count} ledgers: {imbalance}"));
        }
    }
}

/// Stock rows go to the ledger of their SKU, a reservation to that of its first line.
fn split(events: &[Event], count: usize) -> Vec<Ledger> {
    let mut shards: Vec<Ledger> = (0..count).map(|_| Ledger::default()).collect();
    let home = |sku: &Sku| sku.as_str().bytes().map(usize::from).sum::<usize>() % count;
    for event in events {
        for after in &event.stock {
            shards[home(&after.sku)].put_stock(&after.sku, &after.row);
        }
        if let Some(reservation) = &event.reservation {
            shards[home(&reservation.lines[0].sku)].put_reservation(reservation);
        }
    }
    shards
}

/// An answer without its details: whether a case was met at all.
fn kind(answer: &Answer) -> String {
    match answer {
        Answer::Made(hold) if hold.taken.iter().zip(&hold.taken[1..]).any(|(a, b)| a.line == b.line) => {
            "made, a line split".to_owned()
        }
        Answer::Made(_) => "made".to_owned(),
        Answer::Seen { hold, replayed: true } => format!("again {}", hold.state),
        Answer::Seen { hold, .. } => format!("now {}", hold.state),
        Answer::Stock { applied, .. } => format!("stock {applied}"),
        Answer::No(why) if why.starts_with("invalid") || why.starts_with("idempotency") => why.clone(),
        Answer::No(why) => why.split(' ').next().unwrap_or_default().to_owned(),
    }
}

fn changes_nothing(answer: &Answer) -> bool {
    match answer {
        Answer::Made(_) => false,
        Answer::Seen { replayed, .. } => *replayed,
        Answer::Stock { applied, .. } => *applied != "now",
        Answer::No(_) => true,
    }
}
