//! Sales over HTTP: settings, window, limits, drops, and an end that is told.

use serde_json::{Value, json};

use crate::client::Client;
use crate::program::wait_until;
use crate::shop::Shop;

const HOUR_MS: u64 = 3_600_000;

fn in_sale(customer: &str) -> Value {
    json!({"sale": "s", "customer": customer})
}

#[test]
fn settings_come_back_sorted_with_state_and_counters() {
    let mut shop = Shop::open(&[]);
    for sku in ["A", "B"] {
        shop.stock(sku, 10);
    }
    let now = shop.now_ms();
    let mut settings = json!({
        "starts_ms": now - 5, "ends_ms": now + HOUR_MS, "skus": ["B", "A"], "quota": 1000, "max_per_customer": 2,
        "channel_quotas": {"web": 700},
        "drops": [{"at_ms": now - 5, "quota": 500}, {"at_ms": now + HOUR_MS, "quota": 600}],
        "close_when_sold_out": true,
    });
    let set = shop.set_sale("s", &settings).ok(200);
    settings["skus"] = json!(["A", "B"]);
    let expected = json!({
        "sale": "s", "state": "open", "settings": settings, "held": 0, "allocated": 0, "fulfilled": 0,
        "quota_in_force": 500, "remaining": 500, "channels": [], "version": 1,
    });
    assert_eq!(set, expected);
    assert_eq!(shop.sale("s"), expected);
    shop.reserve("r1", "A", 2, json!({"sale": "s", "customer": "c", "channel": "web"})).ok(201);
    shop.settle("r1", "confirm");
    shop.reserve("r2", "B", 1, in_sale("d")).ok(201);
    let counted = shop.sale("s");
    let figures = ["held", "allocated", "fulfilled", "remaining"].map(|figure| counted[figure].as_u64());
    assert_eq!(figures, [1, 2, 0, 497].map(Some));
    assert_eq!(counted["channels"], json!([{"channel": "web", "held": 0, "allocated": 2, "fulfilled": 0}]));
    // The least there is to say; without a quota nothing is in force.
    let least = shop.set_sale("s", &json!({"skus": ["A"]})).ok(200);
    assert_eq!((&least["settings"], &least["version"]), (&json!({"skus": ["A"]}), &json!(2)));
    assert_eq!((&least["held"], least.get("quota_in_force"), least.get("remaining")), (&json!(1), None, None));
    let mut shop = shop.crash();
    assert_eq!(shop.sale("s"), least);
    shop.client.get("/v1/sales/t").problem(404, "unknown_sale");
}

#[test]
fn a_bad_sale_is_told_where_and_is_not_made() {
    let mut shop = Shop::open(&[]);
    shop.stock("A", 10);
    let with = |field: &str, value: Value| {
        let mut body = json!({"skus": ["A"]});
        body[field] = value;
        body
    };
    let skus = |count: usize| -> Value { (0..count).map(|index| json!(format!("S{index}"))).collect() };
    let drop = |at_ms: u64| json!({"at_ms": at_ms, "quota": 1});
    let drops = |count: u64| -> Value { (1..=count).map(drop).collect() };
    let channels: serde_json::Map<_, _> = (0..101).map(|index| (format!("c{index}"), json!(1))).collect();
    let cases = [
        (json!({}), ""),
        (json!({"skus": []}), "/skus"),
        (json!({"skus": "A"}), "/skus"),
        (json!({"skus": ["A", "a b"]}), "/skus/1"),
        (json!({"skus": ["A", "B", "A"]}), "/skus/2"),
        (json!({"skus": skus(5001)}), "/skus"),
        (with("starts_ms", json!(-1)), "/starts_ms"),
        (with("starts_ms", json!(9_223_372_036_854_775_808_u64)), "/starts_ms"),
        (with("ends_ms", json!("soon")), "/ends_ms"),
        (json!({"skus": ["A"], "starts_ms": 5, "ends_ms": 5}), "/ends_ms"),
        (json!({"skus": ["A"], "starts_ms": 5, "ends_ms": 4}), "/ends_ms"),
        (with("quota", json!(1_000_000_001)), "/quota"),
        (with("max_per_customer", json!(-1)), "/max_per_customer"),
        (with("channel_quotas", json!({"web": 1_000_000_001})), "/channel_quotas/web"),
        (with("channel_quotas", json!({"a/b": 1})), "/channel_quotas"),
        (with("channel_quotas", channels.into()), "/channel_quotas"),
        (with("drops", json!([drop(1), [2, 1]])), "/drops/1"),
        (with("drops", json!([{"quota": 1}])), "/drops/0"),
        (with("drops", json!([{"at_ms": 1, "quota": 0}])), "/drops/0/quota"),
        (with("drops", json!([{"at_ms": 1, "quota": 1_000_000_001}])), "/drops/0/quota"),
        (with("drops", json!([{"at_ms": -1, "quota": 1}])), "/drops/0/at_ms"),
        (with("drops", json!([drop(1), drop(3), drop(2)])), "/drops/2/at_ms"),
        (with("drops", json!([drop(1), drop(1)])), "/drops/1/at_ms"),
        (with("drops", drops(101)), "/drops"),
        (with("close_when_sold_out", json!(true)), "/close_when_sold_out"),
        (with("close_when_sold_out", json!("yes")), "/close_when_sold_out"),
        (with("kota", json!(1)), "/kota"),
    ];
    for (body, pointer) in cases {
        shop.set_sale("s", &body).invalid_at(pointer);
    }
    shop.set_sale("a%20b", &json!({"skus": ["A"]})).invalid_at("/path/sale");
    shop.client.get("/v1/sales/a%20b").invalid_at("/path/sale");
    let unknown = shop.set_sale("s", &json!({"skus": ["X", "A", "Y"]})).problem(404, "unknown_sku");
    assert_eq!(unknown["sku"], "X");
    shop.client.get("/v1/sales/s").problem(404, "unknown_sale");
    shop.reserve("r", "A", 1, in_sale("c")).problem(404, "unknown_sale");
    shop.set_sale("s", &with("drops", drops(100))).ok(200);
    let by_drops = json!({"skus": ["A"], "drops": [drop(1)], "close_when_sold_out": true});
    assert_eq!(shop.set_sale("s", &by_drops).ok(200)["quota_in_force"], 1);
}

#[test]
fn a_sale_may_have_five_thousand_skus() {
    let mut shop = Shop::open(&[("ENGINE__SHARDS", "4")]);
    let sku = |index: usize| format!("{index:04}-{}", "x".repeat(59));
    let lines: Vec<_> = (0..5000).map(|index| json!({"sku": sku(index), "on_hand": 1}).to_string()).collect();
    let headers = [("Content-Type", "application/x-ndjson")];
    let imported = shop.client.request("POST", "/v1/stock/import", &headers, lines.join("\n").as_bytes());
    assert_eq!(imported.ok(200)["applied"], 5000);
    let skus: Value = (0..5000).map(sku).collect();
    let set = shop.set_sale("s", &json!({"skus": skus, "quota": 2})).ok(200);
    assert_eq!(set["settings"]["skus"], skus);
    shop.reserve("r", &sku(4999), 1, in_sale("c")).ok(201);
    let mut shop = shop.crash();
    assert_eq!(shop.sale("s")["held"], 1);
    shop.reserve("r2", &sku(0), 2, in_sale("c")).exceeds("sale_quota", 1);
}

#[test]
fn an_early_click_burns_nothing() {
    let mut shop = Shop::open(&[]);
    shop.stock("A", 10);
    let later = shop.now_ms() + HOUR_MS;
    let scheduled = shop.set_sale("s", &json!({"skus": ["A"], "starts_ms": later, "quota": 5})).ok(200);
    assert_eq!(scheduled["state"], "scheduled");
    let early = shop.reserve("r", "A", 1, in_sale("c")).problem(409, "sale_not_open");
    assert_eq!(early["starts_ms"], later);
    // Soon: the same key is tried until it is time.
    let soon = shop.now_ms() + 100;
    shop.set_sale("s", &json!({"skus": ["A"], "starts_ms": soon, "quota": 5})).ok(200);
    let mut made = None;
    wait_until("the sale has opened", || {
        let tried = shop.reserve("r", "A", 1, in_sale("c"));
        if tried.status != 201 {
            tried.problem(409, "sale_not_open");
            return false;
        }
        made = Some(tried.ok(201));
        true
    });
    let made = made.expect("it opened");
    assert!(made["created_ms"].as_u64() >= Some(soon), "{made}");
    assert_eq!((&made["replayed"], &shop.sale("s")["state"]), (&json!(false), &json!("open")));
}

#[test]
fn after_its_end_a_sale_is_closed_and_a_retry_is_told_so_again() {
    let mut shop = Shop::open(&[]);
    shop.stock("A", 10);
    let soon = shop.now_ms() + 50;
    shop.set_sale("s", &json!({"skus": ["A"], "ends_ms": soon})).ok(200);
    wait_until("the sale has ended", || shop.sale("s")["state"] == "closed");
    let late = shop.reserve("r", "A", 1, in_sale("c")).problem(409, "sale_closed");
    assert_ne!(late["replayed"], true);
    // The operator gives it another hour: who was refused stays refused, a new key is served.
    let later = shop.now_ms() + HOUR_MS;
    assert_eq!(shop.set_sale("s", &json!({"skus": ["A"], "ends_ms": later})).ok(200)["state"], "open");
    assert_eq!(shop.reserve("r", "A", 1, in_sale("c")).problem(409, "sale_closed")["replayed"], true);
    shop.reserve("r2", "A", 1, in_sale("c")).ok(201);
}

#[test]
fn each_limit_of_a_sale_names_itself_and_what_it_leaves() {
    let mut shop = Shop::open(&[("ENGINE__SHARDS", "4")]);
    for sku in ["A", "B", "C"] {
        shop.stock(sku, 100);
    }
    let settings = json!({"skus": ["A", "B"], "quota": 6, "max_per_customer": 3, "channel_quotas": {"web": 4}});
    shop.set_sale("s", &settings).ok(200);
    let web = |name: &str| json!({"sale": "s", "customer": name, "channel": "web"});
    shop.reserve("r0", "A", 1, json!({"sale": "s"})).invalid_at("/customer");
    shop.reserve("r1", "A", 2, web("c-1")).ok(201);
    // Its limits are over all its SKUs, and no one SKU's.
    let refused = shop.reserve("r2", "B", 2, web("c-1")).exceeds("sale_max_per_customer", 1);
    assert_eq!(refused.get("sku"), None);
    shop.reserve("r3", "B", 1, web("c-2")).ok(201);
    shop.reserve("r4", "A", 2, web("c-3")).exceeds("sale_channel_quota", 1);
    shop.reserve("r5", "A", 2, in_sale("c-3")).ok(201);
    shop.reserve("r6", "A", 2, in_sale("c-4")).exceeds("sale_quota", 1);
    let outside = json!({"sale": "s", "customer": "c-4", "lines": [
        {"sku": "A", "quantity": 1}, {"sku": "C", "quantity": 1},
    ]});
    shop.put("/v1/reservations/r7", &outside).invalid_at("/lines/1/sku");
    // Outside the sale its limits do not apply.
    shop.reserve("r8", "A", 50, json!({"customer": "c-1"})).ok(201);
    // A SKU's own limits are told before the sale's.
    shop.set_sku("A", &json!({"max_per_order": 1})).ok(200);
    shop.reserve("r9", "A", 4, in_sale("c-1")).exceeds("max_per_order", 1);
    let before = shop.sale("s");
    let mut shop = shop.crash();
    assert_eq!(shop.sale("s"), before);
    shop.reserve("r10", "B", 2, in_sale("c-1")).exceeds("sale_quota", 1);
    shop.settle("r1", "release");
    shop.reserve("r11", "B", 3, in_sale("c-1")).ok(201);
    // Lowered below what is taken, it leaves nothing.
    shop.set_sale("s", &json!({"skus": ["A", "B"], "quota": 2})).ok(200);
    shop.reserve("r12", "B", 1, in_sale("c-9")).exceeds("sale_quota", 0);
}

#[test]
fn a_cart_over_all_shards_takes_from_the_sale_once() {
    let mut shop = Shop::open(&[("ENGINE__SHARDS", "4")]);
    let skus: Vec<_> = (0..12).map(|index| format!("S{index}")).collect();
    for sku in &skus {
        shop.stock(sku, 100);
    }
    shop.set_sale("s", &json!({"skus": skus, "quota": 30, "max_per_customer": 12})).ok(200);
    let cart = |customer: &str| {
        let lines: Value = skus.iter().map(|sku| json!({"sku": sku, "quantity": 1})).collect();
        json!({"sale": "s", "customer": customer, "lines": lines})
    };
    shop.put("/v1/reservations/r1", &cart("c-1")).ok(201);
    shop.put("/v1/reservations/r2", &cart("c-1")).exceeds("sale_max_per_customer", 0);
    shop.put("/v1/reservations/r3", &cart("c-2")).ok(201);
    shop.put("/v1/reservations/r4", &cart("c-3")).exceeds("sale_quota", 6);
    shop.settle("r3", "release");
    let before = shop.sale("s");
    assert_eq!((&before["held"], &before["remaining"]), (&json!(12), &json!(18)));
    let mut shop = shop.crash();
    assert_eq!(shop.sale("s"), before);
    for sku in &skus {
        assert_eq!(shop.sku(sku)["locations"][0]["held"], 1);
    }
}

#[test]
fn many_buyers_never_get_more_than_the_sale_has() {
    let mut shop = Shop::open(&[("ENGINE__SHARDS", "4")]);
    let skus: Vec<_> = (0..12).map(|index| format!("S{index}")).collect();
    for sku in &skus {
        shop.stock(sku, 1000);
    }
    shop.set_sale("s", &json!({"skus": skus, "quota": 100, "max_per_customer": 15})).ok(200);
    let (api, skus) = (shop.server.api, &skus);
    let granted: u64 = std::thread::scope(|scope| {
        let buyers: Vec<_> =
            (0..8).map(|buyer| scope.spawn(move || buy(&mut Client::connect(api), buyer, skus))).collect();
        buyers.into_iter().map(|buyer| buyer.join().expect("a buyer")).sum()
    });
    assert_eq!(granted, 100, "eight buyers may have 120 between them");
    let sale = shop.sale("s");
    assert_eq!((&sale["held"], &sale["remaining"], &sale["state"]), (&json!(100), &json!(0), &json!("sold_out")));
    let mut shop = shop.crash();
    assert_eq!(shop.sale("s"), sale);
    let held: u64 = skus.iter().map(|sku| shop.sku(sku)["locations"][0]["held"].as_u64().expect("a number")).sum();
    assert_eq!(held, 100);
}

/// Tries for single units of all SKUs; how many it got.
fn buy(client: &mut Client, buyer: usize, skus: &[String]) -> u64 {
    let granted = (0..40).filter(|attempt| {
        let sku = &skus[(buyer + attempt) % skus.len()];
        let body = json!({
            "sale": "s", "customer": format!("c-{buyer}"), "lines": [{"sku": sku, "quantity": 1}],
        });
        let answer = client.put(&format!("/v1/reservations/r-{buyer}-{attempt}"), &body.to_string());
        if answer.status != 201 {
            answer.problem(409, "limit_exceeded");
        }
        answer.status == 201
    });
    granted.count() as u64
}

#[test]
fn drops_add_to_the_quota_when_their_time_comes() {
    let mut shop = Shop::open(&[]);
    shop.stock("A", 10);
    let now = shop.now_ms();
    let with_second = |at_ms: u64| {
        json!({
            "skus": ["A"], "quota": 4,
            "drops": [{"at_ms": now, "quota": 1}, {"at_ms": at_ms, "quota": 5}],
        })
    };
    assert_eq!(shop.set_sale("s", &with_second(now + HOUR_MS)).ok(200)["quota_in_force"], 1);
    shop.reserve("r1", "A", 1, in_sale("c")).ok(201);
    let waiting = shop.reserve("r2", "A", 1, in_sale("c")).exceeds("sale_quota", 0);
    assert_eq!(waiting.get("sku"), None);
    assert_eq!(shop.sale("s")["state"], "open", "more will come");
    shop.set_sale("s", &with_second(now + 100)).ok(200);
    wait_until("the second drop has come", || shop.sale("s")["quota_in_force"] == 4);
    assert_eq!(shop.sale("s")["remaining"], 3, "six, but capped by the quota");
    shop.reserve("r3", "A", 4, in_sale("c")).exceeds("sale_quota", 3);
    shop.reserve("r4", "A", 3, in_sale("c")).ok(201);
    assert_eq!(shop.sale("s")["state"], "sold_out");
}

#[test]
fn sold_out_is_no_end_unless_the_sale_says_so() {
    let mut shop = Shop::open(&[]);
    shop.stock("A", 10);
    shop.set_sale("s", &json!({"skus": ["A"], "quota": 2})).ok(200);
    shop.reserve("r1", "A", 2, in_sale("c")).ok(201);
    assert_eq!(shop.sale("s")["state"], "sold_out");
    shop.reserve("r2", "A", 1, in_sale("c")).exceeds("sale_quota", 0);
    shop.settle("r1", "release");
    assert_eq!(shop.sale("s")["state"], "open");
    // Now it closes with its last unit: while that is only held, it may still come back.
    shop.set_sale("s", &json!({"skus": ["A"], "quota": 2, "close_when_sold_out": true})).ok(200);
    shop.reserve("r3", "A", 2, in_sale("c")).ok(201);
    assert_eq!(shop.sale("s")["state"], "sold_out");
    shop.reserve("r4", "A", 1, in_sale("c")).problem(409, "sale_closed");
    shop.settle("r3", "release");
    assert_eq!(shop.sale("s")["state"], "open");
    shop.reserve("r5", "A", 2, in_sale("c")).ok(201);
    shop.settle("r5", "confirm");
    assert_eq!(shop.sale("s")["state"], "closed");
    let mut shop = shop.crash();
    assert_eq!(shop.sale("s")["state"], "closed");
    shop.reserve("r6", "A", 1, in_sale("c")).problem(409, "sale_closed");
}
