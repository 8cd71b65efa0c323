//! Pages of reservations, where an instant decides what is in them.

use std::time::Instant;

use ledger::{Millis, State};
use naive::asks;
use serde_json::Value;

use super::{Asked, PAGE_BYTES, STATES, page};
use crate::api::past::{Past, written};

const EPOCH: u32 = 3;

/// The ids and states of all pages of a query at an instant, and how many pages there were.
fn list(past: &Past, query: &str, now: u64) -> (Vec<(String, String)>, usize) {
    list_until(past, query, now, None)
}

fn list_until(past: &Past, query: &str, now: u64, deadline: Option<Instant>) -> (Vec<(String, String)>, usize) {
    let (mut found, mut pages, mut after) = (Vec::new(), 0, String::new());
    loop {
        let asked = Asked::parse(Some(&format!("{query}{after}")), EPOCH).expect("a valid query");
        let limit = asked.limit;
        let body = page(&past.store, asked, Millis(now), deadline).expect("the store is read");
        let body: Value = serde_json::from_slice(&body).expect("valid JSON");
        assert_eq!(body["as_of_lsn"], past.events.len());
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let reservations = body["reservations"].as_array().expect("a list");
        assert!(reservations.len() <= limit);
        found.extend(reservations.iter().map(|reservation| (text(&reservation["id"]), text(&reservation["state"]))));
        pages += 1;
        let Some(next) = body.get("next") else { return (found, pages) };
        after = format!("&after={}", text(next));
    }
}

/// Three holds until 50, three until 500, two confirmed, one released; made at 10 to 18.
fn past() -> Past {
    let mut past = Past::new();
    past.at(1, &written("A", 1_000));
    for (at, id, ttl) in (10..).zip(["a", "b", "c", "d", "e", "f", "g", "h", "i"]).map(|(at, id)| (at, id, 50 - at)) {
        let ttl = if at % 3 == 0 { 490 } else { ttl };
        past.at(at, &asks::reserve_for(id, ttl, &[("A", 1)]));
    }
    past.at(20, &asks::confirm("a", None));
    past.at(21, &asks::confirm("c", None));
    past.at(22, &ledger::Command::Release(asks::id("e")));
    past
}

fn ids(found: &[(String, String)]) -> String {
    found.iter().map(|(id, _)| id.as_str()).collect()
}

#[test]
fn a_hold_past_its_deadline_is_listed_as_expired_though_the_store_was_not_told() {
    let mut past = past();
    for limit in ["", "&limit=1", "&limit=2"] {
        for (now, held, expired) in [(49, "bdfghi", ""), (50, "fi", "bdgh"), (600, "", "bdfghi")] {
            for (state, expected) in
                [("held", held), ("expired", expired), ("confirmed", "ac"), ("released", "e"), ("cancelled", "")]
            {
                let (found, _) = list(&past, &format!("state={state}{limit}"), now);
                assert_eq!(ids(&found), expected, "{state} at {now}, {limit}");
                assert!(found.iter().all(|(_, shown)| shown == state));
            }
            let (all, _) = list(&past, &limit.replace('&', ""), now);
            assert_eq!(ids(&all), "abcdefghi");
            let shown = all.iter().filter(|(_, state)| state == "expired");
            assert_eq!(shown.map(|(id, _)| id.as_str()).collect::<String>(), expired, "at {now}");
        }
    }
    // Once the store is told, it is the same.
    past.at(60, &ledger::Command::Expire(asks::id("b")));
    assert_eq!(ids(&list(&past, "state=expired&limit=1", 60).0), "bdgh");
}

/// There is never any time left.
#[test]
fn a_deadline_ends_a_page_and_not_the_list() {
    let mut past = Past::new();
    past.at(1, &written("A", 1_000));
    for number in 0..250 {
        past.at(2, &asks::reserve_for(&format!("r-{number:03}"), 10 + number % 3, &[("A", 1)]));
    }
    let deadline = Some(Instant::now());
    for query in ["limit=1000", "limit=120", "state=held", "state=expired", "state=cancelled", "sku=B"] {
        let (found, pages) = list_until(&past, query, 13, deadline);
        assert_eq!(found, list(&past, query, 13).0, "{query}");
        assert_eq!(pages >= 3, query != "sku=B", "{query}: {pages}");
    }
}

#[test]
fn what_is_looked_at_in_vain_ends_a_page_and_not_the_list() {
    let mut past = Past::new();
    past.at(1, &written("A", 100_000));
    for number in 0..17_000 {
        past.at(2, &asks::reserve_for(&format!("r-{number:05}"), 1_000, &[("A", 1)]));
    }
    past.at(3, &asks::reserve_for("z", 1, &[("A", 1)]));
    let (found, pages) = list(&past, "state=expired", 100);
    assert_eq!(found, [("z".to_owned(), "expired".to_owned())]);
    assert_eq!(pages, 2, "a page looks at 16,000");
    assert_eq!(list(&past, "limit=1000", 100).0.len(), 17_001);
}

#[test]
fn a_page_is_bounded_in_bytes() {
    let mut past = Past::new();
    let skus: Vec<_> = (0..100).map(|sku| format!("{sku:0>64}")).collect();
    for sku in &skus {
        past.at(1, &written(sku, 1_000));
    }
    let cart: Vec<_> = skus.iter().map(|sku| (sku.as_str(), 1)).collect();
    for number in 0..200 {
        past.at(2, &asks::reserve_for(&format!("r-{number:03}"), 1_000, &cart));
    }
    let asked = Asked::parse(Some("limit=1000"), EPOCH).expect("a valid query");
    let bytes = page(&past.store, asked, Millis(3), None).expect("the store is read").len();
    assert!((PAGE_BYTES..PAGE_BYTES + (64 << 10)).contains(&bytes), "{bytes} bytes");
    let (found, pages) = list(&past, "limit=1000", 3);
    assert_eq!(found.len(), 200);
    assert!(pages > 2);
    assert!(found.is_sorted());
}

#[test]
fn every_state_has_its_word() {
    for state in STATES {
        let asked = Asked::parse(Some(&format!("state={}", state.as_str())), EPOCH).expect("a valid query");
        assert_eq!(asked.state, Some(state));
        let stored = if state == State::Expired { None } else { Some(state) };
        assert_eq!(asked.query.state, stored);
    }
}
