//! What is done to a right request so that it is none any more: to its line, its headers, its JSON and its bytes. Whatever
//! is done here, the head stays one that a parser of HTTP can read; see `wire` for those that it cannot.

use fastrand::Rng;
use serde_json::{Map, Value};

use super::requests::Request;
use crate::inputs::{any_of, spoil};

const METHODS: &[&str] =
    &["GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "TRACE", "HEAD", "BREW", "get", "M-SEARCH"];

const PIECES: &[&str] = &[
    "%",
    "%0",
    "%00",
    "%zz",
    "%FF",
    "%2F",
    "%2e%2e",
    "%F0%9F%A6%80",
    "/",
    "//",
    "/../",
    "?",
    "??",
    "&",
    "&&",
    "=",
    "limit=1",
    "limit=0",
    "after=",
    "after=AAAA",
    "wait_ms=1",
    "ids=,,,",
    "as_of_ms=1",
    "as_of_ms=9007199254740992",
    "state=sold",
    "sku=A&sku=B",
    "/confirm",
    "/locations/x",
    "~",
    "*",
    ";a=b",
    "9223372036854775808",
    "x",
    "+",
    "'",
];

const HEADERS: &[(&str, &str)] = &[
    ("Content-Type", "text/plain"),
    ("Content-Type", "application/json; charset=utf-16"),
    ("content-type", "application/x-ndjson"),
    ("Content-Type", "\u{e4}"),
    ("Idempotency-Key", ""),
    ("Idempotency-Key", "k\u{e4}"),
    ("Idempotency-Key", "again"),
    ("Prefer", "return=minimal; x=\",\", return=representation"),
    ("If-None-Match", "*"),
    ("If-None-Match", "W/\"\",\""),
    ("Last-Event-ID", "x"),
    ("Last-Event-ID", ""),
    ("Accept", "*/*;q=0"),
    ("Accept-Encoding", "gzip, br;q=2"),
    ("Content-Encoding", "gzip"),
    ("Cookie", "a=b; c"),
    ("X-\u{0}", "x"),
    ("Range", "bytes=0-0"),
    ("Authorization", "Basic \t"),
    ("Host", "b"),
];

/// Marks the place of a node in a text of JSON: what comes there need not be JSON.
const MARK: &str = "|here|";

/// What JSON a value may become.
const VALUES: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "-0",
    "-1",
    "1",
    "1.0",
    "1e2",
    "1e999",
    "-1e-999",
    "0.1",
    "1000000000",
    "1000000001",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551616",
    "-9223372036854775809",
    "\"\"",
    "\"0\"",
    "\"a b\"",
    "\"a/b\"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"\\ud83e\\udd80\"",
    "\"\u{202e}\u{1f980}\"",
    "\"A\"",
    "\"default\"",
    "\"r-1\"",
    "\"best_effort\"",
    "\"reserve\"",
    "[]",
    "[[]]",
    "[null]",
    "{}",
    "{\"\":{}}",
    "{\"sku\":\"A\"}",
    "[{\"sku\":\"A\",\"quantity\":1}]",
    "NaN",
    "01",
    "+1",
    "'A'",
    "\"",
    "\"\\x\"",
    "/**/1",
    "",
];

const NAMES: &[&str] = &[
    "sku", "quantity", "location", "lines", "customer", "ttl_ms", "mode", "id", "op", "on_hand", "delta", "", "\u{e4}",
    "a/b~",
];

/// Makes one to three things wrong with the request.
pub fn make_wrong(rng: &mut Rng, request: &mut Request) {
    for _ in 0..=rng.u8(..3) {
        match rng.u8(..10) {
            0 => (*any_of(rng, METHODS)).clone_into(&mut request.method),
            1 | 2 => request.target = other_target(rng, &request.target),
            3 => other_headers(rng, &mut request.headers),
            4 => spoil(rng, &mut request.body, b"{\"lines\":[{\"sku\":\"A\",\"quantity\":1}]}\n,\\u\xff\xf0\x9f\x00"),
            _ => request.body = other_json(rng, &request.body),
        }
    }
}

fn other_target(rng: &mut Rng, target: &str) -> String {
    // Targets are ASCII.
    let at = 1 + rng.usize(..target.len());
    let (front, back) = target.split_at(at);
    let piece = any_of(rng, PIECES);
    match rng.u8(..16) {
        0 => format!("{front}{}{back}", "y".repeat(rng.usize(..200))),
        1 => format!("{front}{}", piece.repeat(1 << rng.u8(..14))),
        2 => format!("http://elsewhere{target}"),
        3 => (*any_of(rng, &["*", "/", "//", "/v1", "/v1/", "/%", "/v1/reservations/", "http://x"])).to_owned(),
        4 => front.to_owned(),
        5..8 => format!("{target}{}{piece}", any_of(rng, &["?", "&"])),
        _ => format!("{front}{piece}{back}"),
    }
}

fn other_headers(rng: &mut Rng, headers: &mut Vec<(String, String)>) {
    let (name, value) = any_of(rng, HEADERS);
    match rng.u8(..6) {
        0 => headers.clear(),
        1 => headers.extend_from_within(..),
        2 => headers.push(((*name).to_owned(), "z".repeat(1 << rng.u8(..18)))),
        3 => headers.extend((0..rng.u8(..)).map(|n| (format!("X-{n}"), value.to_string()))),
        _ => headers.push(((*name).to_owned(), (*value).to_owned())),
    }
    // A name that no parser reads is none of these.
    headers.retain(|(name, _)| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
}

/// A JSON text, or several a line each, with a node changed; or text of its own where it is none.
fn other_json(rng: &mut Rng, body: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let Some(last) = lines.len().checked_sub(1) else { return any_of(rng, VALUES).as_bytes().to_vec() };
    let line = &mut lines[rng.usize(..=last)];
    *line = match serde_json::from_str::<Value>(line) {
        Ok(mut value) if rng.u8(..4) > 0 => {
            let with = changed_node(rng, &mut value);
            value.to_string().replace(&format!("\"{MARK}\""), &with)
        }
        _ => other_text(rng, line),
    };
    lines.join("\n").into_bytes()
}

/// Marks a node of the value, and says what comes in its place.
fn changed_node(rng: &mut Rng, value: &mut Value) -> String {
    match value {
        Value::Object(members) if rng.u8(..4) > 0 && !members.is_empty() => changed_member(rng, members),
        Value::Array(items) if rng.u8(..4) > 0 && !items.is_empty() => changed_item(rng, items),
        node => {
            *node = MARK.into();
            replacement(rng)
        }
    }
}

fn changed_member(rng: &mut Rng, members: &mut Map<String, Value>) -> String {
    let name = members.keys().nth(rng.usize(..members.len())).cloned().unwrap_or_default();
    let other_name = (*any_of(rng, NAMES)).to_owned();
    match rng.u8(..8) {
        0 => drop(members.remove(&name)),
        1 => {
            let moved = members.remove(&name).unwrap_or_default();
            members.insert(other_name, moved);
        }
        2 => {
            members.insert(other_name, MARK.into());
            return replacement(rng);
        }
        _ => return changed_node(rng, &mut members[&name]),
    }
    String::new()
}

fn changed_item(rng: &mut Rng, items: &mut Vec<Value>) -> String {
    let at = rng.usize(..items.len());
    if rng.u8(..6) > 0 {
        return changed_node(rng, &mut items[at]);
    }
    let again = items[at].clone();
    items.resize(items.len() + rng.usize(..120), again);
    String::new()
}

fn replacement(rng: &mut Rng) -> String {
    match rng.u16(..200) {
        0 => "[".repeat(1 << rng.u8(..18)),
        1 => "{\"a\":".repeat(1 << rng.u8(..16)),
        2 => format!("\"{}\"", "long".repeat(1 << rng.u8(..19))),
        3 => "9".repeat(1 << rng.u8(..16)),
        4 => format!("\"{}\"", "\\u0041".repeat(rng.usize(..70))),
        5..20 => format!("\"{}\"", "n".repeat(rng.usize(62..67))),
        _ => (*any_of(rng, VALUES)).to_owned(),
    }
}

fn other_text(rng: &mut Rng, text: &str) -> String {
    let braces: Vec<usize> = text.match_indices('{').map(|(at, _)| at + 1).collect();
    match (rng.u8(..4), braces.is_empty()) {
        (0, false) => {
            let (front, back) = text.split_at(*any_of(rng, &braces));
            format!("{front}\"{}\":{},{back}", any_of(rng, NAMES), any_of(rng, VALUES))
        }
        (1, _) => format!("\u{feff}{text}"),
        (2, _) => format!("{text}{}", any_of(rng, VALUES)),
        _ => text.replace('"', ["'", "\\\"", ""][rng.usize(..3)]),
    }
}
