//! What happens at once: duplicates that claim different homes, one caller's requests in a row,
//! carts in opposite orders, expiry and forgetting, a disk that fails.

use crate::asks::{confirm, get, release, reserve, reserve_for, sku_per_shard};
use crate::caller::Caller;
use crate::floor::{Floor, options};
use engine::Options;
use ledger::Millis;
use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::{Config, Runner};

/// How many schedules a scenario is run in by each scheduler, where the environment names no number.
const SCHEDULES: usize = 1_000;
/// How often a schedule that is found by priorities turns them over.
const PRIORITY_CHANGES: usize = 4;
/// The engine's frames are deeper than the little stack that shuttle gives.
const STACK_BYTES: usize = 512 << 10;

fn explore(name: &str, scenario: impl Fn() + Send + Sync + Copy + 'static) {
    let named = std::env::var("INTERLEAVINGS_SCHEDULES").ok();
    let schedules = named.map_or(SCHEDULES, |number| number.parse().expect("INTERLEAVINGS_SCHEDULES is a number"));
    let mut config = Config::new();
    config.stack_size = STACK_BYTES;
    config.silence_warnings = true;
    let random = Runner::new(RandomScheduler::new(schedules), config.clone()).run(scenario);
    let by_priority = Runner::new(PctScheduler::new(PRIORITY_CHANGES, schedules), config).run(scenario);
    println!("{name}: {random} random schedules, {by_priority} by priority");
}

fn as_strs(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}

/// Four callers and one shard, no ticker: whoever has the lock works for all, or a caller sleeps on.
#[test]
fn nobody_is_left_behind_and_the_last_unit_goes_once() {
    explore("one shard", || {
        let floor = Floor::open(options(1, 16), &["a"], 3);
        let callers = (0..4).map(|number| {
            floor.caller(move |caller| {
                let (first, second) = (format!("{number}-0"), format!("{number}-1"));
                caller.tell(vec![reserve(&first, &[("a", 1)]), get(&first), reserve(&second, &[("a", 1)])])
            })
        });
        let callers: Vec<_> = callers.collect();
        let told: Vec<_> = callers.into_iter().map(|caller| caller.join().expect("a caller does not panic")).collect();
        let reserved = told.iter().flatten().filter(|word| *word == "reserved").count();
        assert_eq!(reserved, 3, "{told:?}");
        for words in &told {
            // One lane keeps one caller's order: the read comes after the reserve.
            assert_eq!(words[0] == "reserved", words[1] == "held", "{words:?}");
            // Nothing comes back here, so that who came too late once is too late for good.
            assert!(words[0] == "reserved" || words[2] != "reserved", "{words:?}");
        }
        floor.close(&["a"], 3);
    });
}

/// A queue of one place: what does not fit is told so at once and is not made, and the rest is.
#[test]
fn a_full_lane_refuses_and_forgets_nothing() {
    explore("full lanes", || {
        let floor = Floor::open(options(1, 1), &["a"], 9);
        let callers = (0..3).map(|number| {
            floor.caller(move |caller| {
                let names = [format!("{number}-0"), format!("{number}-1")];
                let told = caller.tell(names.iter().map(|name| reserve(name, &[("a", 1)])).collect());
                (names, told)
            })
        });
        let callers: Vec<_> = callers.collect();
        // Looked at when all are through: a read, too, may find the lane full.
        let told: Vec<_> = callers.into_iter().map(|caller| caller.join().expect("a caller does not panic")).collect();
        let reader = Caller::new(&floor.engine);
        for (names, told) in told {
            for (name, word) in names.iter().zip(told) {
                let seen = reader.tell(vec![get(name)]).remove(0);
                match word.as_str() {
                    "reserved" => assert_eq!(seen, "held"),
                    "queue_full" => assert_eq!(seen, "nobody", "{name}"),
                    _ => panic!("{name}: {word}"),
                }
            }
        }
        floor.close(&["a"], 9);
    });
}

/// The same id, asked for at three homes at once, and released meanwhile: it is made once.
#[test]
fn an_id_claimed_at_different_homes_is_decided_once() {
    explore("duplicates", || {
        let names = sku_per_shard(2);
        let skus = as_strs(&names);
        let floor = Floor::open(options(2, 16), &skus, 5);
        let (one, two) = (names[0].clone(), names[1].clone());
        let carts: [Vec<(String, u64)>; 3] = [vec![(one.clone(), 1)], vec![(two.clone(), 1)], vec![(two, 1), (one, 1)]];
        let callers = carts.into_iter().map(|cart| {
            floor.caller(move |caller| {
                let lines: Vec<(&str, u64)> = cart.iter().map(|(sku, quantity)| (sku.as_str(), *quantity)).collect();
                caller.tell(vec![reserve("same", &lines), get("same"), confirm("same")])
            })
        });
        let callers: Vec<_> = callers.collect();
        let told: Vec<_> = callers.into_iter().map(|caller| caller.join().expect("a caller does not panic")).collect();
        let made = told.iter().filter(|words| words[0] == "reserved").count();
        let others = told.iter().filter(|words| words[0].starts_with("idempotency_mismatch")).count();
        assert_eq!((made, others), (1, 2), "{told:?}");
        let confirmed = told.iter().filter(|words| words[2] == "confirmed").count();
        assert_eq!(confirmed, 1, "{told:?}");
        floor.close(&skus, 5);
    });
}

/// Carts in opposite orders, verbs on them, expiry and forgetting, all at once.
#[test]
fn carts_verbs_and_the_sweep_neither_deadlock_nor_lose_a_unit() {
    explore("carts and sweep", || {
        let names = sku_per_shard(2);
        let skus = as_strs(&names);
        let options = Options { idempotency_window: Millis(20), ..options(2, 4) };
        let floor = Floor::open(options, &skus, 2);
        let callers = (0..3).map(|number: usize| {
            let (one, two) = (names[number % 2].clone(), names[(number + 1) % 2].clone());
            floor.caller(move |caller| {
                let (cart, single) = (format!("{number}-cart"), format!("{}-single", number % 2));
                caller.tell(vec![
                    reserve_for(&cart, 10, &[(&one, 1), (&two, 1)]),
                    reserve_for(&single, 10, &[(&two, 1)]),
                    release(&cart),
                    confirm(&single),
                ])
            })
        });
        let callers: Vec<_> = callers.collect();
        let ticker = floor.ticker(4, 7);
        for caller in callers {
            caller.join().expect("a caller does not panic");
        }
        ticker.join().expect("the ticker does not panic");
        floor.close(&skus, 2);
    });
}

/// A sync fails under callers who wait: each is told, and nothing is acknowledged that is not durable.
#[test]
fn a_disk_that_fails_is_told_to_all_who_wait() {
    explore("failing disk", || {
        let floor = Floor::open(options(1, 16), &["a"], 9);
        floor.fail_next_sync();
        let callers = (0..3).map(|number| {
            floor.caller(move |caller| {
                let names = [format!("{number}-0"), format!("{number}-1")];
                caller.tell(names.iter().map(|name| reserve(name, &[("a", 1)])).collect())
            })
        });
        let callers: Vec<_> = callers.collect();
        for caller in callers {
            let told = caller.join().expect("a caller does not panic");
            assert_eq!(told, ["storage_failed", "storage_failed"]);
        }
        assert!(floor.engine.failure().is_some());
    });
}
