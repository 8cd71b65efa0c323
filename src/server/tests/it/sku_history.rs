//! What a SKU had at earlier times, and what moved it, from outside.

use serde_json::{Value, json};

use crate::program::wait_until;
use crate::shop::Shop;

/// What a location's balance is made of.
const FIGURES: [&str; 7] =
    ["on_hand", "held", "allocated", "safety_stock", "unavailable", "backorder_limit", "available"];

fn history(shop: &mut Shop, query: &str) -> Vec<Value> {
    let (mut found, mut after) = (Vec::new(), String::new());
    loop {
        let page = shop.client.get(&format!("/v1/skus/A/history?{query}{after}")).ok(200);
        found.extend(page["entries"].as_array().expect("a list").iter().cloned());
        let Some(next) = page.get("next") else { return found };
        after = format!("&after={}", next.as_str().expect("a place"));
    }
}

fn at_ms(entry: &Value) -> u64 {
    entry["at_ms"].as_u64().unwrap_or_else(|| panic!("no time: {entry}"))
}

/// Engine time goes on, so that what comes now has a millisecond of its own.
fn tick(shop: &Shop) -> u64 {
    let before = shop.now_ms();
    wait_until("a millisecond has passed", || shop.now_ms() > before);
    before
}

/// A day in the life of A; what `GET` said after each step, and an instant between it and the next.
fn lived() -> (Shop, Vec<(u64, Value)>) {
    let mut shop = Shop::open(&[("STORE__CHECKPOINT_INTERVAL_MS", "100")]);
    let mut seen = Vec::new();
    let steps: &[&dyn Fn(&mut Shop)] = &[
        &|shop| drop(shop.put("/v1/skus/A/locations/east", &json!({"on_hand": 12, "safety_stock": 1})).ok(200)),
        &|shop| drop(shop.put("/v1/skus/A/locations/west", &json!({"on_hand": 5})).ok(200)),
        &|shop| drop(shop.reserve("r1", "A", 12, json!({})).ok(201)),
        &|shop| drop(shop.settle("r1", "confirm")),
        &|shop| {
            let body = json!({"delta": -2, "reason": "damaged \"\u{e4}\"", "reference": "wms-991"});
            shop.client.post("/v1/skus/A/locations/west/adjust", &body.to_string()).ok(200);
        },
        &|shop| drop(shop.settle("r1", "fulfil")),
        &|shop| drop(shop.reserve("r2", "A", 1, json!({})).ok(201)),
        &|shop| drop(shop.settle("r2", "release")),
        &|shop| assert_eq!(shop.client.request("DELETE", "/v1/skus/A", &[], b"").status, 204),
        &|shop| drop(shop.put("/v1/skus/A/locations/east", &json!({"on_hand": 7})).ok(200)),
    ];
    for step in steps {
        tick(&shop);
        step(&mut shop);
        let sku = shop.client.get("/v1/skus/A");
        let instant = tick(&shop);
        seen.push((instant, if sku.status == 404 { Value::Null } else { sku.ok(200) }));
    }
    shop.wait_for_the_store();
    (shop, seen)
}

#[test]
fn balances_of_an_earlier_time_are_those_that_were_told_then() {
    let (mut shop, seen) = lived();
    for restart in [false, true] {
        if restart {
            shop = shop.crash();
            shop.wait_for_the_store();
        }
        for (instant, told) in &seen {
            let then = shop.client.get(&format!("/v1/skus/A?as_of_ms={instant}"));
            if told.is_null() {
                then.problem(404, "unknown_sku");
                continue;
            }
            let then = then.ok(200);
            for member in ["sku", "available", "locations"] {
                assert_eq!(then[member], told[member], "{member} at {instant}");
            }
            assert_eq!((&then["as_of_ms"], then.get("settings")), (&json!(instant), None));
            assert!(then["as_of_lsn"].as_u64() >= told["as_of_lsn"].as_u64());
        }
    }
    let (first, last) = (seen[0].0, seen[9].0);
    let known = shop.client.get(&format!("/v1/skus/A?as_of_ms={last}"));
    let etag = known.header("etag").expect("a tag");
    let path = format!("/v1/skus/A?as_of_ms={last}");
    assert_eq!(shop.client.request("GET", &path, &[("If-None-Match", etag)], b"").status, 304);
    shop.client.get(&format!("/v1/skus/B?as_of_ms={first}")).problem(404, "unknown_sku");
    shop.client.get("/v1/skus/A?as_of_ms=0").problem(404, "unknown_sku");
    let ahead = shop.now_ms() + 3_600_000;
    for (query, pointer) in [
        (format!("as_of_ms={ahead}"), "/query/as_of_ms"),
        ("as_of_ms=".to_owned(), "/query/as_of_ms"),
        ("as_of_ms=-1".to_owned(), "/query/as_of_ms"),
        ("as_of_ms=1.5".to_owned(), "/query/as_of_ms"),
        ("as_of_ms=9007199254740992".to_owned(), "/query/as_of_ms"),
        (format!("as_of_ms={first}&as_of_ms={first}"), "/query/as_of_ms"),
        ("as_of_lsn=1".to_owned(), "/query/as_of_lsn"),
    ] {
        shop.client.get(&format!("/v1/skus/A?{query}")).invalid_at(pointer);
    }
    shop.put("/v1/skus/A?as_of_ms=1", &json!({})).invalid_at("/query");
}

/// What an entry says beside its place in the history.
fn moved(entry: &Value) -> Value {
    let mut moved = entry.clone();
    let members = moved.as_object_mut().expect("an object");
    members.retain(|name, _| !["lsn", "at_ms"].contains(&name.as_str()) && !FIGURES.contains(&name.as_str()));
    moved
}

fn figures(entry: &Value) -> [i64; 7] {
    FIGURES.map(|figure| entry[figure].as_i64().unwrap_or_else(|| panic!("no {figure}: {entry}")))
}

#[test]
fn every_move_is_told_with_what_it_left() {
    let (mut shop, seen) = lived();
    shop.wait_for_the_store();
    let entries = history(&mut shop, "");
    let reserved = |kind: &str, location: &str, id: &str, quantity: u64| json!({"type": format!("reservation.{kind}"), "location": location, "reservation": id, "quantity": quantity});
    let adjusted = json!({
        "type": "stock.adjusted", "location": "west", "delta": -2, "reason": "damaged \"\u{e4}\"", "reference": "wms-991",
    });
    let expected = [
        (json!({"type": "stock.set", "location": "east"}), [12, 0, 0, 1, 0, 0, 11]),
        (json!({"type": "stock.set", "location": "west"}), [5, 0, 0, 0, 0, 0, 5]),
        (reserved("held", "east", "r1", 11), [12, 11, 0, 1, 0, 0, 0]),
        (reserved("held", "west", "r1", 1), [5, 1, 0, 0, 0, 0, 4]),
        (reserved("confirmed", "east", "r1", 11), [12, 0, 11, 1, 0, 0, 0]),
        (reserved("confirmed", "west", "r1", 1), [5, 0, 1, 0, 0, 0, 4]),
        (adjusted, [3, 0, 1, 0, 0, 0, 2]),
        (reserved("fulfilled", "east", "r1", 11), [1, 0, 0, 1, 0, 0, 0]),
        (reserved("fulfilled", "west", "r1", 1), [2, 0, 0, 0, 0, 0, 2]),
        (reserved("held", "west", "r2", 1), [2, 1, 0, 0, 0, 0, 1]),
        (reserved("released", "west", "r2", 1), [2, 0, 0, 0, 0, 0, 2]),
    ];
    assert_eq!(entries.len(), expected.len() + 3);
    for (entry, (told, left)) in entries.iter().zip(&expected) {
        assert_eq!(moved(entry), *told);
        assert_eq!(figures(entry), *left, "{entry}");
    }
    assert!(entries.windows(2).all(|pair| at_ms(&pair[0]) <= at_ms(&pair[1])));
    for (entry, location) in entries[expected.len()..].iter().zip(["east", "west"]) {
        assert_eq!(moved(entry), json!({"type": "sku.deleted", "location": location}));
        assert_eq!(entry.get("on_hand"), None);
    }
    let begun = &entries[expected.len() + 2];
    assert_eq!((moved(begun), figures(begun)), (expected[0].0.clone(), [7, 0, 0, 0, 0, 0, 7]));

    let mut shop = shop.crash();
    shop.wait_for_the_store();
    for limit in [1, 2, 3, 1000] {
        assert_eq!(history(&mut shop, &format!("limit={limit}")), entries);
        for location in ["east", "west", "north"] {
            let there: Vec<_> = entries.iter().filter(|entry| entry["location"] == location).cloned().collect();
            assert_eq!(history(&mut shop, &format!("location={location}&limit={limit}")), there);
        }
        for (from, _) in &seen {
            for (to, _) in seen.iter().filter(|(to, _)| to > from) {
                let between = entries.iter().filter(|entry| (*from..*to).contains(&at_ms(entry)));
                let query = format!("from_ms={from}&to_ms={to}&limit={limit}");
                assert_eq!(history(&mut shop, &query), between.cloned().collect::<Vec<_>>(), "{query}");
            }
        }
    }
    let nothing = shop.client.get("/v1/skus/B/history").ok(200);
    assert_eq!(nothing["entries"], json!([]));
}

#[test]
fn what_is_asked_wrongly_is_told_where() {
    let mut shop = Shop::open(&[]);
    shop.stock("A", 10);
    shop.reserve("r1", "A", 1, json!({})).ok(201);
    shop.reserve("r2", "A", 1, json!({})).ok(201);
    shop.wait_for_the_store();
    let page = shop.client.get("/v1/reservations?limit=1").ok(200);
    let of_reservations = format!("after={}", page["next"].as_str().expect("a place"));
    for (query, pointer) in [
        ("location=", "/query/location"),
        ("location=a%2Fb", "/query/location"),
        ("from_ms=", "/query/from_ms"),
        ("from_ms=-1", "/query/from_ms"),
        ("from_ms=9007199254740992", "/query/from_ms"),
        ("to_ms=soon", "/query/to_ms"),
        ("from_ms=5&to_ms=5", "/query/to_ms"),
        ("from_ms=6&to_ms=5", "/query/to_ms"),
        ("limit=0", "/query/limit"),
        ("limit=1001", "/query/limit"),
        ("after=", "/query/after"),
        ("after=AAAA", "/query/after"),
        (of_reservations.as_str(), "/query/after"),
        ("limit=1&limit=1", "/query/limit"),
        ("sku=A", "/query/sku"),
    ] {
        shop.client.get(&format!("/v1/skus/A/history?{query}")).invalid_at(pointer);
    }
    shop.client.get("/v1/skus/a%20b/history").invalid_at("/path/sku");
    shop.client.put("/v1/skus/A/history", "{}").problem(405, "method_not_allowed");
}
