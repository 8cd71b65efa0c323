//! A ledger and a model that are asked the same, and compared after everything that is asked; and
//! ledgers that only follow the events, in one piece and split by SKU and sale.

mod compare;
mod follow;

use crate::steps::{self, NOON, Step};
use crate::{Answer, Count, Model, asks, kind, told};
use ledger::{
    Books, Command, Event, EventKind, Ledger, LimitKey, Millis, OnConfirm, Policy, Reservation, ReservationId, Reserve,
    SaleId, decide,
};
use std::collections::{BTreeMap, VecDeque};

/// How far back a command can be asked again.
const REMEMBERED: usize = 64;

/// Everything is compared after so many commands; what was touched after each.
const COMPARE_EVERY: u64 = 1_000;

/// A ledger, its model and its followers.
pub struct World {
    policy: Policy,
    ledger: Ledger,
    model: Model,
    /// Each follows all events: the first puts whole events, the others rows.
    followers: Vec<Vec<Ledger>>,
    now: Millis,
    asked: VecDeque<Command>,
    commands: u64,
    met: BTreeMap<String, u64>,
}

impl World {
    /// An empty one with short spans, so that all of them are reached.
    pub fn new(on_confirm: OnConfirm) -> Self {
        let policy = Policy {
            default_ttl: Millis(40),
            max_hold: Millis(100),
            max_payment_grace: Millis(60),
            on_confirm,
            keep_history: Millis(90),
        };
        Self {
            policy,
            ledger: Ledger::default(),
            model: Model::new(policy),
            followers: [1, 2, 5].map(|count| (0..count).map(|_| Ledger::default()).collect()).into(),
            now: NOON,
            asked: VecDeque::new(),
            commands: 0,
            met: BTreeMap::new(),
        }
    }

    /// How many commands were decided.
    pub fn commands(&self) -> u64 {
        self.commands
    }

    /// How often each kind of answer and event was met, in the words of the contract.
    pub fn met(&self) -> &BTreeMap<String, u64> {
        &self.met
    }

    /// Takes a step with ledger and model. Panics where they disagree.
    pub fn take(&mut self, step: Step) {
        match step {
            Step::Ask(command) => self.ask(from_now(command, self.now)),
            Step::Reserve(reserve) => {
                let id = self.free_name().unwrap_or_else(|| reserve.id.clone());
                self.ask(asks::asked(Reserve { id, ..reserve }));
            }
            Step::Again(back) => {
                if let Some(at) = self.asked.len().checked_sub(back) {
                    self.ask(self.asked[at].clone());
                }
            }
            Step::Pass(span) => self.now = self.now.plus(span),
            Step::Sweep => self.sweep(),
            Step::Turn => self.turn(),
            Step::Forget(span, most) => self.forget(span, most),
        }
    }

    fn free_name(&self) -> Option<ReservationId> {
        steps::names().find(|id| self.ledger.reservation(id).is_none())
    }

    fn ask(&mut self, command: Command) {
        let decision = decide(&self.ledger, &self.policy, &command, self.now);
        let reply = self.model.answer(&command, self.now);
        let answer = told::answer(&decision.outcome);
        assert_eq!(answer, reply.answer, "ledger, then model, on {command:?} at {:?}", self.now);
        let kinds: Vec<_> = decision.events.iter().map(|event| event.kind).collect();
        assert_eq!(kinds, reply.events, "ledger, then model, on {command:?} at {:?}", self.now);
        for event in &decision.events {
            self.put(event);
        }
        for event in &decision.events {
            self.check_touched(event);
        }
        self.count(&answer, &kinds);
        self.asked.push_back(command);
        if self.asked.len() > REMEMBERED {
            self.asked.pop_front();
        }
        self.commands += 1;
        if self.commands.is_multiple_of(COMPARE_EVERY) {
            self.compare_all();
        }
    }

    fn count(&mut self, answer: &Answer, events: &[EventKind]) {
        let mut meet = |what: &str| match self.met.get_mut(what) {
            Some(count) => *count += 1,
            None => drop(self.met.insert(what.to_owned(), 1)),
        };
        meet(&kind(answer));
        for event in events {
            meet(event.as_str());
        }
    }

    fn put(&mut self, event: &Event) {
        assert_eq!(event.at, self.now);
        self.ledger.apply(event);
        if let Some(reservation) = &event.reservation {
            assert_eq!(self.ledger.reservation(&reservation.id), Some(Reservation::clone(reservation)));
            self.check_taken(event.kind, reservation);
        }
        for shards in &mut self.followers {
            match shards.as_mut_slice() {
                [only] => only.apply(event),
                several => follow::spread(several, event),
            }
        }
    }

    /// Nothing of what was just taken was not there, or not allowed.
    fn check_taken(&self, kind: EventKind, reservation: &Reservation) {
        let again = kind == EventKind::Confirmed && reservation.reacquired;
        if kind != EventKind::Held && !again {
            return;
        }
        for line in reservation.lines.iter().filter(|line| line.quantity > 0) {
            let stock = self.ledger.stock(&line.sku).and_then(|stock| stock.at(&line.location));
            let row = stock.expect("a bucket that serves is in the books");
            assert!(row.available() >= 0, "oversold: {row:?} by {reservation:?}");
        }
    }

    /// The touched rows are what the model sums up.
    fn check_touched(&self, event: &Event) {
        for after in &event.stock {
            let row = self.ledger.stock(&after.sku).and_then(|stock| stock.at(&after.row.location));
            let row = told::shelf(&after.sku, row.expect("a touched bucket is in the books"));
            assert!(self.model.shelves(&after.sku).any(|shelf| shelf == row), "{row:?} after {event:?}");
        }
        for after in &event.limits {
            let key = &after.key;
            assert_eq!(taken(&self.ledger, key), self.model.count(key), "ledger, then model, {key:?} after {event:?}");
        }
    }

    fn sweep(&mut self) {
        let due: Vec<_> = self.ledger.due(self.now).map(|(deadline, id)| (deadline.0, id)).collect();
        assert!(due.is_sorted_by_key(|(deadline, _)| *deadline), "the longest overdue comes first");
        let mut sorted = due.clone();
        sorted.sort();
        assert_eq!(sorted, self.model.due(self.now));
        for (_, id) in due {
            self.ask(Command::Expire(id));
        }
        assert!(self.ledger.next_deadline().is_none_or(|deadline| deadline > self.now), "nothing is due after a sweep");
    }

    fn turn(&mut self) {
        let mut due: Vec<SaleId> = self.ledger.due_sales(self.now, self.policy.keep_history).cloned().collect();
        due.sort();
        assert_eq!(due, self.model.due_sales(self.now));
        for id in due {
            self.ask(Command::TurnSale(id));
        }
    }

    fn forget(&mut self, span: Millis, most: usize) {
        let horizon = Millis(self.now.0 - span.0);
        let ledger = &mut self.ledger;
        let forgotten: Vec<ReservationId> =
            std::iter::from_fn(|| ledger.forget_ended(horizon, most, Millis(u64::MAX))).collect();
        self.model.forget_ended(horizon, most, &forgotten);
        let adjusted = std::iter::from_fn(|| ledger.forget_adjusted(horizon, most).then_some(())).count();
        assert_eq!(adjusted, self.model.forget_adjusted(horizon, most));
    }
}

fn taken(ledger: &Ledger, key: &LimitKey) -> Count {
    let taken = match key {
        LimitKey::SkuCustomer(sku, customer) => ledger.sku_customer(sku, customer),
        LimitKey::SkuChannel(sku, channel) => ledger.stock(sku).map(|stock| stock.channel(channel)).unwrap_or_default(),
        LimitKey::Sale(id) => ledger.sale(id).map(|sale| sale.taken).unwrap_or_default(),
        LimitKey::SaleCustomer(id, customer) => ledger.sale_customer(id, customer),
        LimitKey::SaleChannel(id, channel) => ledger.sale(id).map(|sale| sale.channel(channel)).unwrap_or_default(),
    };
    told::count(taken)
}

/// The command with its instants told from `now` instead of [`NOON`].
pub fn from_now(mut command: Command, now: Millis) -> Command {
    let move_on = |at: &mut Millis| at.0 = at.0 + now.0 - NOON.0;
    match &mut command {
        Command::SetStock(set) => set.source_ts.iter_mut().for_each(move_on),
        Command::SetSale(_, settings) => {
            settings.starts.iter_mut().chain(&mut settings.ends).for_each(move_on);
            settings.drops.iter_mut().for_each(|drop| move_on(&mut drop.at));
        }
        _ => {}
    }
    command
}
