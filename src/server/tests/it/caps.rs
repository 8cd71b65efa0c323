//! Caps on memory: at the edge new work is told `storage_full`, what ends something still goes
//! through, and makes room.

use serde_json::json;

use crate::program::wait_until;
use crate::shop::Shop;

#[test]
fn live_reservations_are_capped_and_a_release_makes_room() {
    let mut shop = Shop::open(&[("ENGINE__MAX_RESERVATIONS", "2")]);
    shop.stock("A", 10);
    for id in ["r1", "r2"] {
        shop.reserve(id, "A", 1, json!({})).ok(201);
    }
    let refused = shop.reserve("r3", "A", 1, json!({}));
    refused.problem(503, "storage_full");
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(shop.reserve("r1", "A", 1, json!({})).ok(200)["replayed"], true);
    // A confirmed reservation is as live as a held one.
    shop.settle("r1", "confirm");
    let mut shop = shop.crash();
    shop.reserve("r3", "A", 1, json!({})).problem(503, "storage_full");
    shop.settle("r2", "release");
    shop.reserve("r3", "A", 1, json!({})).ok(201);
    shop.reserve("r4", "A", 1, json!({})).problem(503, "storage_full");
    assert_eq!(shop.metric("tidegate_refusals_total{reason=\"storage_full\"}"), 2);
}

#[test]
fn counted_customers_are_capped_and_a_release_makes_room() {
    let mut shop = Shop::open(&[("ENGINE__MAX_CUSTOMER_BUCKETS", "3")]);
    for sku in ["A", "B"] {
        shop.stock(sku, 10);
    }
    shop.set_sku("A", &json!({"max_per_customer": 5})).ok(200);
    shop.set_sale("s", &json!({"skus": ["A"], "max_per_customer": 5})).ok(200);
    let buyer = |name: &str| json!({"customer": name});
    shop.reserve("r1", "A", 1, json!({"customer": "c-1", "sale": "s"})).ok(201);
    // Two buckets in one step do not fit; one does.
    shop.reserve("r2", "A", 1, json!({"customer": "c-2", "sale": "s"})).problem(503, "storage_full");
    shop.reserve("r2", "A", 1, buyer("c-2")).ok(201);
    let mut shop = shop.crash();
    shop.reserve("r3", "A", 1, buyer("c-3")).problem(503, "storage_full");
    shop.reserve("r4", "A", 1, buyer("c-2")).ok(201);
    shop.reserve("r5", "B", 1, buyer("c-4")).ok(201);
    wait_until("the gauge has followed", || shop.metric("tidegate_customer_buckets") == 3);
    shop.settle("r1", "release");
    shop.reserve("r3", "A", 1, buyer("c-3")).ok(201);
    shop.reserve("r6", "A", 1, json!({"customer": "c-5", "sale": "s"})).problem(503, "storage_full");
    shop.reserve("r7", "A", 1, buyer("c-5")).ok(201);
    let counted = shop.shards();
    let counted: u64 = counted["shards"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|shard| shard["customer_buckets"].as_u64())
        .sum();
    assert_eq!(counted, 3);
}

#[test]
fn new_skus_are_capped_whoever_makes_them() {
    let mut shop = Shop::open(&[("ENGINE__SHARDS", "1"), ("ENGINE__MAX_SKUS", "2")]);
    shop.stock("A", 1);
    shop.set_sku("B", &json!({})).ok(200);
    shop.set_sku("C", &json!({})).problem(503, "storage_full");
    shop.client.put("/v1/skus/C/locations/default", r#"{"on_hand":1}"#).problem(503, "storage_full");
    shop.set_sku("B", &json!({"max_per_order": 1})).ok(200);
    assert_eq!(shop.client.request("DELETE", "/v1/skus/A", &[], b"").status, 204);
    shop.set_sku("C", &json!({})).ok(200);
}
