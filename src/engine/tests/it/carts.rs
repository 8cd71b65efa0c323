//! Carts over several shards: all or nothing, and at home in the shard of their first line.

use crate::asks::{confirm, extend, get, look, release, reserve, reserve_for, sku_per_shard, stock};
use crate::shop::{Shop, options};

const SHARDS: usize = 5;

/// A shop with a SKU in each shard, ten units of each.
fn shop() -> (Shop, Vec<String>) {
    let mut shop = Shop::new(&options(SHARDS));
    let apart = sku_per_shard(SHARDS);
    for name in &apart {
        shop.tell(stock(name, 10));
    }
    (shop, apart)
}

fn cart(skus: &[String], quantity: u64) -> Vec<(&str, u64)> {
    skus.iter().map(|sku| (sku.as_str(), quantity)).collect()
}

fn all(skus: &[String]) -> engine::Request {
    look(&skus.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn a_cart_takes_all_or_nothing() {
    let (mut shop, apart) = shop();
    shop.tell(reserve("one", &[(&apart[3], 8)]));
    assert_eq!(shop.tell(reserve("too-much", &cart(&apart, 3))), "insufficient_stock");
    assert_eq!(shop.tell(all(&apart)), "10/0/0 10/0/0 10/0/0 2/8/0 10/0/0");
    assert_eq!(shop.tell(reserve("fits", &cart(&apart, 2))), "reserved");
    assert_eq!(shop.tell(all(&apart)), "8/2/0 8/2/0 8/2/0 0/10/0 8/2/0");
}

#[test]
fn a_cart_is_confirmed_in_all_shards() {
    let (mut shop, apart) = shop();
    shop.tell(reserve("r", &cart(&apart, 3)));
    assert_eq!(shop.tell(confirm("r")), "confirmed");
    assert_eq!(shop.tell(confirm("r")), "confirmed again");
    assert_eq!(shop.tell(all(&apart)), ["7/0/3"; SHARDS].join(" "));
    shop.clock.pass(600_000);
    shop.sweep();
    assert_eq!(shop.tell(get("r")), "confirmed");
    assert_eq!(shop.tell(all(&apart)), ["7/0/3"; SHARDS].join(" "));
}

#[test]
fn a_cart_is_released_in_all_shards() {
    let (mut shop, apart) = shop();
    shop.tell(reserve("r", &cart(&apart, 3)));
    assert_eq!(shop.tell(release("r")), "released");
    assert_eq!(shop.tell(all(&apart)), ["10/0/0"; SHARDS].join(" "));
    assert_eq!(shop.tell(release("r")), "released again");
}

#[test]
fn an_extended_cart_expires_at_its_new_deadline_in_all_shards() {
    let (mut shop, apart) = shop();
    shop.tell(reserve_for("r", 1_000, &cart(&apart, 3)));
    shop.clock.pass(999);
    assert_eq!(shop.tell(extend("r", 1_000)), "held");
    shop.clock.pass(999);
    shop.sweep();
    assert_eq!(shop.tell(all(&apart)), ["7/3/0"; SHARDS].join(" "));
    shop.clock.pass(1);
    assert_eq!(shop.tell(get("r")), "expired", "exact, swept or not");
    shop.sweep();
    assert_eq!(shop.tell(all(&apart)), ["10/0/0"; SHARDS].join(" "));
    assert_eq!(shop.tell(get("r")), "expired");
}

/// A reserve falls short on a shard where a cart is due whose home is elsewhere: in the one case
/// nobody else is asked, in the other a cart asks.
#[test]
fn a_reserve_that_falls_short_sweeps_carts_that_are_at_home_elsewhere() {
    for away in 1..SHARDS {
        let (mut shop, apart) = shop();
        let first = [apart[0].clone(), apart[away].clone()];
        shop.tell(reserve_for("due", 1_000, &cart(&first, 10)));
        shop.clock.pass(1_000);
        assert_eq!(shop.tell(reserve("r", &[(&apart[away], 10)])), "reserved");
        assert_eq!(shop.tell(reserve("cart", &[(&apart[0], 10)])), "reserved");
    }
    let (mut shop, apart) = shop();
    shop.tell(reserve_for("due", 1_000, &cart(&apart, 10)));
    shop.clock.pass(1_000);
    assert_eq!(shop.tell(reserve("r", &cart(&apart[2..], 10))), "reserved");
    assert_eq!(shop.tell(all(&apart)), "10/0/0 10/0/0 0/10/0 0/10/0 0/10/0");
}

#[test]
fn a_reserve_that_falls_short_with_nothing_due_is_refused() {
    let (mut shop, apart) = shop();
    shop.tell(reserve_for("later", 1_000, &cart(&apart, 10)));
    shop.clock.pass(999);
    assert_eq!(shop.tell(reserve("r", &[(&apart[1], 1)])), "insufficient_stock");
}

#[test]
fn lines_for_several_skus_of_one_shard_are_one_cart() {
    let mut shop = Shop::new(&options(1));
    shop.tell(stock("a", 2));
    shop.tell(stock("b", 1));
    assert_eq!(shop.tell(reserve("r", &[("a", 2), ("b", 2)])), "insufficient_stock");
    assert_eq!(shop.tell(reserve("s", &[("a", 1), ("b", 1), ("a", 1)])), "reserved");
    assert_eq!(shop.tell(look(&["a", "b"])), "0/2/0 0/1/0");
}
