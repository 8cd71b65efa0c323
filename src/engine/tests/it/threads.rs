//! Real threads: no deadlock, no oversell, and whatever the order was, the log tells the same.

use crate::asks::{confirm, extend, get, look, release, reserve, reserve_for, sku_per_shard, stock, told};
use crate::callers::{Caller, Driver};
use crate::shop::{Shop, options};
use engine::{Answer, Engine, EngineMetrics, MemoryProjection, Options, Progress, Projection, Running};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;

const THREADS: usize = 8;
const SHARDS: usize = 4;

/// Runs one caller a thread and counts what they were told.
fn storm(
    engine: &Arc<Engine>,
    work: impl Fn(usize, &mut dyn FnMut(engine::Request) -> String) + Sync,
) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    thread::scope(|scope| {
        let work = &work;
        let run = |number: usize| {
            let mut caller = Caller::new(engine);
            let mut told = BTreeMap::<String, u64>::new();
            work(number, &mut |request| {
                let answer = caller.tell(request);
                let word = if answer.contains('/') { "a view" } else { &answer };
                *told.entry(word.to_owned()).or_default() += 1;
                answer
            });
            told
        };
        let threads: Vec<_> = (0..THREADS).map(|number| scope.spawn(move || run(number))).collect();
        for thread in threads {
            for (answer, count) in thread.join().expect("a caller does not panic") {
                *counts.entry(answer).or_default() += count;
            }
        }
    });
    counts
}

/// Each bucket as (on hand beyond promised, held, allocated), told by reads only.
fn figures(shop: &mut Shop, skus: &[String]) -> Vec<(i64, u32, u32)> {
    let names: Vec<&str> = skus.iter().map(String::as_str).collect();
    let Answer::Stock(view) = shop.ask(look(&names)) else { panic!("a view was asked for") };
    let found = view.found.iter().flatten();
    found.map(|stock| (stock.available(), stock.locations[0].held, stock.locations[0].allocated)).collect()
}

/// Carts over all shards in opposite orders, against single lines and verbs on everything.
#[test]
fn carts_in_opposite_orders_neither_deadlock_nor_oversell() {
    const ROUNDS: usize = 400;
    const UNITS: u32 = 60;
    let options = options(SHARDS);
    let skus = sku_per_shard(SHARDS);
    let mut shop = Shop::new(&options);
    for name in &skus {
        shop.tell(stock(name, UNITS));
    }
    let engine = shop.engine.clone();
    let driver = Driver::start(shop);
    let counts = storm(&engine, |number, tell| {
        let mut random = fastrand::Rng::with_seed(number as u64);
        let mut order: Vec<&str> = skus.iter().map(String::as_str).collect();
        if number % 2 == 1 {
            order.reverse();
        }
        for round in 0..ROUNDS {
            let name = format!("{number}-{round}");
            let lines = &order[random.usize(..SHARDS)..];
            let lines: Vec<(&str, u64)> = lines.iter().map(|sku| (*sku, random.u64(1..=2))).collect();
            tell(reserve(&name, &lines));
            // Somebody else's reservation as often as one's own.
            let other = format!("{}-{}", random.usize(..THREADS), random.usize(..=round));
            for target in [&other, &name] {
                match random.u8(..32) {
                    0 => tell(confirm(target)),
                    1..=24 => tell(release(target)),
                    25..=27 => tell(extend(target, 30_000)),
                    28..=30 => tell(get(target)),
                    _ => tell(look(&order)),
                };
            }
        }
    });
    let mut shop = driver.stop();
    println!("{THREADS} threads were told {counts:?}");
    for needed in ["reserved", "insufficient_stock", "confirmed", "released", "held", "reservation_not_found"] {
        assert!(counts.contains_key(needed), "{needed} was never met");
    }
    let mut promised: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    for number in 0..THREADS {
        for round in 0..ROUNDS {
            let answer = shop.ask(get(&format!("{number}-{round}")));
            let Some(seen) = crate::asks::reservation_in(&answer) else { continue };
            for line in &seen.lines {
                let sums = promised.entry(line.sku.as_str().to_owned()).or_default();
                match seen.state {
                    ledger::State::Held => sums.0 += line.quantity,
                    ledger::State::Confirmed => sums.1 += line.quantity,
                    _ => {}
                }
            }
        }
    }
    for (name, (available, held, allocated)) in skus.iter().zip(figures(&mut shop, &skus)) {
        assert!(available >= 0, "{name} is oversold");
        assert_eq!(available + i64::from(held) + i64::from(allocated), i64::from(UNITS), "{name}");
        assert_eq!(promised.get(name).copied().unwrap_or_default(), (held, allocated), "{name}");
    }
    let digest = shop.engine.digest();
    assert_eq!(shop.reopen(&crate::shop::options(1)).engine.digest(), digest, "a serial replay comes to the same");
}

#[test]
fn the_last_units_go_to_exactly_as_many() {
    const ROUNDS: usize = 200;
    const UNITS: u32 = 100;
    let options = Options { queue_capacity: 4, ..options(1) };
    let mut shop = Shop::new(&options);
    shop.tell(stock("a", UNITS));
    let engine = shop.engine.clone();
    let driver = Driver::start(shop);
    let counts = storm(&engine, |number, tell| {
        for round in 0..ROUNDS {
            // A full queue of four is told at once; trying again is the caller's affair.
            while tell(reserve(&format!("{number}-{round}"), &[("a", 1)])) == "queue_full" {}
        }
    });
    println!("{THREADS} threads were told {counts:?}");
    assert_eq!(counts["reserved"], u64::from(UNITS));
    assert_eq!(counts["insufficient_stock"], (THREADS * ROUNDS) as u64 - u64::from(UNITS));
    assert_eq!(figures(&mut driver.stop(), &["a".to_owned()]), [(0, UNITS, 0)]);
}

#[test]
fn holds_that_expire_under_load_come_back_and_are_sold_again() {
    const ROUNDS: usize = 300;
    let options = options(SHARDS);
    let skus = sku_per_shard(SHARDS);
    let mut shop = Shop::new(&options);
    for name in &skus {
        shop.tell(stock(name, 2));
    }
    let (engine, clock) = (shop.engine.clone(), shop.clock.clone());
    let driver = Driver::start(shop);
    let counts = storm(&engine, |number, tell| {
        for round in 0..ROUNDS {
            let (one, two) = (&skus[(number + round) % SHARDS], &skus[(number + 3 * round + 1) % SHARDS]);
            tell(reserve_for(&format!("{number}-{round}"), 5 + round as u64 % 7, &[(one, 1), (two, 1)]));
            clock.pass(1);
        }
    });
    println!("{THREADS} threads were told {counts:?}");
    assert!(counts["reserved"] > 8, "units were sold more than once");
    let mut shop = driver.stop();
    shop.clock.pass(1_000);
    shop.sweep();
    assert_eq!(figures(&mut shop, &skus), [(2, 0, 0); SHARDS]);
    let digest = shop.engine.digest();
    assert_eq!(shop.reopen(&crate::shop::options(2)).engine.digest(), digest);
}

#[test]
fn a_running_engine_serves_threads_over_a_real_directory() {
    const ROUNDS: usize = 40;
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let projection = Arc::new(MemoryProjection::default());
    let start = |shards| {
        let projection = Arc::clone(&projection);
        let metrics = EngineMetrics::new(&metrics::NoopRecorder);
        let lock = wal::DirectoryLock::acquire(directory.path()).expect("nobody else uses it");
        let progress = Progress::default();
        let started = Running::start(lock, directory.path(), projection, options(shards), metrics, &progress);
        started.expect("the log is sound")
    };
    let running = start(3);
    let skus = sku_per_shard(3);
    let mut setter = Caller::new(running.engine());
    for name in &skus {
        assert_eq!(setter.tell(stock(name, 1_000)), "1000 now");
    }
    let counts = storm(running.engine(), |number, tell| {
        for round in 0..ROUNDS {
            let name = format!("{number}-{round}");
            assert_eq!(tell(reserve(&name, &[(&skus[round % 3], 1), (&skus[number % 3], 1)])), "reserved");
            let (verb, expected) =
                if round % 2 == 0 { (confirm(&name), "confirmed") } else { (release(&name), "released") };
            assert_eq!(tell(verb), expected);
        }
    });
    println!("{THREADS} threads were told {counts:?}");
    let digest = running.engine().digest();
    assert!(wal::DirectoryLock::acquire(directory.path()).is_err(), "the directory is locked while it is used");
    let checkpoint = running.checkpoints().take().expect("the projection is sound");
    assert_eq!(checkpoint.lsn, running.engine().durable_mark(), "it covers all that was acknowledged");
    running.stop().expect("the disk is sound");
    let running = start(2);
    assert_eq!(running.engine().digest(), digest);
    assert_eq!(running.opened().torn_bytes, 0);
    assert_eq!(running.opened().last_lsn, projection.flushed());
    let mut caller = Caller::new(running.engine());
    assert_eq!(told(&caller.ask(get("7-38"))), "confirmed");
    assert_eq!(told(&caller.ask(get("7-39"))), "released");
    running.stop().expect("the disk is sound");
}
