//! What only private parts show: lanes and claims while somebody else has a shard's lock.

use super::*;
use crate::{MemoryProjection, Parts, Progress, TimeSource};
use ledger::{
    Channel, Confirm, ConfirmPrint, Location, OnHand, Policy, Quantity, Reserve, ReservePrint, SetStock, Sku, Want,
};
use std::collections::BTreeMap;
use wal::faulty::FaultyDisk;

/// Passes with every look.
#[derive(Default)]
struct Ticking(AtomicU64);

impl TimeSource for Ticking {
    fn wall_us(&self) -> u64 {
        1_800_000_000_000_000
    }

    fn monotonic_us(&self) -> u64 {
        self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
    }
}

struct Bench {
    parts: Parts<FaultyDisk>,
    port: Arc<Port>,
    asked: u32,
    told: BTreeMap<u32, Answer>,
}

impl Bench {
    fn new(shards: usize, queue_capacity: usize) -> Self {
        let policy = Policy { default_ttl: Millis(60_000), max_hold: Millis(600_000), ..Options::default().policy };
        let log = wal::Options { segment_bytes: 1 << 20, reserve_bytes: 64 << 10, ..wal::Options::default() };
        let options =
            Options { shards, queue_capacity, policy, log, commit_buffer_bytes: 16 << 10, ..Options::default() };
        let metrics = EngineMetrics::new(&metrics::NoopRecorder);
        let (projection, time) = (Arc::<MemoryProjection>::default(), Box::new(Ticking::default()));
        let parts = crate::open(FaultyDisk::new(), projection, options, time, metrics, &Progress::default());
        let parts = parts.expect("an empty disk is a sound log");
        let mut bench = Self { parts, port: Port::new(|| {}), asked: 0, told: BTreeMap::new() };
        bench.submit(stock("a", 10));
        bench.submit(stock("b", 10));
        bench.commit();
        bench
    }

    fn engine(&self) -> &Arc<Engine> {
        &self.parts.engine
    }

    fn submit(&mut self, request: Request) -> u32 {
        self.asked += 1;
        if let Some(answer) = self.parts.engine.submit(&self.port, Ticket(self.asked), request) {
            self.told.insert(self.asked, answer);
        }
        self.asked
    }

    fn commit(&mut self) {
        while self.parts.preparer.step().expect("the disk is sound") == wal::Prepared::Worked {}
        while self.parts.committer.step().expect("the disk is sound") != crate::Step::Idle {}
        let told = &mut self.told;
        self.parts.engine.collect(&self.port, |ticket, answer| {
            assert!(told.insert(ticket.0, answer).is_none(), "answered twice");
        });
    }

    fn outcome(&self, ticket: u32) -> &Outcome {
        match &self.told[&ticket] {
            Answer::Outcome(outcome) => outcome,
            other => panic!("{other:?} is no outcome"),
        }
    }

    fn is_queue_full(&self, ticket: u32) -> bool {
        matches!(self.told.get(&ticket), Some(Answer::Unavailable(Unavailable::QueueFull)))
    }

    /// Every entry of the directory is a reservation or a remembered refusal, and the other way round.
    fn check_claims(&self) {
        let status = self.engine().shards();
        let known: u64 = status
            .iter()
            .map(|shard| shard.live_reservations + shard.ended_reservations + shard.remembered_refusals as u64)
            .sum();
        assert_eq!(self.engine().directory.len() as u64, known);
    }
}

fn id(name: &str) -> ReservationId {
    ReservationId::parse(name).expect("a valid name")
}

fn sku(name: &str) -> Sku {
    Sku::parse(name).expect("a valid name")
}

fn stock(name: &str, on_hand: u32) -> Request {
    Request::Command(Command::SetStock(SetStock {
        sku: sku(name),
        location: Location::default_location(),
        on_hand: OnHand::Exactly(on_hand),
        safety_stock: None,
        unavailable: None,
        backorder_limit: None,
        if_version: None,
        source_ts: None,
    }))
}

fn reserve(name: &str, skus: &[&str], quantity: u64) -> Request {
    let want = |name: &&str| Want {
        sku: sku(name),
        location: None,
        quantity: Quantity::new(quantity).expect("a valid quantity"),
    };
    Request::Command(Command::Reserve(Reserve {
        id: id(name),
        customer: None,
        channel: Some(Channel::parse("web").expect("a valid name")),
        sale: None,
        ttl: None,
        mode: ledger::Mode::AllOrNothing,
        wants: skus.iter().map(want).collect(),
        print: ReservePrint::new(None, Some("web"), None, None, "all", format!("{skus:?} {quantity}").as_bytes()),
    }))
}

fn release(name: &str) -> Request {
    Request::Command(Command::Release(id(name)))
}

fn confirm(name: &str) -> Request {
    let print = ConfirmPrint::default();
    Request::Command(Command::Confirm(Confirm {
        id: id(name),
        order: None,
        lines: None,
        if_expired: ledger::IfExpired::Refuse,
        print,
    }))
}

#[test]
fn a_full_lane_is_told_at_once_and_leaves_no_claim() {
    let mut bench = Bench::new(1, 3);
    let held = bench.submit(reserve("known", &["a"], 1));
    bench.commit();
    assert!(matches!(bench.outcome(held), Outcome::Reserved(_)));
    let engine = Arc::clone(bench.engine());
    let somebody = engine.shards[0].books.lock();
    let queued: Vec<u32> = (0..3).map(|n| bench.submit(reserve(&format!("r-{n}"), &["a"], 1))).collect();
    let refused = bench.submit(reserve("refused", &["a"], 1));
    let duplicate = bench.submit(reserve("r-0", &["a"], 1));
    let read = bench.submit(Request::Reservation(id("known")));
    for ticket in [refused, duplicate, read] {
        assert!(bench.is_queue_full(ticket));
    }
    let settled = bench.submit(confirm("known"));
    assert!(!bench.is_queue_full(settled), "the settle lane has its own places");
    assert_eq!(engine.directory.len(), 4, "what was refused is not claimed");
    drop(somebody);
    engine.look_again(ShardSet::one(0));
    bench.commit();
    for ticket in queued {
        assert!(matches!(bench.outcome(ticket), Outcome::Reserved(_)));
    }
    assert!(matches!(bench.outcome(settled), Outcome::Reservation { replayed: false, .. }));
    let again = bench.submit(reserve("refused", &["b"], 2));
    bench.commit();
    assert!(matches!(bench.outcome(again), Outcome::Reserved(_)), "the id is free for another body");
    bench.check_claims();
}

#[test]
fn what_settles_goes_before_what_takes() {
    let mut bench = Bench::new(1, 8);
    bench.submit(reserve("first", &["a"], 10));
    bench.commit();
    let engine = Arc::clone(bench.engine());
    let somebody = engine.shards[0].books.lock();
    let taken = bench.submit(reserve("second", &["a"], 10));
    let given_back = bench.submit(release("first"));
    drop(somebody);
    engine.look_again(ShardSet::one(0));
    bench.commit();
    assert!(matches!(bench.outcome(given_back), Outcome::Reservation { .. }));
    assert!(matches!(bench.outcome(taken), Outcome::Reserved(_)), "asked first, but served after what settles");
}

#[test]
fn who_gets_the_lock_works_off_what_waits() {
    let mut bench = Bench::new(1, 1_000);
    let engine = Arc::clone(bench.engine());
    let somebody = engine.shards[0].books.lock();
    let queued: Vec<u32> = (0..200).map(|n| bench.submit(reserve(&format!("r-{n}"), &["a"], 1))).collect();
    assert_eq!(engine.shards[0].lanes.depth(), (0, 200));
    drop(somebody);
    let last = bench.submit(reserve("last", &["b"], 1));
    assert_eq!(engine.shards[0].lanes.depth(), (0, 0));
    bench.commit();
    let made = queued.iter().filter(|ticket| matches!(bench.outcome(**ticket), Outcome::Reserved(_))).count();
    assert_eq!(made, 10);
    assert!(matches!(bench.outcome(last), Outcome::Reserved(_)));
    assert_eq!(
        engine.shards()[0].waits,
        201,
        "who comes last queues too: overtaking would reorder one caller's requests"
    );
}

/// Two ids for one name, whose bodies live on different shards: the second follows the claim.
#[test]
fn a_duplicate_follows_the_claim_of_one_in_flight() {
    let mut bench = Bench::new(2, 8);
    let engine = Arc::clone(bench.engine());
    let names: Vec<String> = (0..20).map(|number| format!("sku-{number}")).collect();
    for name in &names {
        bench.submit(stock(name, 10));
    }
    bench.commit();
    let on = |shard| names.iter().find(|name| engine.routing.of_sku(&sku(name)) == shard).expect("twenty names");
    let (here, there) = (on(0), on(1));
    let somebody = engine.shards[0].books.lock();
    let first = bench.submit(reserve("r", &[here], 1));
    drop(somebody);
    let second = bench.submit(reserve("r", &[there], 1));
    bench.commit();
    let made = |ticket| matches!(bench.outcome(ticket), Outcome::Reserved(_));
    assert!(made(first) != made(second), "exactly one is made");
    let other = if made(first) { second } else { first };
    assert!(matches!(bench.outcome(other), Outcome::Refused(Refusal::IdempotencyMismatch { field: "lines" })));
    bench.check_claims();
}

/// Every way in which a reserve can end, in one storm, with the shards' locks taken now and then.
#[test]
fn no_claim_outlives_its_request() {
    let mut counts = BTreeMap::<String, u32>::new();
    for seed in 0..8 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut bench = Bench::new(3, 4);
        let engine = Arc::clone(bench.engine());
        let skus = ["a", "b", "unknown"];
        for _ in 0..3_000 {
            // Only single-shard requests are asked under a lock: a cart waits for its locks.
            let locked = random.u8(..3) == 0;
            let somebody = locked.then(|| engine.shards[random.usize(..3)].books.lock());
            for _ in 0..random.usize(1..=12) {
                let name = format!("r-{}", random.u32(..20_000));
                let one = skus[random.usize(..3)];
                let free = engine.directory.find(&id(&name)).is_none();
                match random.u8(..8) {
                    0..=5 if locked && free => bench.submit(reserve(&name, &[one], random.u64(1..=3))),
                    0..=5 if !locked => bench.submit(reserve(&name, &[one, "b"][..random.usize(1..=2)], 1)),
                    6 if !locked => bench.submit(release(&name)),
                    7 if !locked => bench.submit(stock(skus[random.usize(..2)], random.u32(5..40))),
                    _ => 0,
                };
            }
            drop(somebody);
            for shard in 0..3 {
                engine.look_again(ShardSet::one(shard));
            }
            if random.u8(..8) == 0 {
                bench.commit();
                bench.check_claims();
            }
        }
        bench.commit();
        bench.check_claims();
        for answer in bench.told.values() {
            let word = match answer {
                Answer::Outcome(Outcome::Reserved(_)) => "reserved",
                Answer::Outcome(Outcome::Refused(refusal)) => refusal.code(),
                Answer::Outcome(_) => "other",
                Answer::Unavailable(why) => why.reason(),
                other => panic!("{other:?} was not asked for"),
            };
            *counts.entry(word.to_owned()).or_default() += 1;
        }
    }
    println!("{counts:?}");
    for needed in ["reserved", "insufficient_stock", "unknown_sku", "idempotency_mismatch", "queue_full"] {
        assert!(counts.contains_key(needed), "{needed} was never met");
    }
}

/// A stock write that was queued behind others is not overtaken by a later one of the same caller.
#[test]
fn requests_of_one_caller_keep_their_order() {
    let mut bench = Bench::new(1, 1_000);
    let engine = Arc::clone(bench.engine());
    let somebody = engine.shards[0].books.lock();
    for n in 0..100 {
        bench.submit(reserve(&format!("r-{n}"), &["a"], 1));
    }
    let earlier = bench.submit(stock("z", 5));
    drop(somebody);
    let later = bench.submit(stock("z", 7));
    bench.commit();
    for ticket in [earlier, later] {
        assert!(matches!(bench.outcome(ticket), Outcome::Stock { .. }));
    }
    let books = engine.shards[0].books.lock();
    let seen = books.ledger.skus().find(|stock| stock.sku == sku("z")).map(ledger::SkuStock::available);
    assert_eq!(seen, Some(7));
}
