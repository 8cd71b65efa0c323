//! The verbs over HTTP beyond the plain way: best effort, parts, late payments, captures under way,
//! shipping, cancelling, and what each tells again.

use std::time::Duration;

use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::program::{Server, wait_until};

fn server() -> (tempfile::TempDir, Server, Client) {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Server::start(dir.path());
    let client = server.client();
    (dir, server, client)
}

fn stock(client: &mut Client, sku: &str, location: &str, on_hand: u32) {
    client.put(&format!("/v1/skus/{sku}/locations/{location}"), &format!(r#"{{"on_hand":{on_hand}}}"#)).ok(200);
}

fn reserve(client: &mut Client, id: &str, body: &str) -> Answer {
    client.put(&format!("/v1/reservations/{id}"), body)
}

fn verb(client: &mut Client, id: &str, verb: &str, body: &str) -> Answer {
    client.post(&format!("/v1/reservations/{id}/{verb}"), body)
}

/// `on_hand`, `held` and `allocated` of the SKU's first location.
fn figures(client: &mut Client, sku: &str) -> [u64; 3] {
    let stock = client.get(&format!("/v1/skus/{sku}")).ok(200);
    ["on_hand", "held", "allocated"].map(|field| stock["locations"][0][field].as_u64().expect("a figure"))
}

/// SKU and `field` of each line.
fn lines<'r>(reservation: &'r Value, field: &str) -> Vec<(&'r str, u64)> {
    let lines = reservation["lines"].as_array().expect("lines");
    lines.iter().map(|line| (line["sku"].as_str().expect("a SKU"), line[field].as_u64().unwrap_or(0))).collect()
}

#[test]
fn best_effort_takes_what_there_is_and_says_what_was_asked() {
    let (_dir, _server, mut client) = server();
    stock(&mut client, "A", "default", 3);
    stock(&mut client, "B", "default", 0);
    let body = r#"{"mode":"best_effort","lines":[{"sku":"A","quantity":5},{"sku":"B","quantity":2}]}"#;
    let made = reserve(&mut client, "r1", body).ok(201);
    let expected = json!([
        {"line": 0, "sku": "A", "location": "default", "quantity": 3, "fulfilled": 0, "requested": 5},
        {"line": 1, "sku": "B", "location": "default", "quantity": 0, "fulfilled": 0, "requested": 2},
    ]);
    assert_eq!(made["lines"], expected);
    assert_eq!(reserve(&mut client, "r1", body).ok(200)["replayed"], true);
    assert_eq!(client.get("/v1/reservations/r1").ok(200)["lines"], expected);
    assert_eq!(figures(&mut client, "A"), [3, 3, 0]);
}

#[test]
fn best_effort_that_gets_nothing_is_refused_and_told_so_again() {
    let (_dir, _server, mut client) = server();
    stock(&mut client, "A", "default", 0);
    let body = r#"{"mode":"best_effort","lines":[{"sku":"A","quantity":5}]}"#;
    let refused = reserve(&mut client, "r1", body).problem(409, "insufficient_stock");
    assert_eq!(refused["shortfalls"], json!([{"sku": "A", "requested": 5, "available": 0}]));
    stock(&mut client, "A", "default", 9);
    assert_eq!(reserve(&mut client, "r1", body).problem(409, "insufficient_stock")["replayed"], true);
}

#[test]
fn another_mode_under_the_same_id_is_a_mismatch_and_the_default_said_aloud_is_not() {
    let (_dir, _server, mut client) = server();
    stock(&mut client, "A", "default", 9);
    reserve(&mut client, "r1", r#"{"lines":[{"sku":"A","quantity":1}]}"#).ok(201);
    let aloud = r#"{"mode":"all_or_nothing","lines":[{"sku":"A","quantity":1}]}"#;
    assert_eq!(reserve(&mut client, "r1", aloud).ok(200)["replayed"], true);
    let other = r#"{"mode":"best_effort","lines":[{"sku":"A","quantity":1}]}"#;
    assert_eq!(reserve(&mut client, "r1", other).problem(422, "idempotency_mismatch")["field"], "mode");
}

#[test]
fn a_part_is_confirmed_and_the_rest_is_free_again() {
    let (_dir, _server, mut client) = server();
    stock(&mut client, "A", "default", 5);
    stock(&mut client, "B", "default", 5);
    let cart = r#"{"lines":[{"sku":"A","quantity":3},{"sku":"B","quantity":2}]}"#;
    reserve(&mut client, "r1", cart).ok(201);
    let part = r#"{"order":"o-1","lines":[{"sku":"A","quantity":1}]}"#;
    let confirmed = verb(&mut client, "r1", "confirm", part).ok(200);
    assert_eq!((&confirmed["state"], &confirmed["replayed"]), (&json!("confirmed"), &json!(false)));
    assert_eq!(lines(&confirmed, "quantity"), [("A", 1), ("B", 0)]);
    assert_eq!((figures(&mut client, "A"), figures(&mut client, "B")), ([5, 0, 1], [5, 0, 0]));

    let spaced = r#" {"lines":[{"quantity":1,"sku":"\u0041"}],"if_expired":"refuse","order":"o-1"} "#;
    assert_eq!(verb(&mut client, "r1", "confirm", spaced).ok(200)["replayed"], true);
    for (field, body) in [
        ("order", "{}"),
        ("lines", r#"{"order":"o-1"}"#),
        ("lines", r#"{"order":"o-1","lines":[{"sku":"A","quantity":2}]}"#),
        ("if_expired", r#"{"order":"o-1","lines":[{"sku":"A","quantity":1}],"if_expired":"reacquire"}"#),
    ] {
        let mismatch = verb(&mut client, "r1", "confirm", body).problem(422, "idempotency_mismatch");
        assert_eq!(mismatch["field"], field, "{body}");
    }
}

#[test]
fn a_late_payment_takes_the_units_again_if_they_are_there() {
    let (_dir, _server, mut client) = server();
    stock(&mut client, "A", "default", 2);
    for id in ["r1", "r2"] {
        reserve(&mut client, id, r#"{"ttl_ms":1,"lines":[{"sku":"A","quantity":2}]}"#).ok(201);
        wait_until("it has expired", || client.get(&format!("/v1/reservations/{id}")).ok(200)["state"] == "expired");
    }
    verb(&mut client, "r1", "confirm", r#"{"order":"o-1"}"#).problem(409, "reservation_expired");
    let late = r#"{"order":"o-1","if_expired":"reacquire"}"#;
    let confirmed = verb(&mut client, "r1", "confirm", late).ok(200);
    assert_eq!((&confirmed["state"], &confirmed["reacquired"]), (&json!("confirmed"), &json!(true)));
    assert_eq!(figures(&mut client, "A"), [2, 0, 2]);
    let again = verb(&mut client, "r1", "confirm", late).ok(200);
    assert_eq!((&again["replayed"], &again["reacquired"]), (&json!(true), &json!(true)));

    let refused = verb(&mut client, "r2", "confirm", late).problem(409, "insufficient_stock");
    assert_eq!(refused["shortfalls"], json!([{"sku": "A", "requested": 2, "available": 0}]));
    assert_eq!(client.get("/v1/reservations/r2").ok(200)["state"], "expired");
}

#[test]
fn a_late_payment_for_a_part_takes_only_that() {
    let (_dir, _server, mut client) = server();
    stock(&mut client, "A", "default", 5);
    reserve(&mut client, "r1", r#"{"ttl_ms":1,"lines":[{"sku":"A","quantity":5}]}"#).ok(201);
    std::thread::sleep(Duration::from_millis(2));
    let part = r#"{"if_expired":"reacquire","lines":[{"sku":"A","quantity":2}]}"#;
    let confirmed = verb(&mut client, "r1", "confirm", part).ok(200);
    assert_eq!(lines(&confirmed, "quantity"), [("A", 2)]);
    assert_eq!(figures(&mut client, "A"), [5, 0, 2]);
}

#[test]
fn a_capture_under_way_keeps_the_hold() {
    let (_dir, _server, mut client) = server();
    stock(&mut client, "A", "default", 5);
    let body = r#"{"ttl_ms":5000,"lines":[{"sku":"A","quantity":1}]}"#;
    let made = reserve(&mut client, "r1", body).ok(201);
    let time = |reservation: &Value, field: &str| reservation[field].as_u64().expect("a time");

    let short = verb(&mut client, "r1", "payment-started", r#"{"grace_ms":1}"#).ok(200);
    assert_eq!(short["expires_ms"], made["expires_ms"], "never earlier than it was");
    let first = time(&short, "payment_started_ms");
    let longer = verb(&mut client, "r1", "payment-started", r#"{"grace_ms":60000}"#).ok(200);
    assert!(time(&longer, "expires_ms") >= first + 60_000);
    assert_eq!((time(&longer, "payment_started_ms"), &longer["replayed"]), (first, &json!(false)));
    for body in ["", "{}", r#"{"grace_ms":9223372036854775807}"#] {
        let longest = verb(&mut client, "r1", "payment-started", body).ok(200);
        assert_eq!(time(&longest, "expires_ms"), first + 900_000, "counted from the first call: {body}");
    }
    verb(&mut client, "r1", "confirm", "").ok(200);
    verb(&mut client, "r1", "payment-started", "").problem(409, "reservation_confirmed");
}

#[test]
fn what_is_confirmed_may_be_cancelled_and_is_told_so_again() {
    let (_dir, _server, mut client) = server();
    stock(&mut client, "A", "default", 5);
    reserve(&mut client, "r1", r#"{"lines":[{"sku":"A","quantity":3}]}"#).ok(201);
    verb(&mut client, "r1", "cancel", "").problem(409, "reservation_held");
    verb(&mut client, "r1", "confirm", "").ok(200);
    verb(&mut client, "r1", "fulfil", r#"{"lines":[{"sku":"A","quantity":1}]}"#).ok(200);
    assert_eq!(verb(&mut client, "r1", "cancel", "").ok(200)["state"], "cancelled");
    assert_eq!(figures(&mut client, "A"), [4, 0, 0], "what was shipped is gone");
    assert_eq!(verb(&mut client, "r1", "cancel", "{}").ok(200)["replayed"], true);
    for other in ["confirm", "release", "fulfil", "payment-started"] {
        verb(&mut client, "r1", other, "").problem(409, "reservation_cancelled");
    }
}

#[test]
fn shipping_takes_the_units_from_on_hand_part_by_part() {
    let (_dir, _server, mut client) = server();
    stock(&mut client, "A", "east", 3);
    stock(&mut client, "A", "west", 3);
    reserve(&mut client, "r1", r#"{"lines":[{"sku":"A","quantity":5}]}"#).ok(201);
    verb(&mut client, "r1", "fulfil", "").problem(409, "reservation_held");
    verb(&mut client, "r1", "confirm", "").ok(200);

    let east = r#"{"lines":[{"sku":"A","quantity":2,"location":"east"}]}"#;
    let shipped = verb(&mut client, "r1", "fulfil", east).ok(200);
    assert_eq!(shipped["state"], "confirmed");
    assert_eq!(lines(&shipped, "fulfilled"), [("A", 2), ("A", 0)]);
    assert_eq!(figures(&mut client, "A"), [1, 0, 1]);
    let too_much = verb(&mut client, "r1", "fulfil", east).problem(400, "invalid_request");
    assert_eq!(too_much["pointer"], "/lines/0/quantity");

    let rest = r#"{"lines":[{"sku":"A","quantity":3}]}"#;
    assert_eq!(verb(&mut client, "r1", "fulfil", rest).ok(200)["state"], "fulfilled");
    assert_eq!(figures(&mut client, "A"), [0, 0, 0]);
    assert_eq!(verb(&mut client, "r1", "fulfil", rest).ok(200)["replayed"], true);
    let other = verb(&mut client, "r1", "fulfil", "").problem(422, "idempotency_mismatch");
    assert_eq!(other["field"], "lines");
    verb(&mut client, "r1", "release", "").problem(409, "reservation_fulfilled");
    assert_eq!(verb(&mut client, "r1", "confirm", "").ok(200)["replayed"], true, "the confirm was this one");
}

#[test]
fn what_the_verbs_did_survives_a_restart() {
    let (dir, server, mut client) = server();
    stock(&mut client, "A", "default", 9);
    for id in ["shipped", "cancelled", "part"] {
        reserve(&mut client, id, r#"{"lines":[{"sku":"A","quantity":2}]}"#).ok(201);
    }
    verb(&mut client, "part", "confirm", r#"{"lines":[{"sku":"A","quantity":1}]}"#).ok(200);
    for (id, last) in [("shipped", "fulfil"), ("cancelled", "cancel")] {
        verb(&mut client, id, "confirm", "").ok(200);
        verb(&mut client, id, last, "").ok(200);
    }
    drop(client);
    server.kill();
    let server = Server::start(dir.path());
    let mut client = server.client();
    assert_eq!(figures(&mut client, "A"), [7, 0, 1]);
    assert_eq!(verb(&mut client, "shipped", "fulfil", "").ok(200)["replayed"], true);
    assert_eq!(verb(&mut client, "cancelled", "cancel", "").ok(200)["replayed"], true);
    let part = verb(&mut client, "part", "confirm", r#"{"lines":[{"sku":"A","quantity":1}]}"#).ok(200);
    assert_eq!((&part["replayed"], &part["lines"][0]["quantity"]), (&json!(true), &json!(1)));
}
