//! A SKU's settings over HTTP, and its end.

use serde_json::{Value, json};

use crate::program::wait_until;
use crate::shop::Shop;

#[test]
fn settings_come_back_as_they_were_set_and_are_replaced_as_a_whole() {
    let mut shop = Shop::open(&[]);
    let settings = json!({
        "max_per_customer": 2, "max_per_order": 1, "channel_quotas": {"web": 700, "app": 0}, "default_ttl_ms": 86_400_000,
        "sale_only": true, "location_order": ["east", "west"],
    });
    let set = shop.set_sku("A", &settings);
    let expected = json!({"sku": "A", "available": 0, "locations": [], "settings": settings, "as_of_lsn": 1});
    assert_eq!(set.ok(200), expected);
    let got = shop.client.get("/v1/skus/A");
    assert_eq!((got.ok(200), got.header("etag")), (expected, set.header("etag")));
    shop.stock("A", 5);
    assert_eq!(shop.sku("A")["settings"], settings, "stock is another matter");
    // What is not set is not shown; what says nothing is not set.
    let plain = json!({"max_per_order": 0, "channel_quotas": {}, "sale_only": false, "location_order": [], "max_per_customer": null});
    let replaced = shop.set_sku("A", &plain).ok(200);
    assert_eq!((&replaced["settings"], &replaced["available"]), (&json!({"max_per_order": 0}), &json!(5)));
    let mut shop = shop.crash();
    assert_eq!(shop.sku("A"), replaced);
    assert_eq!(shop.set_sku("A", &json!({})).ok(200)["settings"], json!({}));
}

#[test]
fn a_bad_setting_is_told_where_and_changes_nothing() {
    let mut shop = Shop::open(&[("ENGINE__MAX_HOLD_MS", "600000")]);
    let before = shop.set_sku("A", &json!({"max_per_order": 3})).ok(200);
    let locations = |count: usize| -> Value { (0..count).map(|index| json!(format!("L{index}"))).collect() };
    let channels =
        |count: usize| -> Value { Value::Object((0..count).map(|index| (format!("c{index}"), json!(1))).collect()) };
    let cases = [
        (json!({"max_per_customer": -1}), "/max_per_customer"),
        (json!({"max_per_customer": 1_000_000_001}), "/max_per_customer"),
        (json!({"max_per_customer": "2"}), "/max_per_customer"),
        (json!({"max_per_order": 1.5}), "/max_per_order"),
        (json!({"max_per_order": 1_000_000_001}), "/max_per_order"),
        (json!({"channel_quotas": []}), "/channel_quotas"),
        (json!({"channel_quotas": {"a b": 1}}), "/channel_quotas"),
        (json!({"channel_quotas": {"": 1}}), "/channel_quotas"),
        (json!({"channel_quotas": {"web": -1}}), "/channel_quotas/web"),
        (json!({"channel_quotas": {"web": 1_000_000_001}}), "/channel_quotas/web"),
        (json!({"channel_quotas": {"web": null}}), "/channel_quotas/web"),
        (json!({"channel_quotas": channels(101)}), "/channel_quotas"),
        (json!({"default_ttl_ms": 0}), "/default_ttl_ms"),
        (json!({"default_ttl_ms": 600_001}), "/default_ttl_ms"),
        (json!({"sale_only": 1}), "/sale_only"),
        (json!({"location_order": "east"}), "/location_order"),
        (json!({"location_order": ["east", "a b"]}), "/location_order/1"),
        (json!({"location_order": ["east", "west", "east"]}), "/location_order/2"),
        (json!({"location_order": locations(257)}), "/location_order"),
        (json!({"max_per_custommer": 1}), "/max_per_custommer"),
        (json!([]), ""),
    ];
    for (body, pointer) in cases {
        shop.set_sku("A", &body).invalid_at(pointer);
    }
    shop.client.put("/v1/skus/A", "").invalid_at("");
    shop.client.put("/v1/skus/A", r#"{"channel_quotas":{"web":1,"w\u0065b":2}}"#).invalid_at("/channel_quotas");
    shop.client.put("/v1/skus/a%20b", "{}").invalid_at("/path/sku");
    let large = format!(r#"{{"max_per_order":3}}{}"#, " ".repeat(1 << 20));
    shop.server.client().put("/v1/skus/A", &large).problem(413, "payload_too_large");
    assert_eq!(shop.sku("A"), before);
    let most = json!({
        "max_per_customer": 1_000_000_000, "max_per_order": 1_000_000_000, "channel_quotas": channels(100),
        "default_ttl_ms": 600_000, "location_order": locations(256),
    });
    assert_eq!(shop.set_sku("A", &most).ok(200)["settings"], most);
}

#[test]
fn a_hold_lasts_as_long_as_its_sku_says_and_comes_from_where_it_says() {
    let mut shop = Shop::open(&[]);
    for location in ["west", "east"] {
        shop.put(&format!("/v1/skus/A/locations/{location}"), &json!({"on_hand": 5})).ok(200);
    }
    let first = shop.reserve("r1", "A", 1, json!({})).ok(201);
    assert_eq!(first["lines"][0]["location"], "east", "the first by name");
    shop.set_sku("A", &json!({"default_ttl_ms": 1234, "location_order": ["west"]})).ok(200);
    let next = shop.reserve("r2", "A", 1, json!({})).ok(201);
    assert_eq!(next["lines"][0]["location"], "west");
    let lasts =
        |made: &Value| made["expires_ms"].as_u64().zip(made["created_ms"].as_u64()).map(|(end, made)| end - made);
    assert_eq!((lasts(&first), lasts(&next)), (Some(600_000), Some(1234)));
    assert_eq!(lasts(&shop.reserve("r3", "A", 1, json!({"ttl_ms": 60_000})).ok(201)), Some(60_000));
}

#[test]
fn a_sku_that_only_a_sale_sells() {
    let mut shop = Shop::open(&[]);
    shop.stock("A", 5);
    shop.set_sku("A", &json!({"sale_only": true})).ok(200);
    let refused = shop.reserve("r", "A", 1, json!({})).problem(409, "sale_not_open");
    assert_eq!(refused.get("starts_ms"), None);
    shop.set_sale("s", &json!({"skus": ["A"]})).ok(200);
    shop.reserve("r", "A", 1, json!({"sale": "s"})).ok(201);
}

#[test]
fn a_sku_is_deleted_when_nothing_of_it_is_promised() {
    let mut shop = Shop::open(&[]);
    shop.client.request("DELETE", "/v1/skus/A", &[], b"").problem(404, "unknown_sku");
    shop.client.request("DELETE", "/v1/skus/a%20b", &[], b"").invalid_at("/path/sku");
    shop.stock("A", 5);
    shop.set_sku("A", &json!({"max_per_customer": 2})).ok(200);
    shop.reserve("held", "A", 2, json!({"customer": "c"})).ok(201);
    shop.client.request("DELETE", "/v1/skus/A", &[], b"").problem(409, "sku_in_use");
    shop.settle("held", "confirm");
    shop.client.request("DELETE", "/v1/skus/A", &[], b"").problem(409, "sku_in_use");
    shop.stock("B", 5);
    shop.set_sku("B", &json!({"max_per_customer": 2})).ok(200);
    shop.reserve("b", "B", 2, json!({"customer": "c"})).ok(201);
    shop.settle("b", "release");
    let deleted = shop.client.request("DELETE", "/v1/skus/B", &[], b"");
    assert_eq!((deleted.status, deleted.body.as_str(), deleted.header("content-type")), (204, "", None));
    shop.client.request("DELETE", "/v1/skus/B", &[], b"").problem(404, "unknown_sku");
    let mut shop = shop.crash();
    shop.client.get("/v1/skus/B").problem(404, "unknown_sku");
    shop.reserve("again", "B", 1, json!({"customer": "c"})).problem(404, "unknown_sku");
    assert_eq!(shop.client.get("/v1/reservations/b").ok(200)["state"], "released", "what was, was");
    shop.stock("B", 3);
    let anew = shop.sku("B");
    assert_eq!((&anew["settings"], &anew["locations"][0]["version"]), (&json!({}), &json!(1)));
}

#[test]
fn writes_of_settings_are_counted() {
    let mut shop = Shop::open(&[]);
    shop.set_sku("A", &json!({})).ok(200);
    shop.set_sale("s", &json!({"skus": ["A"]})).ok(200);
    shop.client.request("DELETE", "/v1/skus/A", &[], b"");
    assert_eq!(shop.metric("tidegate_settings_writes_total"), 3);
    wait_until("the gauges have followed", || shop.metric("tidegate_sales") == 1 && shop.metric("tidegate_skus") == 0);
}
