//! What is told of a SKU once some of it is forgotten.

use ledger::{Location, Millis};
use naive::asks;
use serde_json::{Value, json};
use store::{HistoryError, HistoryPage, HistoryPlace, Lsn};

use super::{Asked, body, is_short};
use crate::api::past::{Past, written};

fn read(past: &Past, query: &str) -> Result<Value, HistoryError> {
    let asked = Asked::parse(asks::sku("A"), Some(query)).expect("a valid query");
    let page = asked.read(&past.store, None)?;
    Ok(serde_json::from_slice(&body(&page)).expect("valid JSON"))
}

fn times(page: &Value) -> Vec<u64> {
    let entries = page["entries"].as_array().expect("a list").iter();
    entries.map(|entry| entry["at_ms"].as_u64().expect("a time")).collect()
}

/// On-hand written at 10, 20, 30 and 40, then forgotten up to 25.
fn past() -> (Past, String) {
    let mut past = Past::new();
    for at in [10, 20, 30, 40] {
        past.at(at.into(), &written("A", at));
    }
    let first = read(&past, "limit=1").expect("it is there");
    assert_eq!(times(&first), [10]);
    past.forget(25);
    (past, first["next"].as_str().expect("there is more").to_owned())
}

#[test]
fn who_does_not_say_from_when_gets_what_there_is() {
    let (past, _) = past();
    let page = read(&past, "").expect("some of it is there");
    assert_eq!(times(&page), [30, 40]);
    assert_eq!((&page["as_of_lsn"], page.get("next")), (&json!(4), None));
    let page = read(&past, "limit=1&to_ms=40").expect("some of it is there");
    assert_eq!((times(&page), page.get("next")), (vec![30], None));
}

#[test]
fn who_asks_for_what_is_forgotten_is_told() {
    let (past, after) = past();
    let gone = HistoryError::Gone { oldest: Millis(20) };
    assert_eq!(read(&past, "from_ms=19"), Err(gone.clone()));
    assert_eq!(times(&read(&past, "from_ms=20").expect("all of that is there")), [30, 40]);
    // The page that came before has had 10: what came after it is not all there any more.
    assert_eq!(read(&past, &format!("after={after}")), Err(gone.clone()));
    assert_eq!(read(&past, &format!("from_ms=1&after={after}")), Err(gone));
    let from = read(&past, &format!("from_ms=30&after={after}")).expect("it is asked for from then on");
    assert_eq!(times(&from), [30, 40]);
}

#[test]
fn a_place_may_be_older_than_what_is_asked_for_and_younger() {
    let (past, _) = past();
    let first = read(&past, "limit=1").expect("some of it is there");
    let after = first["next"].as_str().expect("there is more");
    assert_eq!(times(&read(&past, &format!("after={after}&from_ms=21")).expect("it is there")), [40]);
    assert_eq!(read(&past, &format!("after={after}&to_ms=30")).expect("it is there")["entries"], json!([]));
}

#[test]
fn the_last_page_must_come_to_the_time_that_was_named() {
    let (past, _) = past();
    let all = Asked::parse(asks::sku("A"), Some("")).expect("a valid query");
    let page = HistoryPage { until: Millis(5_000), ..all.read(&past.store, None).expect("it is there") };
    let (has_all, lags) = (Lsn(4), Lsn(5));
    for (named, durable, expected) in
        [(Some(3_999), lags, false), (Some(5_000), lags, true), (Some(5_000), has_all, false), (None, lags, false)]
    {
        assert_eq!(is_short(&page, named.map(Millis), durable), expected, "{named:?} {durable}");
    }
    let next = Some(HistoryPlace { at: Millis(30), lsn: Lsn(3), location: Location::default_location() });
    assert!(!is_short(&HistoryPage { next, ..page }, Some(Millis(5_000)), lags), "the rest is asked for");
}
