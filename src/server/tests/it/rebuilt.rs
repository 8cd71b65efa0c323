//! What was, asked for while the store is made again from the log: the truth, or that it is not known
//! yet, and never what the store says on its way there.

use std::fs;

use serde_json::{Value, json};

use crate::client::Answer;
use crate::program::wait_until;
use crate::shop::Shop;

/// Ended reservations leave memory as soon as may be.
const FORGETFUL: &[(&str, &str)] =
    &[("ENGINE__SHARDS", "2"), ("ENGINE__IDEMPOTENCY_WINDOW_MS", "1000"), ("STORE__CHECKPOINT_INTERVAL_MS", "100")];

/// The store takes a while for so many.
const CHANGES: usize = 200_000;

fn change(shop: &mut Shop) {
    let changes = "{\"sku\":\"A\",\"delta\":1}\n".repeat(CHANGES);
    let headers = [("Content-Type", "application/x-ndjson")];
    let report = shop.client.request("POST", "/v1/stock/import", &headers, changes.as_bytes()).ok(200);
    assert_eq!(report["applied"], CHANGES);
}

fn in_memory(shop: &Shop) -> u64 {
    let shards = shop.shards();
    let shards = shards["shards"].as_array().expect("a list");
    shards.iter().map(|shard| shard["ended_reservations"].as_u64().expect("a number")).sum()
}

/// Dies, loses the store, and starts on the log alone.
fn without_its_store(shop: Shop) -> Shop {
    shop.crash_and(|dir| fs::remove_dir_all(dir.join("store")).expect("it is there"))
}

/// Whether the answer is one; the other thing that it may be is that it is not known yet.
fn is_known(answer: &Answer) -> bool {
    if answer.status == 503 {
        answer.problem(503, "store_behind");
        assert_eq!(answer.header("retry-after"), Some("1"), "{answer:?}");
    }
    answer.status != 503
}

#[test]
fn what_ended_long_ago_is_told_as_it_ended_or_not_yet() {
    let mut shop = Shop::open(FORGETFUL);
    shop.stock("A", 1_000);
    for id in ["shipped", "kept"] {
        shop.reserve(id, "A", 1, json!({"ttl_ms": 1_000})).ok(201);
        shop.settle(id, "confirm");
    }
    change(&mut shop);
    shop.settle("shipped", "fulfil");
    wait_until("it has left memory", || in_memory(&shop) == 0);
    shop.stock("B", 1);
    let mut shop = without_its_store(shop);
    let (mut asked, mut told) = (0, 0);
    wait_until("the store knows", || {
        asked += 1;
        assert_eq!(shop.client.get("/v1/reservations/kept").ok(200)["state"], "confirmed", "that is in memory");
        let shipped = shop.client.get("/v1/reservations/shipped");
        let never = shop.client.get("/v1/reservations/never");
        if is_known(&shipped) {
            told += 1;
            assert_eq!(shipped.ok(200)["state"], "fulfilled");
        }
        if is_known(&never) {
            told += 1;
            never.problem(404, "reservation_not_found");
        }
        told > 1
    });
    assert_eq!(shop.metric("tidegate_refusals_total{reason=\"store_behind\"}"), 2 * asked - told);
}

#[test]
fn what_there_was_at_a_time_is_told_when_the_store_has_come_to_it() {
    let mut shop = Shop::open(FORGETFUL);
    shop.stock("A", 1);
    change(&mut shop);
    for on_hand in [5, 6, 7] {
        shop.stock("B", on_hand);
    }
    let then = shop.now_ms();
    wait_until("a millisecond has passed", || shop.now_ms() > then);
    let mut shop = without_its_store(shop);
    let paths = [
        format!("/v1/skus/A?as_of_ms={then}"),
        format!("/v1/skus/B?as_of_ms={then}"),
        format!("/v1/skus/C?as_of_ms={then}"),
        format!("/v1/skus/B/history?to_ms={}", then + 1),
    ];
    let mut known = [false; 4];
    wait_until("the store knows", || {
        let answers = paths.each_ref().map(|path| shop.client.get(path));
        known = answers.each_ref().map(is_known);
        let on_hand = |answer: &Answer| answer.ok(200)["locations"][0]["on_hand"].clone();
        if known[0] {
            assert_eq!(on_hand(&answers[0]), CHANGES + 1);
        }
        if known[1] {
            assert_eq!(on_hand(&answers[1]), 7);
        }
        if known[2] {
            answers[2].problem(404, "unknown_sku");
        }
        if known[3] {
            let history = answers[3].ok(200);
            let entries = history["entries"].as_array().expect("a list").iter();
            assert_eq!(entries.map(|entry| entry["on_hand"].clone()).collect::<Value>(), json!([5, 6, 7]));
        }
        known == [true; 4]
    });
}
