//! What is older than the horizon is forgotten in bounded pieces; what is not, is still told.

use crate::day::{Day, recorded};
use crate::directory::{fresh, open, options};
use crate::history::{compare_balances, expected};
use crate::stages::{apply_rest, compare, die, loaded};
use engine::{Lsn, Projection};
use ledger::{Event, EventKind, Millis, Reservation};
use naive::asks;
use store::{HistoryError, HistoryQuery, RecordsError, ReservationQuery, Store};

fn forget_all(store: &Store, horizon: Millis) -> usize {
    (1..100).find(|_| !store.forget(horizon).expect("it forgets")).expect("it comes to an end")
}

/// Every SKU of a day at each of its locations: so many balances are kept for others to begin with.
const BUCKETS: usize = 12;

/// How many balances an event leaves at most.
fn balances(event: &Event) -> usize {
    if event.kind == EventKind::SkuDeleted { BUCKETS } else { event.stock.len() }
}

fn at(day: &Day, lsn: Lsn) -> Millis {
    day.records[lsn.0 as usize - 1].event.at
}

#[test]
fn what_the_horizon_leaves_is_told_as_before() {
    for seed in 70..76 {
        let mut day = Day::new(seed);
        let mut dice = fastrand::Rng::with_seed(seed);
        let mut dir = fresh();
        let mut store = open(dir.path());
        for stage in 1..=4 {
            day.until(stage * 400);
            apply_rest(&store, &day, &mut dice);
            let digest = store.marks();
            let horizon = Millis(day.now.0 - dice.u64(0..200));
            forget_all(&store, horizon);
            assert_eq!(store.marks(), digest);
            let first = day.records.iter().find(|recorded| recorded.event.at >= horizon);
            let next = store.applied().next();
            let oldest = first.map_or(next, |recorded| recorded.lsn);
            assert_eq!(store.oldest_record(), oldest);
            told_from(&store, &day, oldest);
            known_in_the_window(&store, &day, horizon);
            let checked = store.check().expect("it is sound");
            let kept: usize = day.records[oldest.0 as usize - 1..].iter().map(|kept| balances(&kept.event)).sum();
            assert!(checked.history <= (kept + BUCKETS) as u64, "{checked:?}, of {kept} and what they begin with");
            if dice.bool() {
                store.flush().expect("it flushes");
                (store, dir) = die(store, dir);
                assert_eq!(store.oldest_record(), oldest);
            }
        }
    }
}

/// Balances and records from the oldest record on; the time before it is gone.
fn told_from(store: &Store, day: &Day, oldest: Lsn) {
    if oldest > Lsn(1) {
        let before = at(day, Lsn(oldest.0 - 1));
        let gone = store.stock_at(&asks::sku("A"), Millis(before.0 - 1));
        assert_eq!(gone, Err(HistoryError::Gone { oldest: before }));
        compare_balances(store, day, before);
        let early = Lsn(oldest.0.saturating_sub(2));
        assert_eq!(
            store.records(early, &mut |_, _| panic!("they are gone")),
            if oldest.0 > 1 && early.next() < oldest { Err(RecordsError::Gone { oldest }) } else { Ok(()) }
        );
        let sku = asks::sku("B");
        let to = Millis(day.now.0 + 1);
        let query = HistoryQuery {
            sku: sku.clone(),
            location: None,
            from: before,
            to,
            after: None,
            limit: 1_000,
            deadline: None,
        };
        let mut told = store.sku_history(&query).expect("it is kept").entries;
        told.retain(|entry| entry.kind != EventKind::SkuDeleted);
        let mut expected = expected(day, &sku, None, before, to);
        expected.retain(|entry| entry.lsn >= oldest);
        expected.truncate(told.len().max(expected.len().min(1_000)));
        assert_eq!(told, expected);
    }
    let mut next = oldest;
    let mut take = |lsn: Lsn, bytes: &[u8]| {
        assert_eq!((lsn, bytes), (next, day.records[lsn.0 as usize - 1].bytes.as_slice()));
        next = next.next();
        std::ops::ControlFlow::Continue(())
    };
    store.records(Lsn(oldest.0 - 1), &mut take).expect("they are kept");
    assert_eq!(next, store.applied().next());
}

/// Ended reservations are gone before both horizon and window, and there after either.
fn known_in_the_window(store: &Store, day: &Day, horizon: Millis) {
    let mut followed = day.followed(store.applied());
    let window = options().idempotency_window;
    let kept = horizon.min(Millis(store.marks().time.0.saturating_sub(window.0)));
    let adjusted = day.adjusted();
    while followed.forget_ended(kept, usize::MAX, Millis(u64::MAX)).is_some() {}
    while followed.forget_adjusted(kept, usize::MAX) {}
    let (found, _) = loaded(store, Millis(u64::MAX));
    let (found, followed) = (crate::day::known(&found, &adjusted), crate::day::known(&followed, &adjusted));
    assert_eq!(found, followed);
    let all = ReservationQuery { limit: 1_000, ..ReservationQuery::default() };
    let listed = store.reservations(&all).expect("it lists").reservations;
    let mut names: Vec<_> = listed.iter().map(|(_, row)| row.id.clone()).collect();
    names.sort();
    let mut kept: Vec<_> = day.followed(store.applied()).reservations().collect();
    kept.retain(|row| loaded_has(store, row));
    let mut kept: Vec<_> = kept.into_iter().map(|row| row.id).collect();
    kept.sort();
    assert_eq!(names, kept, "no list names what is forgotten");
}

fn loaded_has(store: &Store, row: &Reservation) -> bool {
    store.reservation(&row.id).expect("it is read").is_some()
}

#[test]
fn a_call_forgets_a_bounded_piece() {
    let dir = fresh();
    let store = open(dir.path());
    let shortfall = |lsn| recorded(Lsn(lsn), Event::new(EventKind::StockShortfall, Millis(lsn)));
    let records: Vec<_> = (1..=10_000).map(shortfall).collect();
    store.apply(&records).expect("they follow");
    let calls = forget_all(&store, Millis(9_001));
    assert!(calls > 1, "{calls}");
    assert_eq!(store.oldest_record(), Lsn(9_001));
    assert_eq!(store.forget(Millis(9_001)), Ok(false));
    assert_eq!(store.oldest_record(), Lsn(9_001));
}

#[test]
fn a_store_goes_on_after_it_has_forgotten_everything() {
    let mut day = Day::new(80);
    day.until(500);
    let dir = fresh();
    let store = open(dir.path());
    store.apply(&day.records).expect("they follow");
    forget_all(&store, Millis(u64::MAX));
    assert_eq!(store.oldest_record(), store.applied().next());
    day.until(900);
    store.apply(&day.records[store.applied().0 as usize..]).expect("they follow");
    let lsn = store.applied();
    assert_eq!(store.marks().digest, day.followed(lsn).digest());
    store.check().expect("it is sound");
    drop(store);
    assert_eq!(open(dir.path()).applied(), lsn);
    // A store that has forgotten nothing says the same of what is live.
    let other = fresh();
    let whole = open(other.path());
    whole.apply(&day.records).expect("they follow");
    compare(&whole, &day);
}
