//! Requests that are right, of every kind that the api takes, over few names so that they meet. It knows
//! the contract's paths and fields, and nothing of how a request is sent.

use fastrand::Rng;
use serde_json::{Value, json};

use crate::inputs::any_of;

pub const SKUS: &[&str] = &["A", "B", "C", "D:1"];
const LOCATIONS: &[&str] = &["default", "east", "west"];
const SALES: &[&str] = &["s-1", "s-2"];
const CHANNELS: &[&str] = &["web", "app"];
const STATES: &[&str] = &["held", "confirmed", "released", "expired", "cancelled", "fulfilled"];

pub const JSON: &str = "application/json";
pub const NDJSON: &str = "application/x-ndjson";

/// A request, its framing aside.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    fn new(method: &str, target: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        Self { method: method.to_owned(), target: target.into(), headers: Vec::new(), body: body.into() }
    }

    fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    fn get(target: impl Into<String>) -> Self {
        Self::new("GET", target, "")
    }

    fn json(method: &str, target: impl Into<String>, body: &Value) -> Self {
        Self::new(method, target, body.to_string()).with("Content-Type", JSON)
    }
}

fn id(rng: &mut Rng) -> String {
    format!("r-{}", rng.u32(..400))
}

fn line(rng: &mut Rng) -> Value {
    let mut line = json!({"sku": any_of(rng, SKUS), "quantity": rng.u32(1..4)});
    if rng.u8(..3) == 0 {
        line["location"] = json!(any_of(rng, LOCATIONS));
    }
    line
}

fn lines(rng: &mut Rng) -> Value {
    (0..=rng.u8(..8) / 4).map(|_| line(rng)).collect()
}

fn reserve(rng: &mut Rng) -> Value {
    let mut body = json!({"customer": format!("c-{}", rng.u8(..20)), "lines": lines(rng)});
    let optional = [
        ("channel", json!(any_of(rng, CHANNELS))),
        ("sale", json!(any_of(rng, SALES))),
        ("ttl_ms", json!([1, 1000, 600_000, 86_400_000][rng.usize(..4)])),
        ("mode", json!(any_of(rng, &["all_or_nothing", "best_effort"]))),
    ];
    for (name, value) in optional {
        if rng.u8(..4) == 0 {
            body[name] = value;
        }
    }
    body
}

/// A verb on a reservation, with its body.
fn verb(rng: &mut Rng) -> (&'static str, Value) {
    match rng.u8(..8) {
        0 => ("confirm", json!({"order": format!("o-{}", rng.u8(..)), "if_expired": "reacquire"})),
        1 => ("confirm", json!({"lines": lines(rng)})),
        2 => ("confirm", json!({})),
        3 => ("release", json!({})),
        4 => ("extend", json!({"ttl_ms": rng.u32(1..1_000_000)})),
        5 => ("payment-started", json!({"grace_ms": 1000})),
        6 => ("cancel", json!({})),
        _ => ("fulfil", if rng.bool() { json!({}) } else { json!({"lines": lines(rng)}) }),
    }
}

fn operation(rng: &mut Rng) -> Value {
    let (op, mut body) = if rng.bool() { ("reserve", reserve(rng)) } else { verb(rng) };
    body["op"] = json!(op);
    body["id"] = json!(id(rng));
    body
}

fn one_a_line(count: u8, mut value: impl FnMut() -> Value) -> String {
    (0..count).map(|_| value().to_string() + "\n").collect()
}

fn import_line(rng: &mut Rng) -> Value {
    let figure = rng.u32(..1_000_000);
    match rng.u8(..3) {
        0 => json!({"sku": any_of(rng, SKUS), "location": any_of(rng, LOCATIONS), "on_hand": figure}),
        1 => json!({"sku": any_of(rng, SKUS), "available": figure}),
        _ => json!({"sku": any_of(rng, SKUS), "delta": 1, "reference": format!("i-{}", rng.u8(..))}),
    }
}

fn settings(rng: &mut Rng) -> Value {
    let mut settings = json!({});
    let optional = [
        ("max_per_customer", json!(1000)),
        ("max_per_order", json!(50)),
        ("channel_quotas", json!({"web": 100_000})),
        ("default_ttl_ms", json!(60_000)),
        ("location_order", json!(["west", "default"])),
    ];
    for (name, value) in optional {
        if rng.u8(..4) == 0 {
            settings[name] = value;
        }
    }
    settings
}

fn sale(rng: &mut Rng) -> Value {
    let mut sale = json!({"skus": ["A", "B"], "quota": 100_000});
    if rng.bool() {
        sale["starts_ms"] = json!(1);
        sale["ends_ms"] = json!(4_102_444_800_000_u64);
    }
    if rng.u8(..4) == 0 {
        sale["drops"] = json!([{"at_ms": 1, "quota": 50_000}]);
        sale["close_when_sold_out"] = json!(true);
    }
    sale
}

/// A request for what there is to read. None waits for long.
fn read(rng: &mut Rng) -> Request {
    let sku = any_of(rng, SKUS);
    let limit = rng.u8(1..20);
    match rng.u8(..10) {
        0 | 1 => Request::get(format!("/v1/reservations/{}", id(rng))),
        2 => Request::get(format!("/v1/reservations?sku={sku}&state={}&limit={limit}", any_of(rng, STATES))),
        3 => Request::get(format!("/v1/reservations?customer=c-1&sale=s-1&limit={limit}")),
        4 => Request::get(format!("/v1/skus/{sku}")).with("If-None-Match", "\"1\", W/\"x\", *"),
        5 => Request::get(format!("/v1/skus/{sku}/history?from_ms=1&location=default&limit={limit}")),
        6 => Request::get("/v1/skus?ids=A,B,nowhere,D%3A1"),
        7 => Request::get(format!("/v1/sales/{}", any_of(rng, SALES))),
        8 => Request::get(format!("/v1/events?limit={limit}&wait_ms={}", rng.u8(..4))).with("Accept", JSON),
        _ => Request::get(*any_of(rng, &["/openapi.json", "/docs", "/", "/v1/sales"])),
    }
}

fn write(rng: &mut Rng) -> Request {
    let (sku, location) = (any_of(rng, SKUS), any_of(rng, LOCATIONS));
    let stock = format!("/v1/skus/{}/locations/{location}", sku.replace(':', "%3A"));
    match rng.u8(..10) {
        0 => Request::json("PUT", format!("/v1/skus/{sku}"), &settings(rng)),
        1 => Request::json("PUT", format!("/v1/sales/{}", any_of(rng, SALES)), &sale(rng)),
        2 | 3 => {
            let mut body = json!({"on_hand": rng.u32(..1_000_000)});
            if rng.bool() {
                body["source_ts_ms"] = json!(rng.u32(..));
                body["safety_stock"] = json!(rng.u8(..));
            }
            Request::json("PUT", stock, &body)
        }
        4 | 5 => {
            let body = json!({"delta": rng.i32(-5..50), "reason": "counted", "reference": "\u{e4}/~"});
            Request::json("POST", stock + "/adjust", &body).with("Idempotency-Key", format!("a-{}", rng.u8(..)))
        }
        6 => Request::new("DELETE", format!("/v1/skus/{sku}"), ""),
        7 => {
            let body = one_a_line(rng.u8(1..20), || import_line(rng));
            Request::new("POST", "/v1/stock/import", body).with("Content-Type", NDJSON)
        }
        8 => {
            let operations: Value = (0..rng.u8(1..20)).map(|_| operation(rng)).collect();
            let batch = Request::json("POST", "/v1/batch", &json!({"operations": operations}));
            if rng.bool() { batch.with("Prefer", "return=minimal") } else { batch }
        }
        _ => {
            let body = one_a_line(rng.u8(1..20), || operation(rng));
            Request::new("POST", "/v1/batch", body).with("Content-Type", NDJSON)
        }
    }
}

/// Any request that is right in itself, whatever the books say to it.
pub fn right(rng: &mut Rng) -> Request {
    match rng.u8(..10) {
        0..3 => Request::json("PUT", format!("/v1/reservations/{}", id(rng)), &reserve(rng)),
        3 => {
            let posted = Request::json("POST", "/v1/reservations", &reserve(rng));
            if rng.bool() { posted.with("Idempotency-Key", format!("k-{}", rng.u8(..))) } else { posted }
        }
        4..6 => {
            let (verb, body) = verb(rng);
            Request::json("POST", format!("/v1/reservations/{}/{verb}", id(rng)), &body)
        }
        6 | 7 => read(rng),
        _ => write(rng),
    }
}
