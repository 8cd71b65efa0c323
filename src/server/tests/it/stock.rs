//! Stock over HTTP: absolute writes, differences, look-ups, imports.

use serde_json::json;

use crate::client::{Answer, Client};
use crate::program::{Server, wait_until};
use crate::shop::Shop;

fn server() -> (tempfile::TempDir, Server) {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Server::start(dir.path());
    (dir, server)
}

fn import(client: &mut Client, body: &[u8]) -> Answer {
    client.request("POST", "/v1/stock/import", &[("Content-Type", "application/x-ndjson")], body)
}

#[test]
fn a_write_sets_what_it_names_and_keeps_the_rest() {
    let (_dir, server) = server();
    let mut client = server.client();
    let path = "/v1/skus/A/locations/east";
    client.put(path, r#"{"on_hand":100,"safety_stock":5,"backorder_limit":10,"unavailable":1,"if_version":0}"#).ok(200);
    let record = client.put(path, r#"{"on_hand":50,"if_version":1}"#).ok(200);
    let expected = json!({
        "sku": "A", "location": "east", "on_hand": 50, "held": 0, "allocated": 0, "safety_stock": 5,
        "unavailable": 1, "backorder_limit": 10, "available": 54, "version": 2, "applied": true,
    });
    assert_eq!(record, expected);
    assert_eq!(client.put(path, r#"{"on_hand":1,"if_version":1}"#).problem(409, "stale_version")["version"], 2);
    client.put(path, r#"{"on_hand":1,"if_version":0}"#).problem(409, "stale_version");
}

#[test]
fn an_older_source_is_told_so_and_changes_nothing() {
    let (_dir, server) = server();
    let mut client = server.client();
    let path = "/v1/skus/A/locations/default";
    client.put(path, r#"{"on_hand":10,"source_ts_ms":2000}"#).ok(200);
    let stale = client.put(path, r#"{"on_hand":99,"source_ts_ms":1999,"if_version":7}"#).ok(200);
    assert_eq!((&stale["applied"], &stale["reason"]), (&json!(false), &json!("stale_source")));
    assert_eq!(stale["on_hand"], 10);
    let ahead = client.put(path, r#"{"on_hand":1,"source_ts_ms":99999999999999}"#);
    assert_eq!(ahead.problem(400, "invalid_request")["pointer"], "/source_ts_ms");
}

#[test]
fn a_difference_counts_once_under_its_key() {
    let (_dir, server) = server();
    let mut client = server.client();
    let path = "/v1/skus/A/locations/default/adjust";
    client.post(path, r#"{"delta":1}"#).problem(404, "unknown_sku");
    client.put("/v1/skus/A/locations/default", r#"{"on_hand":10}"#).ok(200);
    let body = r#"{"delta":-3,"reason":"damaged","reference":"wms-991"}"#;
    assert_eq!(client.post_with_key(path, "k", body).ok(200)["on_hand"], 7);
    let again = client.post_with_key(path, "k", body).ok(200);
    assert_eq!(
        (&again["on_hand"], &again["applied"], &again["reason"]),
        (&json!(7), &json!(false), &json!("replayed"))
    );
    let other = client.post_with_key(path, "k", r#"{"delta":-4}"#);
    assert_eq!(other.problem(422, "idempotency_mismatch")["field"], "delta");
    assert_eq!(client.post(path, r#"{"delta":-3}"#).ok(200)["on_hand"], 4);
    client.post(path, r#"{"delta":-5}"#).problem(409, "on_hand_negative");
    assert_eq!(client.post(path, r#"{"delta":0}"#).problem(400, "invalid_request")["pointer"], "/delta");
}

#[test]
fn a_look_up_is_not_sent_twice() {
    let (_dir, server) = server();
    let mut client = server.client();
    client.get("/v1/skus/A").problem(404, "unknown_sku");
    client.put("/v1/skus/A/locations/default", r#"{"on_hand":10}"#).ok(200);
    let first = client.get("/v1/skus/A");
    assert_eq!((&first.ok(200)["settings"], &first.ok(200)["as_of_lsn"]), (&json!({}), &json!(1)));
    let etag = first.header("etag").expect("an ETag").to_owned();
    // Another SKU's write moves the log on, but not this SKU's figures.
    client.put("/v1/skus/B/locations/default", r#"{"on_hand":10}"#).ok(200);
    for known in [etag.clone(), format!("\"x\", {etag}"), "*".to_owned()] {
        let unchanged = client.request("GET", "/v1/skus/A", &[("If-None-Match", &known)], b"");
        assert_eq!((unchanged.status, unchanged.body.as_str()), (304, ""), "{known}");
        assert_eq!(unchanged.header("etag"), Some(etag.as_str()));
    }
    client.put("/v1/reservations/r", r#"{"lines":[{"sku":"A","quantity":1}]}"#).ok(201);
    let changed = client.request("GET", "/v1/skus/A", &[("If-None-Match", &etag)], b"");
    assert_eq!(changed.ok(200)["available"], 9);
}

#[test]
fn many_skus_come_in_the_order_asked() {
    let (_dir, server) = server();
    let mut client = server.client();
    for sku in ["A", "B", "c:1"] {
        client.put(&format!("/v1/skus/{sku}/locations/default"), r#"{"on_hand":10}"#).ok(200);
    }
    let found = client.get("/v1/skus?ids=c%3A1,X,A,Y").ok(200);
    let names: Vec<_> = found["skus"].as_array().expect("a list").iter().map(|sku| sku["sku"].clone()).collect();
    assert_eq!(names, ["c:1", "A"]);
    assert_eq!(found["unknown"], json!(["X", "Y"]));
    let most = vec!["A"; 1000].join(",");
    assert_eq!(client.get(&format!("/v1/skus?ids={most}")).ok(200)["skus"].as_array().map(Vec::len), Some(1000));
    for query in ["", "?ids=", "?ids=A,,B", "?ids=A&ids=B", "?ids=A&x=1", "?ids=%zz", &format!("?ids={most},A")] {
        client.get(&format!("/v1/skus{query}")).problem(400, "invalid_request");
    }
}

#[test]
fn an_import_applies_the_good_lines_and_lists_the_bad() {
    let (_dir, server) = server();
    let mut client = server.client();
    client.put("/v1/skus/H/locations/default", r#"{"on_hand":10}"#).ok(200);
    client.put("/v1/reservations/r", r#"{"lines":[{"sku":"H","quantity":4}]}"#).ok(201);
    let lines: &[&[u8]] = &[
        br#"{"sku":"A","location":"east","on_hand":5,"safety_stock":1}"#,
        b"not json",
        b"",
        br#"{"sku":"H","available":5}"#,
        br#"{"sku":"H","delta":-1,"reference":"r-1"}"#,
        br#"{"sku":"H","delta":-1,"reference":"r-1"}"#,
        br#"{"sku":"nowhere","delta":1,"reference":"r-2"}"#,
        b"{\"sku\":\"\xff\",\"on_hand\":1}",
        br#"{"sku":"A","location":"east","on_hand":5,"source_ts_ms":9}"#,
        br#"{"sku":"A","location":"east","on_hand":7,"source_ts_ms":8}"#,
        br#"{"sku":"A","on_hand":1,"bogus":2}"#,
    ];
    let report = import(&mut client, &lines.join(&b'\n')).ok(200);
    let counts = ["applied", "refused", "stale", "skipped"].map(|name| report[name].as_u64());
    assert_eq!(counts, [Some(4), Some(4), Some(1), Some(1)], "{report}");
    let errors = report["errors"].as_array().expect("a list");
    let found: Vec<_> = errors.iter().map(|error| (error["line"].as_u64(), error["code"].as_str())).collect();
    let invalid = Some("invalid_request");
    assert_eq!(found, [(Some(2), invalid), (Some(7), Some("unknown_sku")), (Some(8), invalid), (Some(11), invalid)]);
    let held = client.get("/v1/skus/H").ok(200);
    assert_eq!((&held["locations"][0]["on_hand"], &held["available"]), (&json!(8), &json!(4)));
    // The references are remembered beyond the request.
    assert_eq!(import(&mut client, lines[4]).ok(200)["skipped"], 1);
}

#[test]
fn an_import_streams_in_chunks_and_bounds_its_lines() {
    let (_dir, server) = server();
    let mut client = server.client();
    client.send_raw("POST /v1/stock/import HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n");
    for sku in 0..1000 {
        let line = format!("{{\"sku\":\"S{sku}\",\"on_hand\":{sku}}}\n");
        // Pieces that end in the middle of a line.
        let (front, back) = line.split_at(7);
        client.send_raw(format!("{:x}\r\n{front}\r\n{:x}\r\n{back}\r\n", front.len(), back.len()));
    }
    let long = "x".repeat(65_537);
    client.send_raw(format!("{:x}\r\n{long}\r\n1\r\n\n\r\n0\r\n\r\n", long.len()));
    let report = client.receive().ok(200);
    assert_eq!((&report["applied"], &report["refused"]), (&json!(1000), &json!(1)));
    assert_eq!(report["errors"][0]["line"], 1001);
    assert_eq!(server.client().get("/v1/skus/S999").ok(200)["available"], 999);
}

#[test]
fn an_import_is_bounded_and_of_one_type() {
    let (_dir, server) = server();
    let mut client = server.client();
    client.send_raw("POST /v1/stock/import HTTP/1.1\r\nHost: t\r\nContent-Length: 67108865\r\n\r\n");
    client.receive().problem(413, "payload_too_large");
    let mut client = server.client();
    client.post("/v1/stock/import", "{}").problem(415, "unsupported_media_type");
    assert_eq!(import(&mut client, b"").ok(200)["applied"], 0);
}

#[test]
fn promising_more_than_there_is_shows_as_a_shortfall_until_it_heals() {
    let mut shop = Shop::open(&[]);
    shop.stock("A", 10);
    shop.reserve("r", "A", 8, json!({})).ok(201);
    let short = shop.put("/v1/skus/A/locations/default", &json!({"on_hand": 5})).ok(200);
    assert_eq!((&short["available"], &short["shortfall"], &short["applied"]), (&json!(-3), &json!(3), &json!(true)));
    let shorter = shop.client.post("/v1/skus/A/locations/default/adjust", r#"{"delta":-1}"#).ok(200);
    assert_eq!(shorter["shortfall"], 4);
    let mut shop = shop.crash();
    assert_eq!(shop.sku("A")["locations"][0]["shortfall"], 4);
    wait_until("the gauge has followed", || shop.metric("tidegate_shortfall_units") == 4);
    shop.reserve("r2", "A", 1, json!({})).problem(409, "insufficient_stock");
    // The customer's promise stands, and heals with the next delivery.
    assert_eq!(shop.settle("r", "confirm")["state"], "confirmed");
    let healed = shop.put("/v1/skus/A/locations/default", &json!({"on_hand": 9})).ok(200);
    assert_eq!((&healed["available"], healed.get("shortfall")), (&json!(1), None));
    wait_until("the gauge has followed", || shop.metric("tidegate_shortfall_units") == 0);
    shop.reserve("r3", "A", 1, json!({})).ok(201);
}
