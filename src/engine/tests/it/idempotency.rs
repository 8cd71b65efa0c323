//! The same request again is told the same again; another under the same key is told so.

use crate::asks::{adjust, confirm, get, look, release, reserve, sku_per_shard, stock, told};
use crate::callers::{Caller, Driver};
use crate::shop::{Shop, options};
use std::collections::BTreeMap;
use std::sync::Barrier;
use std::thread;

#[test]
fn the_same_request_is_replayed_as_the_reservation_is_now() {
    let mut shop = Shop::new(&options(2));
    shop.tell(stock("a", 5));
    assert_eq!(shop.tell(reserve("r", &[("a", 2)])), "reserved");
    assert_eq!(shop.tell(reserve("r", &[("a", 2)])), "held again");
    assert_eq!(shop.tell(confirm("r")), "confirmed");
    assert_eq!(shop.tell(reserve("r", &[("a", 2)])), "confirmed again");
    assert_eq!(shop.tell(look(&["a"])), "3/0/2");
}

#[test]
fn another_body_under_the_same_key_is_told_the_field() {
    let mut shop = Shop::new(&options(4));
    let apart = sku_per_shard(4);
    for name in &apart {
        shop.tell(stock(name, 5));
    }
    shop.tell(reserve("r", &[(&apart[1], 2)]));
    for other in &apart {
        // Wherever the other body's SKUs live, the first one's home decides.
        assert_eq!(shop.tell(reserve("r", &[(other, 3)])), "idempotency_mismatch lines");
    }
    assert_eq!(shop.tell(crate::asks::reserve_for("r", 9, &[(&apart[1], 2)])), "idempotency_mismatch ttl_ms");
    let all: Vec<&str> = apart.iter().map(String::as_str).collect();
    assert_eq!(shop.tell(look(&all)), "5/0/0 3/2/0 5/0/0 5/0/0");
}

#[test]
fn a_remembered_refusal_stands_even_when_stock_came_back() {
    let mut shop = Shop::new(&options(2));
    shop.tell(stock("a", 1));
    shop.tell(reserve("first", &[("a", 1)]));
    assert_eq!(shop.tell(reserve("second", &[("a", 1)])), "insufficient_stock");
    assert_eq!(shop.tell(release("first")), "released");
    assert_eq!(shop.tell(reserve("second", &[("a", 1)])), "insufficient_stock again");
    assert_eq!(shop.tell(reserve("second", &[("a", 2)])), "idempotency_mismatch lines");
    assert_eq!(shop.tell(get("second")), "nobody");
    assert_eq!(shop.tell(reserve("third", &[("a", 1)])), "reserved");
}

#[test]
fn other_refusals_are_decided_anew() {
    let mut shop = Shop::new(&options(2));
    assert_eq!(shop.tell(reserve("r", &[("a", 1)])), "unknown_sku");
    shop.tell(stock("a", 1));
    assert_eq!(shop.tell(reserve("r", &[("a", 1)])), "reserved");
}

#[test]
fn a_keyed_adjustment_counts_once() {
    let mut shop = Shop::new(&options(2));
    shop.tell(stock("a", 5));
    assert_eq!(shop.tell(adjust("a", -2, Some("k"))), "3 now");
    assert_eq!(shop.tell(adjust("a", -2, Some("k"))), "3 before");
    assert_eq!(shop.tell(adjust("a", -1, Some("k"))), "idempotency_mismatch delta");
    assert_eq!(shop.tell(adjust("a", -2, None)), "1 now");
}

/// Every thread asks the same ids at the same time; bodies differ, and differ in their shards.
#[test]
fn of_concurrent_duplicates_exactly_one_is_made() {
    const THREADS: usize = 6;
    const ROUNDS: usize = 300;
    let options = options(3);
    let apart = sku_per_shard(3);
    let mut shop = Shop::new(&options);
    for name in &apart {
        shop.tell(stock(name, 1_000_000));
    }
    let engine = shop.engine.clone();
    let driver = Driver::start(shop);
    let barrier = Barrier::new(THREADS);
    let mut answers: BTreeMap<usize, Vec<(usize, String)>> = BTreeMap::new();
    thread::scope(|scope| {
        let ask_all = |number: usize| {
            let mut caller = Caller::new(&engine);
            let mut told = Vec::new();
            for round in 0..ROUNDS {
                barrier.wait();
                let body = (number + round) % 3;
                let request = reserve(&format!("r-{round}"), &[(&apart[body], 1)]);
                told.push((round, body, caller.tell(request)));
            }
            told
        };
        let threads: Vec<_> = (0..THREADS).map(|number| scope.spawn(move || ask_all(number))).collect();
        for thread in threads {
            for (round, body, told) in thread.join().expect("a caller does not panic") {
                answers.entry(round).or_default().push((body, told));
            }
        }
    });
    let mut shop = driver.stop();
    for (round, told) in &answers {
        let made: Vec<usize> = told.iter().filter(|(_, told)| told == "reserved").map(|(body, _)| *body).collect();
        assert_eq!(made.len(), 1, "round {round}: {told:?}");
        for (body, told) in told.iter().filter(|(_, told)| told != "reserved") {
            let expected = if *body == made[0] { "held again" } else { "idempotency_mismatch lines" };
            assert_eq!(told, expected, "round {round}");
        }
    }
    assert_eq!(shop.engine.totals().held_units, ROUNDS as u64);
    println!("{} asks of {ROUNDS} ids by {THREADS} threads, {} made", THREADS * ROUNDS, answers.len());
    let digest = shop.engine.digest();
    shop.commit();
    let mut again = shop.reopen(&options);
    assert_eq!(again.engine.digest(), digest);
    // What was made under another body's home is found after the restart too.
    for round in 0..ROUNDS {
        assert_eq!(told(&again.ask(get(&format!("r-{round}")))), "held");
        assert_eq!(again.tell(release(&format!("r-{round}"))), "released");
    }
    assert_eq!(again.engine.totals().held_units, 0);
}
