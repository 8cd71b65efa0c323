//! Deadlines are judged exactly, and units come back in bounded steps.

use crate::asks::{confirm, extend, get, look, release, reserve, reserve_for, stock};
use crate::shop::{Shop, options};

/// Holds one unit each of `sku`, all with the same deadline.
fn hold(shop: &mut Shop, sku: &str, holds: usize, ttl_ms: u64) {
    for n in 0..holds {
        shop.submit(reserve_for(&format!("{sku}-{n}"), ttl_ms, &[(sku, 1)]));
    }
    shop.commit();
}

#[test]
fn a_deadline_is_exact_before_any_sweep() {
    let mut shop = Shop::new(&options(2));
    shop.tell(stock("a", 5));
    for name in ["confirmed", "late", "released", "extended"] {
        shop.tell(reserve_for(name, 1_000, &[("a", 1)]));
    }
    shop.clock.pass(999);
    assert_eq!(shop.tell(confirm("confirmed")), "confirmed");
    assert_eq!(shop.tell(get("late")), "held");
    shop.clock.pass(1);
    assert_eq!(shop.tell(get("late")), "expired");
    assert_eq!(shop.tell(confirm("late")), "reservation_expired");
    assert_eq!(shop.tell(release("released")), "reservation_expired");
    assert_eq!(shop.tell(extend("extended", 1_000)), "reservation_expired");
    assert_eq!(shop.tell(reserve_for("late", 1_000, &[("a", 1)])), "expired again");
    assert_eq!(shop.tell(look(&["a"])), "1/3/1", "not swept yet");
    shop.sweep();
    assert_eq!(shop.tell(look(&["a"])), "4/0/1");
}

#[test]
fn a_tick_gives_back_some_holds_of_a_shard_and_says_whether_more_is_due() {
    const STEP: u64 = 128;
    let mut shop = Shop::new(&options(1));
    shop.tell(stock("a", 300));
    hold(&mut shop, "a", 300, 1_000);
    shop.clock.pass(1_000);
    for (more, left) in [(true, 300 - STEP), (true, 300 - 2 * STEP), (false, 0), (false, 0)] {
        assert_eq!(shop.engine.tick(), more);
        assert_eq!(shop.engine.totals().held_units, left);
    }
}

/// What is asked meanwhile would wait for the disk behind all that a sweep has logged.
#[test]
fn while_the_disk_is_behind_a_tick_does_little_and_does_it() {
    let mut shop = Shop::new(&options(1));
    shop.tell(stock("a", 5_000));
    hold(&mut shop, "a", 5_000, 1_000);
    shop.clock.pass(1_000);
    while shop.engine.tick() {}
    let left = shop.engine.totals().held_units;
    assert!((3_000..5_000).contains(&left), "{left}");
    assert!(!shop.engine.tick());
    assert!(shop.engine.totals().held_units < left, "a disk that stays behind must not keep holds for ever");
    shop.commit();
    assert!(shop.engine.tick());
}

#[test]
fn ten_thousand_holds_that_expire_at_once_all_come_back() {
    let options = options(3);
    let mut shop = Shop::new(&options);
    let skus = crate::asks::sku_per_shard(3);
    for name in &skus {
        shop.tell(stock(name, 10_000));
    }
    for name in &skus {
        hold(&mut shop, name, 3_333, 1_000);
    }
    shop.tell(reserve_for("cart", 1_000, &[(&skus[0], 1), (&skus[2], 1)]));
    assert_eq!(shop.engine.totals().held_units, 10_001);
    shop.clock.pass(1_000);
    shop.sweep();
    let totals = shop.engine.totals();
    assert_eq!((totals.held_units, totals.live_reservations, totals.ended_reservations), (0, 0, 10_000));
    let digest = shop.engine.digest();
    assert_eq!(shop.reopen(&options).engine.digest(), digest);
}

#[test]
fn a_reserve_that_falls_short_sweeps_as_long_as_it_helps() {
    let mut shop = Shop::new(&options(2));
    shop.tell(stock("a", 5_000));
    hold(&mut shop, "a", 5_000, 1_000);
    shop.clock.pass(1_000);
    assert_eq!(shop.tell(reserve("all", &[("a", 5_000)])), "reserved");
}
