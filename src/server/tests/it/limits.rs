//! Limits over HTTP: what each is told, what counts and since when, and what comes back.

use serde_json::{Value, json};

use crate::program::wait_until;
use crate::shop::Shop;

fn customer(name: &str) -> Value {
    json!({"customer": name})
}

#[test]
fn each_limit_of_a_sku_names_itself_and_what_it_leaves() {
    let mut shop = Shop::open(&[]);
    shop.stock("A", 100);
    shop.set_sku("A", &json!({"max_per_order": 2, "max_per_customer": 3, "channel_quotas": {"web": 4}})).ok(200);
    let web = |name: &str| json!({"customer": name, "channel": "web"});
    let refused = shop.reserve("r1", "A", 3, web("c-1")).exceeds("max_per_order", 2);
    assert_eq!(refused["sku"], "A");
    shop.reserve("r2", "A", 2, web("c-1")).ok(201);
    assert_eq!(shop.reserve("r3", "A", 2, web("c-1")).exceeds("max_per_customer", 1)["sku"], "A");
    shop.reserve("r4", "A", 1, web("c-2")).ok(201);
    assert_eq!(shop.reserve("r5", "A", 2, web("c-3")).exceeds("channel_quota", 1)["sku"], "A");
    // A channel without a quota is not capped, and neither is none at all.
    shop.reserve("r6", "A", 2, json!({"customer": "c-3", "channel": "app"})).ok(201);
    shop.reserve("r7", "A", 1, customer("c-3")).ok(201);
    assert_eq!(shop.reserve("r3", "A", 2, web("c-1")).exceeds("max_per_customer", 1)["replayed"], true);
    assert_eq!(shop.sku("A")["available"], 94);
    assert_eq!(shop.metric("tidegate_refusals_total{reason=\"limit_exceeded\"}"), 3);
}

#[test]
fn all_lines_of_a_sku_count_together_and_nothing_is_taken_by_halves() {
    let mut shop = Shop::open(&[]);
    for location in ["east", "west"] {
        shop.put(&format!("/v1/skus/A/locations/{location}"), &json!({"on_hand": 5})).ok(200);
    }
    shop.stock("B", 5);
    shop.set_sku("A", &json!({"max_per_customer": 2})).ok(200);
    let cart = json!({"customer": "c", "lines": [
        {"sku": "B", "quantity": 1},
        {"sku": "A", "quantity": 2, "location": "east"},
        {"sku": "A", "quantity": 1, "location": "west"},
    ]});
    shop.put("/v1/reservations/r", &cart).exceeds("max_per_customer", 2);
    assert_eq!((&shop.sku("A")["available"], &shop.sku("B")["available"]), (&json!(10), &json!(5)));
    shop.reserve("r2", "A", 2, customer("c")).ok(201);
}

#[test]
fn a_limit_per_customer_must_know_the_customer() {
    let mut shop = Shop::open(&[]);
    shop.stock("A", 5);
    shop.set_sku("A", &json!({"max_per_customer": 2})).ok(200);
    shop.reserve("r", "A", 1, json!({})).invalid_at("/customer");
    let cart = json!({"lines": [{"sku": "A", "quantity": 1}, {"sku": "nowhere", "quantity": 1}]});
    shop.put("/v1/reservations/r", &cart).problem(404, "unknown_sku");
    // Neither is remembered: the same key is free.
    shop.reserve("r", "A", 1, customer("c")).ok(201);
}

#[test]
fn zero_lets_nobody_have_any() {
    let mut shop = Shop::open(&[]);
    shop.stock("A", 5);
    for (index, limit) in ["max_per_customer", "max_per_order"].iter().enumerate() {
        shop.set_sku("A", &json!({*limit: 0})).ok(200);
        shop.reserve(&format!("r{index}"), "A", 1, customer("c")).exceeds(limit, 0);
    }
    shop.set_sku("A", &json!({"channel_quotas": {"web": 0}})).ok(200);
    shop.reserve("r", "A", 1, json!({"channel": "web"})).exceeds("channel_quota", 0);
}

#[test]
fn what_is_released_or_expires_may_be_taken_again() {
    let mut shop = Shop::open(&[]);
    shop.stock("A", 10);
    shop.set_sku("A", &json!({"max_per_customer": 2, "channel_quotas": {"web": 2}})).ok(200);
    let buyer = || json!({"customer": "c", "channel": "web"});
    shop.reserve("r1", "A", 2, buyer()).ok(201);
    shop.settle("r1", "release");
    shop.reserve("r2", "A", 2, json!({"customer": "c", "channel": "web", "ttl_ms": 1})).ok(201);
    // Refusals are remembered by their key: each try has another.
    let mut tries = 0;
    wait_until("the hold has expired", || {
        tries += 1;
        shop.reserve(&format!("try-{tries}"), "A", 2, buyer()).status == 201
    });
    shop.settle(&format!("try-{tries}"), "confirm");
    shop.reserve("r3", "A", 1, buyer()).exceeds("max_per_customer", 0);
    shop.reserve("r4", "A", 1, json!({"customer": "d", "channel": "web"})).exceeds("channel_quota", 0);
}

#[test]
fn a_limit_counts_from_when_it_is_set_and_is_moved_while_it_counts() {
    let mut shop = Shop::open(&[]);
    shop.stock("A", 100);
    shop.reserve("before", "A", 5, customer("c")).ok(201);
    shop.set_sku("A", &json!({"max_per_customer": 3})).ok(200);
    shop.reserve("r1", "A", 3, customer("c")).ok(201);
    shop.set_sku("A", &json!({"max_per_customer": 2})).ok(200);
    shop.reserve("r2", "A", 1, customer("c")).exceeds("max_per_customer", 0);
    shop.set_sku("A", &json!({"max_per_customer": 5})).ok(200);
    shop.reserve("r3", "A", 3, customer("c")).exceeds("max_per_customer", 2);
    shop.settle("before", "release");
    shop.reserve("r4", "A", 3, customer("c")).exceeds("max_per_customer", 2);
    // What is still held stays counted while the limit is away; what is taken then is not.
    shop.set_sku("A", &json!({})).ok(200);
    shop.reserve("between", "A", 10, customer("c")).ok(201);
    shop.set_sku("A", &json!({"max_per_customer": 5})).ok(200);
    let mut shop = shop.crash();
    shop.reserve("r5", "A", 3, customer("c")).exceeds("max_per_customer", 2);
    shop.settle("between", "release");
    shop.reserve("r6", "A", 3, customer("c")).exceeds("max_per_customer", 2);
    shop.settle("r1", "release");
    shop.reserve("r7", "A", 5, customer("c")).ok(201);
}

#[test]
fn a_confirm_may_ship_in_the_same_step() {
    let mut shop = Shop::open(&[("ENGINE__ON_CONFIRM", "fulfil")]);
    shop.stock("A", 10);
    shop.reserve("r", "A", 3, json!({})).ok(201);
    let confirm = |shop: &mut Shop| shop.client.post("/v1/reservations/r/confirm", r#"{"order":"o-1"}"#).ok(200);
    let shipped = confirm(&mut shop);
    assert_eq!((&shipped["state"], &shipped["replayed"]), (&json!("fulfilled"), &json!(false)));
    assert_eq!((&shipped["order"], &shipped["lines"][0]["fulfilled"]), (&json!("o-1"), &json!(3)));
    let mut shop = shop.crash();
    let again = confirm(&mut shop);
    assert_eq!((&again["state"], &again["replayed"]), (&json!("fulfilled"), &json!(true)));
    let stock = shop.sku("A")["locations"][0].take();
    let figures = ["on_hand", "held", "allocated", "available"].map(|figure| stock[figure].as_i64());
    assert_eq!(figures, [7, 0, 0, 7].map(Some));
    shop.client.post("/v1/reservations/r/release", "").problem(409, "reservation_fulfilled");
}

#[test]
fn what_was_bought_counts_until_the_limit_is_taken_away() {
    let mut shop = Shop::open(&[("ENGINE__ON_CONFIRM", "fulfil")]);
    shop.stock("A", 10);
    let limit = json!({"max_per_customer": 2, "channel_quotas": {"web": 2}});
    shop.set_sku("A", &limit).ok(200);
    let buyer = || json!({"customer": "c", "channel": "web"});
    shop.reserve("r1", "A", 2, buyer()).ok(201);
    shop.settle("r1", "confirm");
    shop.reserve("r2", "A", 1, buyer()).exceeds("max_per_customer", 0);
    shop.reserve("r3", "A", 1, json!({"customer": "d", "channel": "web"})).exceeds("channel_quota", 0);
    shop.set_sku("A", &json!({})).ok(200);
    shop.set_sku("A", &limit).ok(200);
    let mut shop = shop.crash();
    shop.reserve("r4", "A", 2, buyer()).ok(201);
}
