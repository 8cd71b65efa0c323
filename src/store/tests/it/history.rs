//! What balances were at earlier times, and what moved them.

use crate::day::{Day, Stock};
use crate::directory::{fresh, open};
use crate::shards::Writers;
use engine::{Lsn, Projection};
use ledger::{EventKind, Location, Millis, Sku};
use naive::asks;
use naive::steps::NOON;
use std::ops::ControlFlow;
use std::time::Instant;
use store::{HistoryEntry, HistoryPlace, HistoryQuery, LEAST_EXAMINED, Movement, RecordsError, Store};

/// Compares the balances of every SKU at every instant from `from` to the day's end.
pub fn compare_balances(store: &Store, day: &Day, from: Millis) {
    for at in (from.0..=day.now.0).map(Millis) {
        let nothing = Stock::new();
        let then = day.stock.range(..=at).next_back().map_or(&nothing, |(_, stock)| stock);
        for sku in ["A", "B", "C", "D", "never"].map(asks::sku) {
            let rows = store.stock_at(&sku, at).expect("it is kept").rows;
            assert_eq!(rows, then.get(&sku).cloned().unwrap_or_default(), "{sku} at {at:?}");
        }
    }
}

#[test]
fn balances_are_told_as_of_any_instant() {
    for seed in 40..44 {
        let mut day = Day::new(seed);
        day.until(1_200);
        let dir = fresh();
        let store = open(dir.path());
        store.apply(&day.records).expect("they follow");
        compare_balances(&store, &day, Millis(NOON.0 - 2));
        let later = store.stock_at(&asks::sku("A"), Millis(u64::MAX)).expect("it is kept");
        assert_eq!((later.as_of, later.until), (store.applied(), store.marks().time));
    }
}

fn told(store: &Store, query: &HistoryQuery) -> Vec<HistoryEntry> {
    let mut entries = Vec::new();
    let mut query = query.clone();
    loop {
        let page = store.sku_history(&query).expect("it is kept");
        assert_eq!((page.as_of, page.until), (store.applied(), store.marks().time));
        assert!(page.entries.len() <= query.limit);
        entries.extend(page.entries);
        match page.next {
            Some(place) => query.after = Some(place),
            None => return entries,
        }
    }
}

/// What the log says of a SKU's balances, but for its end.
pub fn expected(day: &Day, sku: &Sku, location: Option<&Location>, from: Millis, to: Millis) -> Vec<HistoryEntry> {
    let mut entries = Vec::new();
    for recorded in &day.records {
        let event = &recorded.event;
        let rows = event.stock.iter().filter(|after| after.sku == *sku && event.at >= from && event.at < to);
        for after in rows.filter(|after| location.is_none_or(|location| after.row.location == *location)) {
            let movement = match (&event.adjustment, &event.reservation) {
                (Some(made), _) => Movement::Adjusted((**made).clone()),
                (None, Some(row)) => {
                    let there = row.lines.iter().filter(|line| line.sku == *sku);
                    let there = there.filter(|line| line.location == after.row.location);
                    let quantity = there.map(|line| u64::from(line.quantity)).sum();
                    Movement::Reserved { id: row.id.clone(), quantity }
                }
                (None, None) => Movement::Written,
            };
            entries.push(HistoryEntry {
                lsn: recorded.lsn,
                at: event.at,
                kind: event.kind,
                location: after.row.location.clone(),
                row: Some(after.row.clone()),
                movement,
            });
        }
    }
    entries.sort_by(|one, other| (one.at, one.lsn, &one.location).cmp(&(other.at, other.lsn, &other.location)));
    entries
}

#[test]
fn history_merges_locations_in_the_order_of_time() {
    let mut ends = 0;
    for seed in 50..54 {
        let mut day = Day::new(seed);
        day.until(1_200);
        let dir = fresh();
        let store = open(dir.path());
        store.apply(&day.records).expect("they follow");
        let mut dice = fastrand::Rng::with_seed(seed);
        for _ in 0..40 {
            let (from, to) = (Millis(dice.u64(NOON.0..day.now.0)), Millis(dice.u64(NOON.0..day.now.0 + 9)));
            let location = dice.bool().then(|| asks::location(["east", "west", "north"][dice.usize(..3)]));
            let sku = asks::sku(["A", "B", "C", "D"][dice.usize(..4)]);
            let limit = dice.usize(1..40);
            let query = HistoryQuery { sku, location, from, to, after: None, limit, deadline: None };
            let mut found = told(&store, &query);
            assert!(found.is_sorted_by_key(|entry| (entry.at, entry.lsn, entry.location.clone())));
            let told = found.len();
            found.retain(|entry| entry.kind != EventKind::SkuDeleted);
            ends += told - found.len();
            assert_eq!(found, expected(&day, &query.sku, query.location.as_ref(), from, to), "{query:?}");
        }
    }
    assert!(ends > 0, "some SKU ended");
}

/// Places come from outside.
#[test]
fn a_place_that_cannot_be_leads_nowhere() {
    let mut day = Day::new(56);
    day.until(200);
    let dir = fresh();
    let store = open(dir.path());
    store.apply(&day.records).expect("they follow");
    let location = asks::location("east");
    let after = Some(HistoryPlace { at: Millis(u64::MAX), lsn: Lsn(u64::MAX), location });
    let (sku, to) = (asks::sku("A"), Millis(u64::MAX));
    let query = HistoryQuery { sku, location: None, from: Millis(0), to, after, limit: 100, deadline: None };
    assert_eq!(store.sku_history(&query).expect("it is kept").entries, []);
}

/// There is never any time left.
#[test]
fn a_deadline_ends_a_page_of_history_and_not_the_history() {
    let mut writers = Writers::new(55);
    writers.write(500);
    let dir = fresh();
    let store = open(dir.path());
    store.apply(&writers.log).expect("they follow");
    let (sku, to) = (asks::sku("A"), Millis(u64::MAX));
    let deadline = Some(Instant::now());
    let hasty = HistoryQuery { sku, location: None, from: Millis(0), to, after: None, limit: 1_000, deadline };
    let patient = HistoryQuery { deadline: None, ..hasty.clone() };
    assert_eq!(store.sku_history(&hasty).expect("it is kept").entries.len(), LEAST_EXAMINED);
    assert_eq!(told(&store, &hasty), told(&store, &patient));
    let whole = store.sku_history(&patient).expect("it is kept");
    assert!(whole.entries.len() > LEAST_EXAMINED && whole.next.is_none(), "that was all");
}

#[test]
fn records_come_back_as_they_were_applied() {
    let mut day = Day::new(60);
    day.until(300);
    let dir = fresh();
    let store = open(dir.path());
    store.apply(&day.records).expect("they follow");
    assert_eq!(store.oldest_record(), Lsn(1));
    let mut found = Vec::new();
    let mut take = |lsn, bytes: &[u8]| {
        found.push((lsn, bytes.to_vec()));
        if found.len() == 100 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    store.records(Lsn(120), &mut take).expect("they are kept");
    let expected: Vec<_> = day.records[120..220].iter().map(|record| (record.lsn, record.bytes.clone())).collect();
    assert_eq!(found, expected);
    let mut none = |_, _: &[u8]| panic!("there are no more");
    assert_eq!(store.records(store.applied(), &mut none), Ok::<(), RecordsError>(()));
}
