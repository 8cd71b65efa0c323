//! What is remembered is bounded by age and number; what is live is never forgotten.

use crate::asks::{adjust, get, look, release, reserve, reserve_for, stock};
use crate::shop::{Shop, options};
use engine::Options;
use ledger::Millis;

fn forgetful(window_ms: u64, keys: usize) -> Options {
    Options { idempotency_window: Millis(window_ms), idempotency_max_keys: keys, ..options(2) }
}

#[test]
fn the_window_bounds_what_is_remembered() {
    let mut shop = Shop::new(&forgetful(1_000, 1_000));
    shop.tell(stock("a", 1));
    shop.tell(reserve("ended", &[("a", 1)]));
    shop.tell(reserve("refused", &[("a", 1)]));
    shop.tell(release("ended"));
    shop.tell(adjust("a", 1, Some("k")));
    shop.clock.pass(1_000);
    shop.sweep();
    assert_eq!(shop.tell(reserve("ended", &[("a", 1)])), "released again");
    assert_eq!(shop.tell(reserve("refused", &[("a", 1)])), "insufficient_stock again");
    assert_eq!(shop.tell(adjust("a", 1, Some("k"))), "2 before");
    shop.clock.pass(1);
    shop.sweep();
    assert_eq!(shop.tell(get("ended")), "nobody");
    assert_eq!(shop.tell(reserve("refused", &[("a", 1)])), "reserved");
    assert_eq!(shop.tell(reserve("ended", &[("a", 1)])), "reserved");
    assert_eq!(shop.tell(adjust("a", 1, Some("k"))), "3 now");
}

#[test]
fn the_cap_bounds_what_is_remembered() {
    let options = Options { shards: 1, ..forgetful(1_000_000, 10) };
    let mut shop = Shop::new(&options);
    shop.tell(stock("a", 1));
    for n in 0..50 {
        shop.tell(reserve(&format!("ended-{n}"), &[("a", 1)]));
        shop.tell(release(&format!("ended-{n}")));
        shop.clock.pass(1);
    }
    shop.tell(reserve("live", &[("a", 1)]));
    for n in 0..50 {
        shop.tell(reserve(&format!("refused-{n}"), &[("a", 1)]));
    }
    shop.sweep();
    let status = &shop.engine.shards()[0];
    assert_eq!((status.ended_reservations, status.remembered_refusals), (10, 10));
    assert_eq!(shop.tell(get("ended-39")), "nobody");
    assert_eq!(shop.tell(get("ended-40")), "released");
    assert_eq!(shop.tell(release("live")), "released");
    assert_eq!(shop.tell(reserve("refused-40", &[("a", 1)])), "insufficient_stock again");
    assert_eq!(shop.tell(reserve("refused-39", &[("a", 1)])), "reserved", "the oldest are forgotten first");
}

/// Otherwise a long log would not fit the memory.
#[test]
fn a_replay_forgets_as_it_goes() {
    let options = Options { shards: 1, ..forgetful(1_000_000, 10) };
    let mut shop = Shop::new(&options);
    shop.tell(stock("a", 1));
    for n in 0..50 {
        shop.tell(reserve(&format!("ended-{n}"), &[("a", 1)]));
        shop.tell(release(&format!("ended-{n}")));
        shop.clock.pass(1);
    }
    assert_eq!(shop.engine.totals().ended_reservations, 50);
    shop = shop.reopen(&options);
    assert_eq!(shop.engine.totals().ended_reservations, 10);
    assert_eq!(shop.tell(get("ended-39")), "nobody");
    assert_eq!(shop.tell(get("ended-40")), "released");
}

#[test]
fn the_keys_of_live_reservations_never_fall_out() {
    let mut shop = Shop::new(&forgetful(10, 0));
    shop.tell(stock("a", 100));
    for n in 0..100 {
        shop.tell(reserve_for(&format!("r-{n}"), 50_000, &[("a", 1)]));
    }
    shop.clock.pass(40_000);
    shop.sweep();
    for n in 0..100 {
        assert_eq!(shop.tell(reserve_for(&format!("r-{n}"), 50_000, &[("a", 1)])), "held again");
    }
    assert_eq!(shop.tell(look(&["a"])), "0/100/0");
}

/// The log still holds the end of the first one when the second is put.
#[test]
fn an_id_that_was_forgotten_and_used_again_survives_a_restart() {
    for shards in [1, 2, 5] {
        let options = Options { shards, ..forgetful(1_000, 1_000) };
        let mut shop = Shop::new(&options);
        for name in ["a", "b", "c", "d"] {
            shop.tell(stock(name, 5));
            shop.tell(reserve(name, &[(name, 1)]));
            shop.tell(release(name));
        }
        shop.clock.pass(2_000);
        shop.sweep();
        // The same ids, here with the same home and there with another.
        for (name, wanted) in [("a", "a"), ("b", "c"), ("c", "d"), ("d", "b")] {
            assert_eq!(shop.tell(reserve(name, &[(wanted, 2)])), "reserved");
        }
        let digest = shop.engine.digest();
        // A longer window than the log was written with remembers the first ones too.
        for window_ms in [1_000, 1_000_000] {
            shop = shop.reopen(&Options { idempotency_window: Millis(window_ms), ..options.clone() });
            assert_eq!(shop.engine.digest(), digest);
            shop.sweep();
            assert_eq!(shop.engine.totals().live_reservations, 4);
            assert_eq!(shop.engine.totals().ended_reservations, 0, "an id is known once");
            assert_eq!(shop.tell(look(&["a", "b", "c", "d"])), "3/2/0 3/2/0 3/2/0 3/2/0");
        }
        shop.clock.pass(2_000_000);
        shop.sweep();
        assert_eq!(shop.tell(look(&["a", "b", "c", "d"])), "5/0/0 5/0/0 5/0/0 5/0/0");
    }
}

#[test]
fn an_adjustment_key_that_was_forgotten_and_used_again_survives_a_restart() {
    let options = forgetful(1_000, 1_000);
    let mut shop = Shop::new(&options);
    shop.tell(stock("a", 5));
    assert_eq!(shop.tell(adjust("a", 1, Some("k"))), "6 now");
    shop.clock.pass(2_000);
    shop.sweep();
    assert_eq!(shop.tell(adjust("a", 1, Some("k"))), "7 now");
    shop = shop.reopen(&options);
    assert_eq!(shop.tell(adjust("a", 1, Some("k"))), "7 before");
    // This process remembers for longer than the one that wrote: to it, the key was used twice.
    let longer = Options { idempotency_window: Millis(1_000_000), idempotency_max_keys: 1, shards: 1, ..options };
    shop = shop.reopen(&longer);
    shop.sweep();
    assert_eq!(shop.tell(adjust("a", 1, Some("k"))), "7 before");
}

/// A refusal of a cart names every short line, and takes memory for each.
#[test]
fn a_remembered_refusal_counts_once_for_each_short_line() {
    let mut shop = Shop::new(&Options { shards: 1, ..forgetful(1_000_000, 4) });
    let lines = [("a", 1), ("b", 1), ("c", 1)];
    for (name, _) in lines {
        shop.tell(stock(name, 0));
    }
    assert_eq!(shop.tell(reserve("first", &lines)), "insufficient_stock");
    assert_eq!(shop.tell(reserve("second", &lines)), "insufficient_stock");
    shop.sweep();
    assert_eq!(shop.tell(reserve("second", &lines)), "insufficient_stock again");
    assert_eq!(shop.tell(reserve("first", &lines)), "insufficient_stock", "six short lines are more than four");
}
