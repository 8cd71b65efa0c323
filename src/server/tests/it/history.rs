//! Reservations of earlier times from outside: each for itself long after its end, and all of them in
//! pages, over restarts.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::client::Client;
use crate::program::wait_until;
use crate::shop::Shop;

/// Ended reservations leave memory as soon as may be.
const FORGETFUL: &[(&str, &str)] =
    &[("ENGINE__SHARDS", "4"), ("ENGINE__IDEMPOTENCY_WINDOW_MS", "1000"), ("STORE__CHECKPOINT_INTERVAL_MS", "100")];

/// Whether a filter lets a reservation through.
type Holds = Box<dyn Fn(&Value) -> bool>;

fn text<'v>(value: &'v Value, member: &str) -> &'v str {
    value[member].as_str().unwrap_or_else(|| panic!("no {member}: {value}"))
}

/// All pages of a list, their reservations and how many there were.
fn list(client: &mut Client, query: &str) -> (Vec<Value>, usize) {
    list_on(client, query, String::new())
}

/// The pages from `after` on, a parameter or nothing.
fn list_on(client: &mut Client, query: &str, mut after: String) -> (Vec<Value>, usize) {
    let (mut found, mut pages) = (Vec::new(), 0);
    loop {
        let page = client.get(&format!("/v1/reservations?{query}{after}")).ok(200);
        found.extend(page["reservations"].as_array().expect("a list").iter().cloned());
        pages += 1;
        let Some(next) = page.get("next") else { return (found, pages) };
        after = format!("&after={}", next.as_str().expect("a place"));
    }
}

fn ids(found: &[Value]) -> Vec<&str> {
    found.iter().map(|reservation| text(reservation, "id")).collect()
}

fn in_memory(shop: &Shop) -> u64 {
    let shards = shop.shards();
    let shards = shards["shards"].as_array().expect("a list");
    shards.iter().map(|shard| shard["ended_reservations"].as_u64().expect("a number")).sum()
}

/// Reservations in every state, those of a sale and of customers among them.
fn lively() -> (Shop, Vec<String>) {
    let mut shop = Shop::open(FORGETFUL);
    shop.stock("A", 1_000);
    shop.stock("B", 1_000);
    shop.set_sale("s", &json!({"skus": ["A"]})).ok(200);
    let ends = ["", "confirm", "release", "expire", "confirm cancel", "confirm fulfil"];
    let mut ids = Vec::new();
    for number in 0..24 {
        let id = format!("r-{number:02}");
        let mut who = json!({"customer": format!("c-{}", number % 3)});
        let ttl = if ends[number % 6] == "expire" { 1 } else { 3_600_000 };
        who["ttl_ms"] = ttl.into();
        if number % 4 == 0 {
            who["sale"] = "s".into();
        }
        shop.reserve(&id, if number % 4 == 1 { "B" } else { "A" }, 1, who).ok(201);
        for verb in ends[number % 6].split_whitespace().filter(|verb| *verb != "expire") {
            shop.settle(&id, verb);
        }
        ids.push(id);
    }
    // Past its deadline one is shown as expired at once; its end is what the sweep writes.
    let is_swept =
        |shop: &mut Shop, id: &str| shop.client.get(&format!("/v1/reservations/{id}")).ok(200)["version"] == 2;
    wait_until("the short holds are swept", || {
        ids.iter().enumerate().filter(|(number, _)| ends[number % 6] == "expire").all(|(_, id)| is_swept(&mut shop, id))
    });
    shop.wait_for_the_store();
    (shop, ids)
}

#[test]
fn an_ended_reservation_is_found_at_every_moment_and_long_after() {
    let (mut shop, ids) = lively();
    let seen: Vec<_> = ids.iter().map(|id| shop.client.get(&format!("/v1/reservations/{id}")).ok(200)).collect();
    let mut is_over = false;
    // From the last look on nothing is in memory any more.
    while !std::mem::replace(&mut is_over, in_memory(&shop) == 0) {
        for (id, expected) in ids.iter().zip(&seen) {
            assert_eq!(shop.client.get(&format!("/v1/reservations/{id}")).ok(200), *expected);
        }
    }
    assert!(shop.metric("tidegate_store_read_seconds_count{read=\"reservation\"}") >= 16);
    shop.client.get("/v1/reservations/r-99").problem(404, "reservation_not_found");
    let mut shop = shop.crash();
    shop.wait_for_the_store();
    for (id, expected) in ids.iter().zip(&seen) {
        assert_eq!(shop.client.get(&format!("/v1/reservations/{id}")).ok(200), *expected);
    }
    wait_until("they have left memory once more", || in_memory(&shop) == 0);
    // Its name is free again, and then the name is the new one's.
    shop.reserve("r-02", "B", 2, json!({})).ok(201);
    shop.wait_for_the_store();
    let again = shop.client.get("/v1/reservations/r-02").ok(200);
    assert_eq!((&again["state"], &again["lines"][0]["quantity"]), (&json!("held"), &json!(2)));
    let (found, _) = list(&mut shop.client, "limit=1000");
    assert_eq!(self::ids(&found).iter().filter(|id| **id == "r-02").count(), 1);
    assert_eq!(found.last(), Some(&again));
}

#[test]
fn a_list_is_what_get_says_of_each_filtered() {
    let (shop, ids) = lively();
    // From the log, and from the store alone.
    let mut shop = shop.crash();
    shop.wait_for_the_store();
    let all: Vec<_> = ids.iter().map(|id| shop.client.get(&format!("/v1/reservations/{id}")).ok(200)).collect();
    let states: BTreeMap<&str, usize> = all.iter().fold(BTreeMap::new(), |mut states, reservation| {
        *states.entry(text(reservation, "state")).or_default() += 1;
        states
    });
    assert_eq!(states.len(), 6, "every state is there: {states:?}");
    let is = |member: &'static str, value: &'static str| {
        move |reservation: &Value| reservation.get(member).is_some_and(|found| found == value)
    };
    let with_sku = |sku: &'static str| move |reservation: &Value| reservation["lines"][0]["sku"] == sku;
    let mut filters: Vec<(String, Holds)> = vec![
        (String::new(), Box::new(|_| true)),
        ("sku=A".into(), Box::new(with_sku("A"))),
        ("sku=B".into(), Box::new(with_sku("B"))),
        ("sku=C".into(), Box::new(|_| false)),
        ("customer=c-1".into(), Box::new(is("customer", "c-1"))),
        ("customer=c-9".into(), Box::new(|_| false)),
        ("sale=s".into(), Box::new(is("sale", "s"))),
        ("sale=t".into(), Box::new(|_| false)),
    ];
    for state in ["held", "confirmed", "released", "expired", "fulfilled", "cancelled"] {
        filters.push((format!("state={state}"), Box::new(is("state", state))));
        let (of_customer, in_sale, in_state) = (is("customer", "c-0"), is("sale", "s"), is("state", state));
        let holds = move |reservation: &Value| {
            of_customer(reservation) && in_sale(reservation) && in_state(reservation) && with_sku("A")(reservation)
        };
        filters.push((format!("sku=A&customer=c-0&sale=s&state={state}"), Box::new(holds)));
    }
    for (query, holds) in &filters {
        let expected: Vec<_> = all.iter().filter(|reservation| holds(reservation)).cloned().collect();
        for limit in [1, 5, 1000] {
            assert_eq!(
                list(&mut shop.client, &format!("{query}&limit={limit}")).0,
                expected,
                "{query}, {limit} a page"
            );
        }
    }
}

#[test]
fn thousands_are_listed_once_each_in_the_order_of_their_creation() {
    const RESERVATIONS: usize = 3_500;
    let mut shop = Shop::open(FORGETFUL);
    shop.stock("A", 1_000_000);
    let made: Vec<_> = (0..RESERVATIONS).map(|number| format!("r-{number:04}")).collect();
    let line = json!([{"sku": "A", "quantity": 1}]);
    let operations: Vec<_> = made.iter().map(|id| json!({"op": "reserve", "id": id, "lines": line})).collect();
    let results = shop.client.post("/v1/batch", &json!({"operations": operations}).to_string()).ok(200);
    assert!(results["results"].as_array().expect("a list").iter().all(|result| result["status"] == 201));
    for restart in [false, true] {
        if restart {
            shop = shop.crash();
        }
        shop.wait_for_the_store();
        for (limit, pages) in [("", 35), ("limit=1000", 4), ("limit=700", 5), ("limit=499", 8)] {
            let (found, took) = list(&mut shop.client, limit);
            assert_eq!(ids(&found), made, "{limit}");
            // Where the machine is busy, some end for want of time.
            assert!(took >= pages, "{limit}: {took}");
        }
    }
    // Who is on the way through them gets neither fewer nor more of them when others come and go.
    let first = shop.client.get("/v1/reservations?limit=1000").ok(200);
    assert!(first["as_of_lsn"].as_u64() > Some(RESERVATIONS as u64));
    let had = first["reservations"].as_array().expect("a list").len();
    for id in &made[had - 10..had + 10] {
        shop.settle(id, "release");
    }
    shop.reserve("z", "A", 1, json!({})).ok(201);
    shop.wait_for_the_store();
    let (rest, _) = list_on(&mut shop.client, "limit=1000", format!("&after={}", text(&first, "next")));
    let (old, new) = rest.split_at(RESERVATIONS - had);
    assert_eq!((ids(old), ids(new)), (made[had..].iter().map(String::as_str).collect(), vec!["z"]));
}

#[test]
fn what_is_asked_wrongly_is_told_where() {
    let mut shop = Shop::open(&[]);
    shop.stock("A", 10);
    shop.reserve("r1", "A", 1, json!({})).ok(201);
    shop.reserve("r2", "A", 1, json!({})).ok(201);
    shop.wait_for_the_store();
    let page = shop.client.get("/v1/reservations?limit=1").ok(200);
    let place = text(&page, "next").to_owned();
    let entries = shop.client.get("/v1/skus/A/history?limit=1").ok(200);
    let other = text(&entries, "next").to_owned();
    let long = "x".repeat(65);
    let typed = format!("after={}A", &place[..place.len() - 1]);
    let (of_history, twice) = (format!("after={other}"), format!("after={place}&after={place}"));
    let long = format!("customer={long}");
    for (query, pointer) in [
        ("sku=", "/query/sku"),
        ("sku=a%20b", "/query/sku"),
        ("sku=%FF", "/query/sku"),
        ("customer=%C3%A4", "/query/customer"),
        (long.as_str(), "/query/customer"),
        ("sale=a/b", "/query/sale"),
        ("state=", "/query/state"),
        ("state=Held", "/query/state"),
        ("state=held,expired", "/query/state"),
        ("limit=0", "/query/limit"),
        ("limit=1001", "/query/limit"),
        ("limit=1e2", "/query/limit"),
        ("after=", "/query/after"),
        ("after=1", "/query/after"),
        (typed.as_str(), "/query/after"),
        (of_history.as_str(), "/query/after"),
        (twice.as_str(), "/query/after"),
        ("state=held&state=held", "/query/state"),
        ("cursor=1", "/query/cursor"),
        ("Limit=1", "/query/Limit"),
    ] {
        shop.client.get(&format!("/v1/reservations?{query}")).invalid_at(pointer);
    }
    shop.client.get("/v1/reservations/r1?limit=1").invalid_at("/query");
    shop.client.request("DELETE", "/v1/reservations", &[], b"").problem(405, "method_not_allowed");
    // A place is a place, whatever the filters are.
    let rest = shop.client.get(&format!("/v1/reservations?state=held&sku=A&after={place}")).ok(200);
    assert_eq!(ids(rest["reservations"].as_array().expect("a list")), ["r2"]);
}
