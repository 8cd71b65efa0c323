//! Reservations over HTTP: the verbs, replays, and what each refusal says.

use std::time::Duration;

use serde_json::json;

use crate::client::Client;
use crate::program::{Server, wait_until};

const LINE: &str = r#"{"lines":[{"sku":"A","quantity":2}]}"#;

fn server() -> (tempfile::TempDir, Server) {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Server::start(dir.path());
    (dir, server)
}

fn stocked(server: &Server, on_hand: u32) -> Client {
    let mut client = server.client();
    client.put("/v1/skus/A/locations/default", &format!(r#"{{"on_hand":{on_hand}}}"#)).ok(200);
    client
}

fn available(client: &mut Client) -> i64 {
    client.get("/v1/skus/A").ok(200)["available"].as_i64().expect("a number")
}

#[test]
fn a_reservation_is_made_once_and_told_again() {
    let (_dir, server) = server();
    let mut client = stocked(&server, 10);
    let body = r#"{"customer":"c-1","channel":"web","ttl_ms":60000,"mode":"all_or_nothing",
                   "lines":[{"sku":"A","quantity":2,"location":"default"}]}"#;
    let made = client.put("/v1/reservations/r1", body);
    assert_eq!(made.header("location"), Some("/v1/reservations/r1"));
    let made = made.ok(201);
    let created = made["created_ms"].as_u64().expect("a time");
    let expected = json!({
        "id": "r1", "state": "held", "customer": "c-1", "channel": "web",
        "created_ms": created, "expires_ms": created + 60_000,
        "lines": [{"line": 0, "sku": "A", "location": "default", "quantity": 2, "fulfilled": 0}],
        "version": 1, "replayed": false,
    });
    assert_eq!(made, expected);
    let mut again = client.put("/v1/reservations/r1", body).ok(200);
    assert_eq!(again["replayed"].take(), true);
    again["replayed"] = false.into();
    assert_eq!(again, expected);
    assert_eq!(client.get("/v1/reservations/r1").ok(200), expected);
    assert_eq!(available(&mut client), 8);
}

#[test]
fn another_body_under_the_same_key_is_a_mismatch_that_names_the_field() {
    let (_dir, server) = server();
    let mut client = stocked(&server, 10);
    client.put("/v1/reservations/r1", LINE).ok(201);
    let other = client.put("/v1/reservations/r1", r#"{"lines":[{"sku":"A","quantity":3}]}"#);
    assert_eq!(other.problem(422, "idempotency_mismatch")["field"], "lines");
    let other = client.put("/v1/reservations/r1", r#"{"customer":"c","lines":[{"sku":"A","quantity":2}]}"#);
    assert_eq!(other.problem(422, "idempotency_mismatch")["field"], "customer");
    assert_eq!(available(&mut client), 8);
}

#[test]
fn a_post_is_known_again_by_its_key_also_after_a_restart() {
    let (dir, server) = server();
    let mut client = stocked(&server, 10);
    let made = client.post_with_key("/v1/reservations", "k-1", LINE).ok(201);
    let id = made["id"].as_str().expect("an id").to_owned();
    assert!(id.starts_with("0-") && id.len() == 24, "{id}");
    assert_eq!(client.post_with_key("/v1/reservations", "k-1", LINE).ok(200)["id"], id.as_str());
    let fresh = client.post("/v1/reservations", LINE).ok(201);
    let fresher = client.post("/v1/reservations", LINE).ok(201);
    assert_ne!(fresh["id"], fresher["id"]);
    drop(client);
    assert!(server.stop().success());
    let server = Server::start(dir.path());
    let mut client = server.client();
    let replayed = client.post_with_key("/v1/reservations", "k-1", LINE).ok(200);
    assert_eq!((&replayed["id"], &replayed["replayed"]), (&json!(id), &json!(true)));
    assert_eq!(available(&mut client), 4);
}

#[test]
fn sold_out_names_every_short_line_and_stays_sold_out_for_that_key() {
    let (_dir, server) = server();
    let mut client = stocked(&server, 1);
    client.put("/v1/skus/B/locations/east", r#"{"on_hand":3}"#).ok(200);
    let body = r#"{"lines":[{"sku":"A","quantity":2},{"sku":"B","quantity":4,"location":"east"}]}"#;
    let refused = client.put("/v1/reservations/r1", body).problem(409, "insufficient_stock");
    // Lines with a location are placed first.
    let shortfalls = json!([
        {"sku": "B", "location": "east", "requested": 4, "available": 3},
        {"sku": "A", "requested": 2, "available": 1},
    ]);
    assert_eq!((&refused["shortfalls"], refused.get("replayed")), (&shortfalls, Some(&json!(false))));
    client.put("/v1/skus/A/locations/default", r#"{"on_hand":100}"#).ok(200);
    client.put("/v1/skus/B/locations/east", r#"{"on_hand":100}"#).ok(200);
    let again = client.put("/v1/reservations/r1", body).problem(409, "insufficient_stock");
    assert_eq!((&again["shortfalls"], &again["replayed"]), (&shortfalls, &json!(true)));
    client.get("/v1/reservations/r1").problem(404, "reservation_not_found");
    client.put("/v1/reservations/r2", body).ok(201);
}

#[test]
fn a_confirmed_reservation_stays_and_is_told_again() {
    let (_dir, server) = server();
    let mut client = stocked(&server, 10);
    client.put("/v1/reservations/r1", LINE).ok(201);
    let confirmed = client.post("/v1/reservations/r1/confirm", r#"{"order":"o-1","if_expired":"refuse"}"#).ok(200);
    assert_eq!((&confirmed["state"], &confirmed["order"]), (&json!("confirmed"), &json!("o-1")));
    assert_eq!(confirmed["replayed"], false);
    assert_eq!(client.post("/v1/reservations/r1/confirm", r#"{"order":"o-1"}"#).ok(200)["replayed"], true);
    let other = client.post("/v1/reservations/r1/confirm", r#"{"order":"o-2"}"#);
    assert_eq!(other.problem(422, "idempotency_mismatch")["field"], "order");
    client.post("/v1/reservations/r1/release", "").problem(409, "reservation_confirmed");
    client.post("/v1/reservations/r1/extend", r#"{"ttl_ms":1}"#).problem(409, "reservation_confirmed");
    let stock = client.get("/v1/skus/A").ok(200);
    assert_eq!((&stock["locations"][0]["held"], &stock["locations"][0]["allocated"]), (&json!(0), &json!(2)));
}

#[test]
fn a_released_reservation_gives_back_and_stays_known() {
    let (_dir, server) = server();
    let mut client = stocked(&server, 10);
    client.put("/v1/reservations/r1", LINE).ok(201);
    assert_eq!(client.request("POST", "/v1/reservations/r1/release", &[], b"").ok(200)["state"], "released");
    assert_eq!(available(&mut client), 10);
    assert_eq!(client.post("/v1/reservations/r1/release", "{}").ok(200)["replayed"], true);
    client.post("/v1/reservations/r1/confirm", "").problem(409, "reservation_released");
    assert_eq!(client.put("/v1/reservations/r1", LINE).ok(200)["state"], "released");
}

#[test]
fn a_hold_ends_by_itself_and_an_extended_one_later() {
    let (_dir, server) = server();
    let mut client = stocked(&server, 10);
    client.put("/v1/reservations/short", r#"{"ttl_ms":1,"lines":[{"sku":"A","quantity":2}]}"#).ok(201);
    client.put("/v1/reservations/long", LINE).ok(201);
    let extended = client.post("/v1/reservations/long/extend", r#"{"ttl_ms":9223372036854775807}"#).ok(200);
    let span = |field: &str| extended[field].as_u64().expect("a time");
    assert_eq!(span("expires_ms") - span("created_ms"), 86_400_000, "the longest hold there is");
    std::thread::sleep(Duration::from_millis(2));
    client.post("/v1/reservations/short/confirm", "").problem(409, "reservation_expired");
    assert_eq!(client.get("/v1/reservations/short").ok(200)["state"], "expired");
    wait_until("the units are back", || available(&mut client) == 8);
}

#[test]
fn what_is_not_known_is_not_found() {
    let (_dir, server) = server();
    let mut client = stocked(&server, 10);
    let unknown = client.put("/v1/reservations/r1", r#"{"lines":[{"sku":"B","quantity":1}]}"#);
    assert_eq!(unknown.problem(404, "unknown_sku")["sku"], "B");
    let elsewhere = client.put("/v1/reservations/r1", r#"{"lines":[{"sku":"A","quantity":1,"location":"mars"}]}"#);
    assert_eq!(elsewhere.problem(404, "unknown_sku")["location"], "mars");
    client
        .put("/v1/reservations/r1", r#"{"sale":"s","lines":[{"sku":"A","quantity":1}]}"#)
        .problem(404, "unknown_sale");
    client.get("/v1/reservations/r1").problem(404, "reservation_not_found");
    for verb in ["confirm", "release", "payment-started", "cancel", "fulfil"] {
        client.post(&format!("/v1/reservations/r1/{verb}"), "").problem(404, "reservation_not_found");
    }
    client.post("/v1/reservations/r1/extend", r#"{"ttl_ms":1}"#).problem(404, "reservation_not_found");
}

#[test]
fn a_cart_is_all_or_nothing_over_many_skus() {
    let (_dir, server) = server();
    let mut client = server.client();
    for sku in 0..100 {
        client.put(&format!("/v1/skus/S{sku}/locations/default"), r#"{"on_hand":1}"#).ok(200);
    }
    let lines = |count: usize| -> Vec<_> {
        (0..count).map(|sku| json!({"sku": format!("S{}", sku % 100), "quantity": 1})).collect()
    };
    let cart = client.put("/v1/reservations/cart", &json!({"lines": lines(100)}).to_string()).ok(201);
    assert_eq!(cart["lines"].as_array().map(Vec::len), Some(100));
    let refused = client.put("/v1/reservations/next", &json!({"lines": lines(100)}).to_string());
    assert_eq!(refused.problem(409, "insufficient_stock")["shortfalls"].as_array().map(Vec::len), Some(100));
    client.post("/v1/reservations/cart/release", "").ok(200);
    client.put("/v1/reservations/after", &json!({"lines": lines(100)}).to_string()).ok(201);
}

#[test]
fn many_clients_never_get_more_than_there_is() {
    let (_dir, server) = server();
    let mut client = stocked(&server, 100);
    let granted: usize = std::thread::scope(|scope| {
        let buyers: Vec<_> = (0..8)
            .map(|buyer| {
                let mut client = server.client();
                scope.spawn(move || {
                    let statuses =
                        (0..40).map(|attempt| client.put(&format!("/v1/reservations/{buyer}-{attempt}"), LINE).status);
                    statuses.filter(|status| *status == 201).count()
                })
            })
            .collect();
        buyers.into_iter().map(|buyer| buyer.join().expect("a buyer")).sum()
    });
    assert_eq!(granted, 50);
    let stock = client.get("/v1/skus/A").ok(200);
    assert_eq!((&stock["available"], &stock["locations"][0]["held"]), (&json!(0), &json!(100)));
}
