//! A right request for everything that the api takes, some on one connection, and some with what HTTP allows and few send.

use super::write;

/// As the target `http` reads its first byte.
const API: u8 = 0;
const GATEWAY: u8 = 1;

const JSON: &str = "application/json";
const NDJSON: &str = "application/x-ndjson";

/// Name, method, target and body, of which one with several lines is no single JSON.
const REQUESTS: &[(&str, &str, &str, &str)] = &[
    ("reserve", "POST", "/v1/reservations", r#"{"customer":"c","lines":[{"sku":"A","quantity":1}],"ttl_ms":500}"#),
    ("reserve-as", "PUT", "/v1/reservations/r-1", r#"{"lines":[{"sku":"B","quantity":2},{"sku":"C","quantity":1}]}"#),
    ("reserve-partly", "PUT", "/v1/reservations/r-2", r#"{"lines":[{"sku":"A","quantity":1}],"mode":"best_effort"}"#),
    ("look-up", "GET", "/v1/reservations/r-1", ""),
    ("list", "GET", "/v1/reservations?sku=A&state=held&limit=3", ""),
    ("confirm", "POST", "/v1/reservations/r-1/confirm", r#"{"order":"o-1","if_expired":"reacquire"}"#),
    ("confirm-lines", "POST", "/v1/reservations/r-1/confirm", r#"{"lines":[{"sku":"B","quantity":1}]}"#),
    ("release", "POST", "/v1/reservations/r-2/release", "{}"),
    ("extend", "POST", "/v1/reservations/r-2/extend", r#"{"ttl_ms":2000}"#),
    ("payment-started", "POST", "/v1/reservations/r-2/payment-started", r#"{"grace_ms":1000}"#),
    ("cancel", "POST", "/v1/reservations/r-1/cancel", "{}"),
    ("fulfil", "POST", "/v1/reservations/r-1/fulfil", r#"{"lines":[{"sku":"B","quantity":1}]}"#),
    ("sku", "GET", "/v1/skus/A", ""),
    ("skus", "GET", "/v1/skus?ids=A,B,D%3A1", ""),
    ("sku-as-of", "GET", "/v1/skus/A?as_of_ms=1700000000000", ""),
    ("sku-history", "GET", "/v1/skus/A/history?limit=2&from_ms=1", ""),
    (
        "set-sku",
        "PUT",
        "/v1/skus/D",
        r#"{"max_per_customer":5,"channel_quotas":{"web":10},"location_order":["a","b"]}"#,
    ),
    ("delete-sku", "DELETE", "/v1/skus/D", ""),
    ("set-stock", "PUT", "/v1/skus/D/locations/east", r#"{"on_hand":1000,"source_ts_ms":5}"#),
    ("adjust", "POST", "/v1/skus/D/locations/east/adjust", r#"{"delta":-3,"reference":"x"}"#),
    ("sale", "GET", "/v1/sales/s", ""),
    ("set-sale", "PUT", "/v1/sales/s", r#"{"skus":["A"],"quota":100,"drops":[{"at_ms":1,"quota":50}]}"#),
    (
        "import",
        "POST",
        "/v1/stock/import",
        "{\"sku\":\"E\",\"on_hand\":9}\n{\"sku\":\"E\",\"delta\":1,\"reference\":\"y\"}\n",
    ),
    ("events", "GET", "/v1/events?limit=2", ""),
    (
        "batch",
        "POST",
        "/v1/batch",
        "{\"op\":\"reserve\",\"id\":\"b-1\",\"lines\":[{\"sku\":\"A\",\"quantity\":1}]}\n{\"op\":\"confirm\",\"id\":\"b-1\"}\n",
    ),
    ("contract", "GET", "/openapi.json", ""),
];

/// Bytes that are no single plain request.
const OTHERS: &[(&str, &str)] = &[
    ("absolute", "GET http://a/v1/skus/A HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("conditional", "GET /v1/skus/A HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"1\", W/\"x\"\r\n\r\n"),
    ("old", "GET /v1/skus/A HTTP/1.0\r\n\r\n"),
    ("upgrade", "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nbytes"),
    ("cut", "PUT /v1/skus/D HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\n\r\n{\"max_per"),
    ("two-lengths", "PUT /v1/skus/D HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
    (
        "both-framings",
        "PUT /v1/skus/D HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    (
        "path-tricks",
        "GET /v1//skus/./x/../A%2e HTTP/1.1\r\nHost: a\r\n\r\nGET /v1/skus/%2F HTTP/1.1\r\nHost: a\r\n\r\n",
    ),
];

fn request(method: &str, target: &str, body: &str) -> String {
    let kind = if body.contains('\n') { NDJSON } else { JSON };
    let length = body.len();
    match (body.is_empty(), length % 2) {
        (true, _) => format!("{method} {target} HTTP/1.1\r\nHost: a\r\n\r\n"),
        (_, 0) => format!(
            "{method} {target} HTTP/1.1\r\nHost: a\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}"
        ),
        _ => format!(
            "{method} {target} HTTP/1.1\r\nHost: a\r\nContent-Type: {kind}\r\nTransfer-Encoding: chunked\r\n\r\n\
             {length:x}\r\n{body}\r\n0\r\n\r\n"
        ),
    }
}

fn write_both(name: &str, text: &str) {
    for (door, of) in [(API, "api"), (GATEWAY, "gateway")] {
        write("http", &format!("{of}-{name}"), &[&[door], text.as_bytes()].concat());
    }
}

/// Each by itself, then the life of a reservation on one connection.
pub fn http() {
    for (name, method, target, body) in REQUESTS {
        write_both(name, &request(method, target, body));
    }
    for (name, text) in OTHERS {
        write_both(name, text);
    }
    let life: String = REQUESTS[..12].iter().map(|(_, method, target, body)| request(method, target, body)).collect();
    write_both("life", &life);
}
