//! The whole engine, several shards of it, asked the same as the naive model: every answer is the
//! same, and after every crash the books are those of a prefix of what was asked, up to the last
//! record that survived and never short of one that was acknowledged.

use crate::asks::id;
use crate::clockwork::Clockwork;
use crate::shop::{Shop, options};
use engine::{Answer, Options, Request, Routing};
use ledger::{
    Command, Ledger, Millis, OnConfirm, Outcome, Policy, Refusal, ReservationId, Reserve, ReservePrint, decide,
};
use naive::steps::{Step, names, seeded};
use naive::{Model, from_now, told};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use wal::faulty::FaultyDisk;

const POLICY: Policy = Policy {
    default_ttl: Millis(40),
    max_hold: Millis(100),
    max_payment_grace: Millis(60),
    on_confirm: OnConfirm::Allocate,
    keep_history: Millis(90),
};
const WINDOW: Millis = Millis(150);
const REMEMBERED: usize = 24;

fn engine_options(shards: usize, on_confirm: OnConfirm) -> Options {
    let policy = Policy { on_confirm, ..POLICY };
    Options { policy, idempotency_window: WINDOW, ..options(shards) }
}

/// What is durable for sure: it never goes back.
struct Kept {
    ledger: Ledger,
    model: Model,
    records: u64,
}

/// An engine beside a model that knows everything asked, and one that knows what is durable.
struct Mirror {
    shop: Shop,
    shards: usize,
    random: fastrand::Rng,
    policy: Policy,
    model: Model,
    /// What a retry is told again; gone with the process.
    refused: BTreeMap<ReservationId, (Millis, ReservePrint, naive::Answer)>,
    kept: Kept,
    /// Asked since the last commit.
    pending: Vec<(Command, Millis)>,
    waiting: Vec<(u32, naive::Answer, Command)>,
    asked: VecDeque<Command>,
    commands: u64,
    crashes: u64,
    lost: u64,
}

impl Mirror {
    fn new(seed: u64) -> Self {
        let on_confirm = if seed.is_multiple_of(4) { OnConfirm::Fulfil } else { OnConfirm::Allocate };
        let policy = Policy { on_confirm, ..POLICY };
        let shards = 2 + seed as usize % 4;
        let kept = Kept { ledger: Ledger::default(), model: Model::new(policy), records: 0 };
        Self {
            shop: Shop::on(
                FaultyDisk::new(),
                Arc::default(),
                Clockwork::default(),
                &engine_options(shards, on_confirm),
            ),
            shards,
            random: fastrand::Rng::with_seed(seed),
            policy,
            model: Model::new(policy),
            refused: BTreeMap::new(),
            kept,
            pending: Vec::new(),
            waiting: Vec::new(),
            asked: VecDeque::new(),
            commands: 0,
            crashes: 0,
            lost: 0,
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Ask(command) => self.ask(from_now(command, self.shop.engine.now())),
            Step::Reserve(reserve) => {
                let id = self.free_name().unwrap_or_else(|| reserve.id.clone());
                self.ask(naive::asks::asked(Reserve { id, ..reserve }));
            }
            Step::Again(back) => {
                if let Some(at) = self.asked.len().checked_sub(back) {
                    self.ask(self.asked[at].clone());
                }
            }
            Step::Pass(span) => self.pass(span),
            // The engine does these by itself when time passes.
            Step::Sweep | Step::Turn | Step::Forget(..) => {}
        }
        match self.random.u8(..100) {
            0..=9 => self.commit(),
            10 => self.crash(),
            _ => {}
        }
    }

    fn free_name(&self) -> Option<ReservationId> {
        let is_known = |id: &ReservationId| self.model.holds().any(|hold| hold.id == *id);
        names().find(|id| !is_known(id) && !self.refused.contains_key(id))
    }

    fn ask(&mut self, command: Command) {
        let now = self.shop.engine.now();
        let expected = self.expect(&command, now);
        let ticket = self.shop.submit(Request::Command(command.clone()));
        self.waiting.push((ticket, expected, command.clone()));
        self.hear();
        self.asked.push_back(command);
        if self.asked.len() > REMEMBERED {
            self.asked.pop_front();
        }
        self.commands += 1;
    }

    /// What the model says, with the memory of refusals that it does not have.
    fn expect(&mut self, command: &Command, now: Millis) -> naive::Answer {
        if let Command::Reserve(reserve) = command
            && let Some((_, asked, answer)) = self.refused.get(&reserve.id)
        {
            return match asked.first_difference(&reserve.print) {
                Some(field) => told::answer(&Outcome::Refused(Refusal::IdempotencyMismatch { field })),
                None => again(answer),
            };
        }
        self.pending.push((command.clone(), now));
        let answer = self.model.answer(command, now).answer;
        if let (Command::Reserve(reserve), naive::Answer::No(why)) = (command, &answer) {
            let word = why.split(' ').next().unwrap_or_default();
            let word = if word == "limit" { "limit_exceeded" } else { word };
            if ["insufficient_stock", "limit_exceeded", "sale_closed"].contains(&word) {
                self.refused.insert(reserve.id.clone(), (now, reserve.print, answer.clone()));
            }
        }
        answer
    }

    /// Compares every answer that was given by now.
    fn hear(&mut self) {
        let shop = &mut self.shop;
        self.waiting.retain(|(ticket, expected, command)| match shop.answer(*ticket) {
            None => true,
            Some(Answer::Outcome(outcome)) => {
                assert_eq!(told::answer(&outcome), *expected, "engine, then model, on {command:?}");
                false
            }
            Some(other) => panic!("{other:?} is no answer to {command:?}"),
        });
    }

    fn commit(&mut self) {
        self.shop.commit();
        self.hear();
        assert!(self.waiting.is_empty(), "everything is durable, and {:?} was not answered", self.waiting);
        self.keep(self.shop.engine.durable_mark().0);
        assert!(self.pending.is_empty(), "the engine made fewer records than the model: {:?}", self.pending);
        assert_eq!(self.shop.engine.digest(), self.kept.ledger.digest());
    }

    /// Takes what has brought about records up to this one over to what is kept.
    fn keep(&mut self, records: u64) {
        let kept = &mut self.kept;
        let mut taken = 0;
        for (command, now) in &self.pending {
            let decision = decide(&kept.ledger, &self.policy, command, *now);
            let more = decision.events.len() as u64;
            if kept.records + more > records {
                break;
            }
            kept.model.answer(command, *now);
            decision.events.iter().for_each(|event| kept.ledger.apply(event));
            kept.records += more;
            taken += 1;
        }
        let next = self.pending.get(taken);
        assert_eq!(kept.records, records, "a crash keeps all records of a decision or none: {next:?}");
        self.pending.drain(..taken);
    }

    /// Takes over what time has brought about. In which order is the engine's affair, and with it how
    /// many records tell of a sale that is sold out for an instant; what it comes to is not.
    fn keep_settled(&mut self) {
        let kept = &mut self.kept;
        for (command, now) in self.pending.drain(..) {
            let decision = decide(&kept.ledger, &self.policy, &command, now);
            kept.model.answer(&command, now);
            decision.events.iter().for_each(|event| kept.ledger.apply(event));
        }
        kept.records = self.shop.engine.durable_mark().0;
        assert_eq!(self.shop.engine.digest(), kept.ledger.digest(), "after the clock went on");
    }

    /// Time goes by, and the engine does what it has made due.
    fn pass(&mut self, span: Millis) {
        self.commit();
        self.shop.clock.pass(span.0);
        self.settle();
    }

    fn settle(&mut self) {
        for _ in 0..3 {
            self.shop.engine.tick();
        }
        let now = self.shop.engine.now();
        while self.settle_model(now) {}
        self.shop.commit();
        self.keep_settled();
        self.shop.project();
        if self.random.u8(..8) == 0 {
            self.shop.checkpointer.checkpoint().expect("the projection is sound");
        }
        // What ended is forgotten once the projection has it, which one tick learns and the next uses.
        self.shop.engine.tick();
        self.shop.engine.tick();
        self.forget(now);
    }

    /// Shard by shard, as the engine does: a sale that opens in the millisecond in which its last hold
    /// expires was sold out before, or was not.
    fn settle_model(&mut self, now: Millis) -> bool {
        let routing = Routing::new(self.shards);
        let before = self.pending.len();
        for shard in 0..routing.shards() {
            let sales = self.model.due_sales(now).into_iter().filter(|sale| routing.of_sale(sale) == shard);
            for sale in sales {
                self.happen(Command::TurnSale(sale), now);
            }
            for (_, id) in self.model.due(now) {
                let hold = self.model.holds().find(|hold| hold.id == id).expect("what is due is known");
                let mut skus = hold.pieces.iter().map(|piece| routing.of_sku(&piece.sku));
                if skus.any(|home| home == shard) || hold.sale.as_ref().is_some_and(|id| routing.of_sale(id) == shard) {
                    self.happen(Command::Expire(id), now);
                }
            }
        }
        self.pending.len() > before
    }

    fn happen(&mut self, command: Command, now: Millis) {
        self.model.answer(&command, now);
        self.pending.push((command, now));
    }

    fn forget(&mut self, now: Millis) {
        let horizon = Millis(now.0 - WINDOW.0);
        let ledger = &mut self.kept.ledger;
        let ended: Vec<_> = std::iter::from_fn(|| ledger.forget_ended(horizon, usize::MAX, Millis(u64::MAX))).collect();
        while ledger.forget_adjusted(horizon, usize::MAX) {}
        for model in [&mut self.model, &mut self.kept.model] {
            model.forget_ended(horizon, usize::MAX, &ended);
            model.forget_adjusted(horizon, usize::MAX);
        }
        self.refused.retain(|_, (at, ..)| *at >= horizon);
    }

    /// The power goes, and comes back to another number of shards.
    fn crash(&mut self) {
        let acknowledged = self.shop.engine.durable_mark();
        let (disk, clock) = (self.shop.disk.clone(), self.shop.clock.clone());
        let projection = Arc::clone(&self.shop.projection);
        disk.crash(self.random.u64(..));
        projection.crash();
        self.shards = self.random.usize(1..=5);
        self.shop = Shop::on(disk, projection, clock, &engine_options(self.shards, self.policy.on_confirm));
        assert!(self.shop.opened.last_lsn >= acknowledged, "acknowledged records are lost");
        self.keep(self.shop.opened.last_lsn.0);
        self.crashes += 1;
        self.lost += self.pending.len() as u64;
        self.pending.clear();
        self.waiting.clear();
        self.refused.clear();
        self.model = self.kept.model.clone();
        assert_eq!(self.shop.engine.digest(), self.kept.ledger.digest(), "after a crash");
        self.settle();
        self.compare_reservations();
    }

    /// Ended ones are not part of the digest.
    fn compare_reservations(&mut self) {
        let expected: Vec<_> = self.model.holds().cloned().collect();
        for hold in expected {
            let name = id(hold.id.as_str());
            let Answer::Reservation(Some(seen)) = self.shop.ask(Request::Reservation(name)) else {
                panic!("{hold:?} is lost")
            };
            assert_eq!(told::hold(&seen), hold);
        }
    }
}

fn again(answer: &naive::Answer) -> naive::Answer {
    match answer {
        naive::Answer::No(why) => naive::Answer::No(format!("again {why}")),
        other => other.clone(),
    }
}

const DAY_STEPS: usize = 4_000;
const DAYS: u64 = 300;

fn play(seed: u64) -> Mirror {
    let mut mirror = Mirror::new(seed);
    for step in seeded(seed).take(DAY_STEPS) {
        mirror.take(step);
    }
    mirror.commit();
    mirror.compare_reservations();
    mirror
}

#[test]
fn engine_and_model_agree_over_crashes_and_any_number_of_shards() {
    let sum = |days: std::ops::Range<u64>| {
        days.map(play).fold((0, 0, 0), |(commands, crashes, lost), day| {
            (commands + day.commands, crashes + day.crashes, lost + day.lost)
        })
    };
    let (one, other) = std::thread::scope(|scope| {
        let one = scope.spawn(|| sum(0..DAYS / 2));
        (sum(DAYS / 2..DAYS), one.join().expect("the other days agree too"))
    });
    let (commands, crashes, lost) = (one.0 + other.0, one.1 + other.1, one.2 + other.2);
    println!("{commands} commands, {crashes} crashes that lost {lost} unacknowledged commands");
    assert!(commands > 1_000_000 && crashes > 10_000 && lost > 10_000);
}

/// `make soak`: days that no test run has met.
#[test]
#[ignore = "takes minutes: make soak"]
fn soak_engine_and_model() {
    naive::soak("engine", DAYS, |seed| play(seed).commands);
}

/// In this one, two holds that end at once open a sale by way of sold out, or do not.
#[test]
fn the_day_of_seed_4411_agrees() {
    play(4411);
}
