//! Requests that are well-formed HTTP and still not right: each is told why, by status, code and
//! pointer, and the next good request is served on a connection that was not spoilt.

use crate::client::Client;
use crate::program::Server;

const GOOD: &str = r#"{"lines":[{"sku":"A","quantity":1}]}"#;

fn server() -> (tempfile::TempDir, Server, Client) {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Server::start(dir.path());
    let mut client = server.client();
    client.put("/v1/skus/A/locations/default", r#"{"on_hand":1000}"#).ok(200);
    (dir, server, client)
}

fn lines(count: usize) -> String {
    format!("{{\"lines\":[{}]}}", vec![r#"{"sku":"A","quantity":1}"#; count].join(","))
}

#[test]
fn a_body_that_is_not_valid_is_told_where() {
    let (_dir, _server, mut client) = server();
    let long = "x".repeat(65);
    let bodies: &[(&str, &[u8])] = &[
        ("", b""),
        ("", b"{"),
        ("", b"null"),
        ("", br#"{"lines":[{"sku":"A","quantity":1}]} x"#),
        ("", br#"{"lines":[{"sku":"A","quantity":1}]}{}"#),
        ("", b"\xff\xfe"),
        ("/customer", b"{\"customer\":\"\xff\",\"lines\":[{\"sku\":\"A\",\"quantity\":1}]}"),
        ("/customer", b"{\"customer\":\"a\\u0000\",\"lines\":[{\"sku\":\"A\",\"quantity\":1}]}"),
        ("/customer", b"{\"customer\":\"a\nb\",\"lines\":[{\"sku\":\"A\",\"quantity\":1}]}"),
        ("/customer", br#"{"customer":7,"lines":[{"sku":"A","quantity":1}]}"#),
        ("/customer", br#"{"customer":"","lines":[{"sku":"A","quantity":1}]}"#),
        ("/bogus", br#"{"bogus":1,"lines":[{"sku":"A","quantity":1}]}"#),
        ("/lines/0/bogus", br#"{"lines":[{"sku":"A","quantity":1,"bogus":1}]}"#),
        ("/lines", br#"{"lines":[]}"#),
        ("/lines", br#"{"lines":{}}"#),
        ("", br#"[null,null,null,null,null,[{"sku":"A","quantity":1}]]"#),
        ("/lines/0", br#"{"lines":[["A",null,1]]}"#),
        ("/lines/0", br#"{"lines":["A"]}"#),
        ("/lines/0", br#"{"lines":[{"sku":"A"}]}"#),
        ("/lines/1/sku", br#"{"lines":[{"sku":"A","quantity":1},{"sku":"a b","quantity":1}]}"#),
        ("/lines/0/sku", br#"{"lines":[{"sku":null,"quantity":1}]}"#),
        ("/lines/0/location", br#"{"lines":[{"sku":"A","quantity":1,"location":"/"}]}"#),
        ("/lines/0/quantity", br#"{"lines":[{"sku":"A","quantity":0}]}"#),
        ("/lines/0/quantity", br#"{"lines":[{"sku":"A","quantity":-1}]}"#),
        ("/lines/0/quantity", br#"{"lines":[{"sku":"A","quantity":1.5}]}"#),
        ("/lines/0/quantity", br#"{"lines":[{"sku":"A","quantity":1.0}]}"#),
        ("/lines/0/quantity", br#"{"lines":[{"sku":"A","quantity":"1"}]}"#),
        ("/lines/0/quantity", br#"{"lines":[{"sku":"A","quantity":1000000001}]}"#),
        ("/lines/0/quantity", br#"{"lines":[{"sku":"A","quantity":18446744073709551617}]}"#),
        ("/lines/0/quantity", br#"{"lines":[{"sku":"A","quantity":1e999}]}"#),
        ("/lines/0/quantity", br#"{"lines":[{"sku":"A","quantity":true}]}"#),
        ("/ttl_ms", br#"{"ttl_ms":0,"lines":[{"sku":"A","quantity":1}]}"#),
        ("/ttl_ms", br#"{"ttl_ms":86400001,"lines":[{"sku":"A","quantity":1}]}"#),
        ("/ttl_ms", br#"{"ttl_ms":"1","lines":[{"sku":"A","quantity":1}]}"#),
        ("/mode", br#"{"mode":"BEST_EFFORT","lines":[{"sku":"A","quantity":1}]}"#),
        ("/mode", br#"{"mode":"","lines":[{"sku":"A","quantity":1}]}"#),
        ("/mode", br#"{"mode":{"best_effort":null},"lines":[{"sku":"A","quantity":1}]}"#),
        ("/mode", br#"{"mode":1,"lines":[{"sku":"A","quantity":1}]}"#),
    ];
    let by_length = [
        ("/lines", lines(101)),
        ("/customer", format!(r#"{{"customer":"{long}","lines":[{{"sku":"A","quantity":1}}]}}"#)),
        ("", format!("{}{}", "[".repeat(100_000), "]".repeat(100_000))),
    ];
    let by_length = by_length.iter().map(|(pointer, body)| (*pointer, body.as_bytes()));
    for (index, (pointer, body)) in bodies.iter().copied().chain(by_length).enumerate() {
        let answer = client.request("POST", "/v1/reservations", &[], body);
        let shown = String::from_utf8_lossy(&body[..body.len().min(120)]).into_owned();
        let problem = answer.problem(400, "invalid_request");
        assert_eq!(problem["pointer"], pointer, "{shown}: {problem}");
        client.put(&format!("/v1/reservations/good-{index}"), GOOD).ok(201);
    }
}

#[test]
fn a_field_given_twice_is_refused() {
    let (_dir, _server, mut client) = server();
    let twice = client.put("/v1/reservations/r", r#"{"lines":[{"sku":"A","quantity":1,"quantity":2}]}"#);
    let problem = twice.problem(400, "invalid_request");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("duplicate field")), "{problem}");
    client.put("/v1/reservations/r", &lines(100)).ok(201);
}

#[test]
fn other_bodies_are_as_strict() {
    let (_dir, _server, mut client) = server();
    client.put("/v1/reservations/r", GOOD).ok(201);
    let cases = [
        ("PUT", "/v1/skus/A/locations/default", "{}", ""),
        ("PUT", "/v1/skus/A/locations/default", r#"{"on_hand":-1}"#, "/on_hand"),
        ("PUT", "/v1/skus/A/locations/default", r#"{"on_hand":1000000001}"#, "/on_hand"),
        ("PUT", "/v1/skus/A/locations/default", r#"{"on_hand":1,"safety_stock":0.5}"#, "/safety_stock"),
        ("PUT", "/v1/skus/A/locations/default", r#"{"on_hand":1,"if_version":-1}"#, "/if_version"),
        ("POST", "/v1/skus/A/locations/default/adjust", r#"{"delta":"1"}"#, "/delta"),
        ("POST", "/v1/skus/A/locations/default/adjust", r#"{"delta":1,"reason":"a\u0007"}"#, "/reason"),
        ("POST", "/v1/skus/A/locations/default/adjust", r#"{"delta":2000000000}"#, "/delta"),
        ("POST", "/v1/reservations/r/confirm", r#"{"lines":[]}"#, "/lines"),
        ("POST", "/v1/reservations/r/confirm", r#"{"lines":[{"sku":"A"}]}"#, "/lines/0"),
        ("POST", "/v1/reservations/r/confirm", r#"{"lines":[{"sku":"A","quantity":0}]}"#, "/lines/0/quantity"),
        ("POST", "/v1/reservations/r/confirm", r#"{"lines":[{"sku":"A","quantity":2}]}"#, "/lines/0/quantity"),
        ("POST", "/v1/reservations/r/confirm", r#"{"lines":[{"sku":"B","quantity":1}]}"#, "/lines/0/quantity"),
        ("POST", "/v1/reservations/r/confirm", r#"{"lines":[{"sku":"A","quantity":1,"x":1}]}"#, "/lines/0/x"),
        ("POST", "/v1/reservations/r/confirm", r#"{"if_expired":"never"}"#, "/if_expired"),
        ("POST", "/v1/reservations/r/confirm", r#"{"if_expired":true}"#, "/if_expired"),
        ("POST", "/v1/reservations/r/confirm", r#"{"ttl_ms":1}"#, "/ttl_ms"),
        ("POST", "/v1/reservations/r/confirm", r#"{"order":"a\nb"}"#, "/order"),
        ("POST", "/v1/reservations/r/confirm", r#"["o-1"]"#, ""),
        ("POST", "/v1/reservations/r/release", r#"{"x":1}"#, "/x"),
        ("POST", "/v1/reservations/r/release", "[]", ""),
        ("POST", "/v1/reservations/r/release", " ", ""),
        ("POST", "/v1/reservations/r/cancel", r#"{"order":"o"}"#, "/order"),
        ("POST", "/v1/reservations/r/cancel", "null", ""),
        ("POST", "/v1/reservations/r/fulfil", r#"{"lines":{}}"#, "/lines"),
        (
            "POST",
            "/v1/reservations/r/fulfil",
            r#"{"lines":[{"sku":"A","quantity":1,"location":""}]}"#,
            "/lines/0/location",
        ),
        ("POST", "/v1/reservations/r/fulfil", r#"{"if_expired":"refuse"}"#, "/if_expired"),
        ("POST", "/v1/reservations/r/payment-started", r#"{"grace_ms":0}"#, "/grace_ms"),
        ("POST", "/v1/reservations/r/payment-started", r#"{"grace_ms":1.5}"#, "/grace_ms"),
        ("POST", "/v1/reservations/r/payment-started", r#"{"ttl_ms":1}"#, "/ttl_ms"),
        ("POST", "/v1/reservations/r/extend", "{}", ""),
        ("POST", "/v1/reservations/r/extend", "", ""),
        ("POST", "/v1/reservations/r/extend", r#"{"ttl_ms":-5}"#, "/ttl_ms"),
    ];
    for (method, path, body, pointer) in cases {
        let problem = client.request(method, path, &[], body.as_bytes()).problem(400, "invalid_request");
        assert_eq!(problem["pointer"], pointer, "{path} {body}: {problem}");
    }
    // A condition in the wrong place must not be ignored.
    let problem = client.put("/v1/skus/A/locations/default?if_version=7", r#"{"on_hand":1}"#);
    assert_eq!(problem.problem(400, "invalid_request")["pointer"], "/query");
    assert_eq!(client.get("/v1/reservations/r").ok(200)["state"], "held");
}

#[test]
fn names_in_a_path_are_checked_and_may_be_encoded() {
    let (_dir, _server, mut client) = server();
    let long = "x".repeat(65);
    for (path, pointer) in [
        ("/v1/reservations/", "/path/id"),
        ("/v1/reservations/a%20b", "/path/id"),
        ("/v1/reservations/a%2", "/path/id"),
        ("/v1/reservations/%FF", "/path/id"),
        (&format!("/v1/reservations/{long}"), "/path/id"),
    ] {
        assert_eq!(client.put(path, GOOD).problem(400, "invalid_request")["pointer"], pointer, "{path}");
    }
    let stock = client.put("/v1/skus/A/locations/a%2Fb", r#"{"on_hand":1}"#);
    assert_eq!(stock.problem(400, "invalid_request")["pointer"], "/path/location");
    assert_eq!(client.get("/v1/skus/%00").problem(400, "invalid_request")["pointer"], "/path/sku");
    assert_eq!(client.put("/v1/reservations/a%3Ab", GOOD).ok(201)["id"], "a:b");
}

#[test]
fn an_idempotency_key_has_a_length_and_comes_once() {
    let (_dir, _server, mut client) = server();
    let too_long = "k".repeat(256);
    let key = |value| ("Idempotency-Key", value);
    for headers in [&[key("")][..], &[key("a"), key("b")], &[key(&too_long)], &[key("\u{e4}")]] {
        let answer = client.request("POST", "/v1/reservations", headers, GOOD.as_bytes());
        assert_eq!(answer.problem(400, "invalid_request")["pointer"], "/headers/idempotency-key");
    }
    client.post_with_key("/v1/reservations", &"k".repeat(255), GOOD).ok(201);
    client.post_with_key("/v1/skus/A/locations/default/adjust", &"k".repeat(255), r#"{"delta":1}"#).ok(200);
}

#[test]
fn what_does_not_exist_and_what_takes_another_method() {
    let (_dir, server, mut client) = server();
    for path in ["/", "/v1", "/v2/reservations", "/v1/reservations/r/payment_started", "/v1/batches", "/v1/sales"] {
        client.post(path, "{}").problem(404, "not_found");
    }
    client.get("/v1/reservations/a/b/c/d/e/f/g/h").problem(404, "not_found");
    for (method, path, allow) in [
        ("PUT", "/v1/reservations", "POST, GET"),
        ("POST", "/v1/skus/A/history", "GET"),
        ("DELETE", "/v1/reservations/r", "PUT, GET"),
        ("GET", "/v1/reservations/r/confirm", "POST"),
        ("POST", "/v1/skus/A", "GET, PUT, DELETE"),
        ("DELETE", "/v1/sales/s", "GET, PUT"),
        ("POST", "/v1/events", "GET"),
        ("BREW", "/v1/stock/import", "POST"),
    ] {
        let answer = client.request(method, path, &[], b"");
        answer.problem(405, "method_not_allowed");
        assert_eq!(answer.header("allow"), Some(allow), "{method} {path}");
    }
    let mut admin = Client::connect(server.admin);
    admin.get("/v1/batch").problem(404, "not_found");
    admin.post("/livez", "").problem(405, "method_not_allowed");
    client.get("/livez").problem(404, "not_found");
}

#[test]
fn a_body_of_another_type_is_refused() {
    let (_dir, _server, mut client) = server();
    let mut send =
        |content_type| client.request("POST", "/v1/reservations", &[("Content-Type", content_type)], GOOD.as_bytes());
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonx"] {
        send(content_type).problem(415, "unsupported_media_type");
    }
    for content_type in ["application/json; charset=utf-8", "Application/JSON"] {
        send(content_type).ok(201);
    }
}

#[test]
fn a_body_over_the_limit_is_refused_before_it_is_read() {
    let (_dir, server, mut client) = server();
    client.send_raw("POST /v1/reservations HTTP/1.1\r\nHost: t\r\nContent-Length: 1048577\r\n\r\n");
    let answer = client.receive();
    answer.problem(413, "payload_too_large");
    assert_eq!(answer.header("connection"), Some("close"));
    // Sent in full before reading: the answer still arrives.
    let mut client = server.client();
    client.request("POST", "/v1/reservations", &[], &vec![b' '; 3 << 20]).problem(413, "payload_too_large");
    // Without a length, once it is too long.
    let mut client = server.client();
    client.send_raw("POST /v1/reservations HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n");
    client.send_raw(format!("{:x}\r\n{}\r\n", 1_048_577, " ".repeat(1_048_577)));
    client.receive().problem(413, "payload_too_large");
    let mut client = server.client();
    let largest = format!("{GOOD}{}", " ".repeat((1 << 20) - GOOD.len()));
    client.put("/v1/reservations/r", &largest).ok(201);
}

#[test]
fn requests_may_be_sent_ahead_and_are_answered_in_order() {
    let (_dir, _server, mut client) = server();
    for index in 0..50 {
        client.send("PUT", &format!("/v1/reservations/r-{index}"), &[], GOOD.as_bytes());
    }
    for index in 0..50 {
        assert_eq!(client.receive().ok(201)["id"], format!("r-{index}"));
    }
}

/// Hyper closes behind such an answer without a word: whoever sent the next request got none.
#[test]
fn a_body_that_nobody_wanted_is_passed_over_or_the_connection_is_said_to_close() {
    let (_dir, server, mut other) = server();
    let mut client = server.client();
    for index in 0..20 {
        client.send_raw("POST /nowhere HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\n");
        // The other connection's answers show that the threads have read on.
        for _ in 0..8 {
            other.get("/v1/skus/A").ok(200);
        }
        client.send_raw("{}");
        let answer = client.receive();
        answer.problem(404, "not_found");
        if answer.header("connection") == Some("close") {
            client = server.client();
        } else {
            client.put(&format!("/v1/reservations/behind-{index}"), GOOD).ok(201);
        }
    }
    for (announced, sent) in [(2, 0), (100_000, 0), (100_000, 100_000)] {
        let mut client = server.client();
        let body = " ".repeat(sent);
        // The server may have closed before all of it has gone.
        let head = format!("POST /nowhere HTTP/1.1\r\nHost: t\r\nContent-Length: {announced}\r\n\r\n");
        let _ = client.try_send_raw(format!("{head}{body}").as_bytes());
        let answer = client.receive();
        answer.problem(404, "not_found");
        assert_eq!(answer.header("connection"), Some("close"), "neither waited for nor read: {announced}, {sent}");
    }
}

/// The socket used to be closed with bytes unread, and the reset overtook what was answered before.
#[test]
fn an_answer_arrives_though_what_follows_its_request_cannot_be_read() {
    let (_dir, server, _client) = server();
    for _ in 0..10 {
        let mut client = server.client();
        let garbage = "x".repeat(100_000);
        // The server may have refused before it has read all.
        let _ = client.try_send_raw(format!("GET /openapi.json HTTP/1.1\r\nHost: t\r\n\r\nPUT / {garbage}").as_bytes());
        client.receive().ok(200);
        assert_eq!(client.receive().status, 400);
    }
}
