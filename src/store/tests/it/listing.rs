//! Reservations found by name, and listed in the order of their creation.

use crate::day::Day;
use crate::directory::{fresh, open};
use crate::shards::Writers;
use engine::{Lsn, Projection};
use ledger::{EventKind, Ledger, Reservation, State};
use naive::asks;
use std::collections::HashMap;
use std::time::Instant;
use store::{LEAST_EXAMINED, ReservationQuery, Store};

fn all_pages(store: &Store, query: &ReservationQuery) -> Vec<Reservation> {
    let mut found = Vec::new();
    let mut query = query.clone();
    loop {
        let page = store.reservations(&query).expect("it lists");
        assert_eq!(page.as_of, store.applied());
        assert!(page.reservations.len() <= query.limit);
        found.extend(page.reservations.into_iter().map(|(_, row)| row));
        match page.next {
            Some(place) => query.after = Some(place),
            None => return found,
        }
    }
}

/// A name that was used again is the last one's.
fn filtered(day: &Day, ledger: &Ledger, query: &ReservationQuery) -> Vec<Reservation> {
    let held = day.records.iter().filter(|record| record.event.kind == EventKind::Held);
    let made: HashMap<_, _> =
        held.filter_map(|record| Some((&record.event.reservation.as_ref()?.id, record.lsn))).collect();
    let mut all: Vec<_> = ledger.reservations().collect();
    all.sort_by_key(|row| made[&row.id]);
    all.retain(|row| {
        query.sku.as_ref().is_none_or(|sku| row.lines.iter().any(|line| line.sku == *sku))
            && query.customer.as_ref().is_none_or(|customer| row.customer.as_ref() == Some(customer))
            && query.sale.as_ref().is_none_or(|sale| row.sale.as_ref() == Some(sale))
            && query.state.is_none_or(|state| row.state == state)
    });
    all
}

fn query(dice: &mut fastrand::Rng) -> ReservationQuery {
    let states = [State::Held, State::Confirmed, State::Released, State::Expired, State::Fulfilled, State::Cancelled];
    ReservationQuery {
        sku: dice.bool().then(|| asks::sku(["A", "B", "C", "D"][dice.usize(..4)])),
        customer: dice.bool().then(|| asks::customer(["c1", "c2", "c3"][dice.usize(..3)])),
        sale: dice.bool().then(|| asks::sale(["dawn", "noon", "dusk", "night"][dice.usize(..4)])),
        state: dice.bool().then(|| states[dice.usize(..6)]),
        after: None,
        limit: dice.usize(1..8),
        deadline: None,
    }
}

#[test]
fn a_list_is_a_filter_over_all_there_are() {
    let mut met = 0;
    for seed in 20..26 {
        let mut day = Day::new(seed);
        let mut dice = fastrand::Rng::with_seed(seed);
        let dir = fresh();
        let store = open(dir.path());
        for stage in 1..=3 {
            day.until(stage * 500);
            store.apply(&day.records[store.applied().0 as usize..]).expect("they follow");
            let followed = day.followed(store.applied());
            for _ in 0..60 {
                let query = query(&mut dice);
                let expected = filtered(&day, &followed, &query);
                met += expected.len();
                assert_eq!(all_pages(&store, &query), expected, "{query:?}");
            }
        }
    }
    assert!(met > 1_000, "the queries ask for something");
}

#[test]
fn every_reservation_is_found_by_its_name() {
    let mut day = Day::new(30);
    day.until(2_000);
    let dir = fresh();
    let store = open(dir.path());
    store.apply(&day.records).expect("they follow");
    let followed = day.followed(store.applied());
    for row in followed.reservations() {
        assert_eq!(store.reservation(&row.id), Ok(Some(row.clone())));
    }
    assert!(followed.reservations().any(|row| !row.state.is_live()));
    assert_eq!(store.reservation(&asks::id("nobody")), Ok(None));
}

#[test]
fn a_place_need_not_be_taken() {
    let mut day = Day::new(31);
    day.until(500);
    let dir = fresh();
    let store = open(dir.path());
    store.apply(&day.records).expect("they follow");
    let all = ReservationQuery { limit: 1_000, ..ReservationQuery::default() };
    let all = store.reservations(&all).expect("it lists").reservations;
    for after in (0..=day.records.len() as u64).chain([u64::MAX]).map(Lsn) {
        let query = ReservationQuery { after: Some(after), limit: 1, ..ReservationQuery::default() };
        let expected = all.iter().find(|(made, _)| *made > after);
        assert_eq!(store.reservations(&query).expect("it lists").reservations.first(), expected, "after {after}");
    }
    let none = ReservationQuery { limit: 0, ..ReservationQuery::default() };
    assert_eq!(store.reservations(&none).expect("it lists").reservations, []);
}

/// There is never any time left.
#[test]
fn a_deadline_ends_a_page_and_not_the_list() {
    let mut writers = Writers::new(32);
    writers.write(350);
    let dir = fresh();
    let store = open(dir.path());
    store.apply(&writers.log).expect("they follow");
    for state in [None, Some(State::Released), Some(State::Cancelled)] {
        let patient = ReservationQuery { state, limit: 1_000, ..ReservationQuery::default() };
        let hasty = ReservationQuery { deadline: Some(Instant::now()), ..patient.clone() };
        let page = store.reservations(&hasty).expect("it lists");
        assert!(page.next.is_some() && page.reservations.len() <= LEAST_EXAMINED, "{state:?}");
        assert_eq!(page.reservations.len() == LEAST_EXAMINED, state.is_none());
        assert_eq!(all_pages(&store, &hasty), all_pages(&store, &patient));
    }
}
