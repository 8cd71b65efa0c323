//! Random days: what a ledger decides, as records in a log, and what the ledger came to by then.

use engine::{Lsn, Recorded, records};
use ledger::{
    Adjustment, Books, Command, Event, Ledger, LimitAfter, Millis, OnConfirm, Policy, Reservation, ReservationId,
    Reserve, Sale, Sku, SkuStock, StockRow, Text, decide,
};
use naive::steps::{self, NOON, Step};
use naive::{asks, from_now};
use std::collections::{BTreeMap, VecDeque};

/// Stock rows of each SKU.
pub type Stock = BTreeMap<Sku, Vec<StockRow>>;

pub struct Day {
    steps: Box<dyn Iterator<Item = Step>>,
    policy: Policy,
    ledger: Ledger,
    asked: VecDeque<Command>,
    pub now: Millis,
    /// The log.
    pub records: Vec<Recorded>,
    /// Stock as of the end of each millisecond in which something happened.
    pub stock: BTreeMap<Millis, Stock>,
}

impl Day {
    pub fn new(seed: u64) -> Self {
        let policy = Policy {
            default_ttl: Millis(40),
            max_hold: Millis(100),
            max_payment_grace: Millis(60),
            on_confirm: if seed.is_multiple_of(2) { OnConfirm::Allocate } else { OnConfirm::Fulfil },
            keep_history: Millis(90),
        };
        Self {
            steps: Box::new(steps::seeded(seed)),
            policy,
            ledger: Ledger::default(),
            asked: VecDeque::new(),
            now: NOON,
            records: Vec::new(),
            stock: BTreeMap::new(),
        }
    }

    /// Goes on until there are so many records.
    pub fn until(&mut self, records: usize) {
        while self.records.len() < records {
            let step = self.steps.next().expect("they have no end");
            self.take(step);
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Ask(command) => self.ask(from_now(command, self.now)),
            Step::Reserve(reserve) => {
                let free = steps::names().find(|id| self.ledger.reservation(id).is_none());
                self.ask(asks::asked(Reserve { id: free.unwrap_or_else(|| reserve.id.clone()), ..reserve }));
            }
            Step::Again(back) => {
                if let Some(at) = self.asked.len().checked_sub(back) {
                    self.ask(self.asked[at].clone());
                }
            }
            Step::Pass(span) => self.now = self.now.plus(span),
            Step::Sweep => {
                let due: Vec<_> = self.ledger.due(self.now).map(|(_, id)| id).collect();
                for id in due {
                    self.ask(Command::Expire(id));
                }
            }
            Step::Turn => {
                let due: Vec<_> = self.ledger.due_sales(self.now, self.policy.keep_history).cloned().collect();
                for id in due {
                    self.ask(Command::TurnSale(id));
                }
            }
            Step::Forget(span, most) => {
                let horizon = Millis(self.now.0 - span.0);
                while self.ledger.forget_ended(horizon, most, Millis(u64::MAX)).is_some() {}
                while self.ledger.forget_adjusted(horizon, most) {}
            }
        }
    }

    fn ask(&mut self, command: Command) {
        let decision = decide(&self.ledger, &self.policy, &command, self.now);
        for event in decision.events {
            self.ledger.apply(&event);
            self.records.push(recorded(Lsn(self.records.len() as u64 + 1), event));
        }
        self.stock.insert(self.now, stock(&self.ledger));
        self.asked.push_back(command);
        if self.asked.len() > 24 {
            self.asked.pop_front();
        }
    }

    /// What a follower knows at a record: it forgets nothing.
    pub fn followed(&self, lsn: Lsn) -> Ledger {
        let mut follower = Ledger::default();
        self.records[..lsn.0 as usize].iter().for_each(|recorded| follower.apply(&recorded.event));
        follower
    }

    /// Every adjustment that was made with a key, whether or not it is still known.
    pub fn adjusted(&self) -> Vec<(Adjustment, Text)> {
        let made = self.records.iter().filter_map(|recorded| recorded.event.adjustment.as_deref());
        made.filter_map(|made| Some((made.clone(), made.key.clone()?))).collect()
    }
}

pub fn recorded(lsn: Lsn, event: Event) -> Recorded {
    let mut bytes = Vec::new();
    records::encode(&event, &mut bytes);
    Recorded { lsn, bytes, event }
}

pub fn stock(ledger: &Ledger) -> Stock {
    ledger.skus().map(|stock| (stock.sku.clone(), stock.locations.to_vec())).collect()
}

/// Everything that a ledger knows, to be compared.
#[derive(Debug, PartialEq)]
pub struct Known {
    digest: u64,
    skus: BTreeMap<Sku, SkuStock>,
    sales: Vec<Sale>,
    limits: BTreeMap<String, LimitAfter>,
    reservations: BTreeMap<ReservationId, Reservation>,
    adjustments: Vec<Option<Adjustment>>,
    deadline: Option<Millis>,
    totals: ledger::Totals,
}

/// What a ledger knows; `adjusted` are the adjustments about which it is asked.
pub fn known(ledger: &Ledger, adjusted: &[(Adjustment, Text)]) -> Known {
    let mut skus: BTreeMap<_, _> = ledger.skus().map(|stock| (stock.sku.clone(), stock.clone())).collect();
    let rules = skus.values_mut().filter_map(|stock| stock.rules.as_mut());
    rules.for_each(|rules| rules.channels.sort_by(|one, other| one.0.cmp(&other.0)));
    let mut sales: Vec<_> = ledger.sales().cloned().collect();
    sales.sort_by(|one, other| one.id.cmp(&other.id));
    for sale in &mut sales {
        sale.channels.sort_by(|one, other| one.0.cmp(&other.0));
    }
    let asked = adjusted.iter().map(|(made, key)| ledger.adjustment(&made.sku, &made.location, key).cloned());
    Known {
        digest: ledger.digest(),
        skus,
        sales,
        limits: ledger.limits().map(|limit| (format!("{:?}", limit.key), limit)).collect(),
        reservations: ledger.reservations().map(|row| (row.id.clone(), row.clone())).collect(),
        adjustments: asked.collect(),
        deadline: ledger.next_deadline(),
        totals: ledger.totals(),
    }
}
