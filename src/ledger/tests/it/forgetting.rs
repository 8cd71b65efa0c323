//! Ended reservations and made adjustments are forgotten by age and by number; live ones never.

use crate::shop::Shop;
use ledger::{Adjust, Books, Command, Ledger, Millis, ReservationId, State, check_balances};
use naive::asks::{self, adjust, confirm, expire, id, release, reserve, text};

const NEVER: usize = usize::MAX;

/// Ended at 10, 20 and 600 in this order; `live` is held and `sold` confirmed.
fn day() -> Shop {
    let mut shop = Shop::with(&[("A@east", 100)]);
    shop.done(0, &reserve("late", &[("A", 1)]));
    for name in ["live", "sold", "first", "second"] {
        shop.done(5, &reserve(name, &[("A", 2)]));
    }
    shop.done(8, &confirm("sold", None));
    shop.done(10, &release("first"));
    shop.done(20, &release("second"));
    shop.done(600, &expire("late"));
    shop
}

fn forget(shop: &mut Shop, horizon: u64, most: usize) -> Vec<ReservationId> {
    std::iter::from_fn(|| shop.ledger.forget_ended(Millis(horizon), most, Millis(u64::MAX))).collect()
}

#[test]
fn what_ended_before_the_horizon_is_forgotten_oldest_first() {
    let mut shop = day();
    assert!(forget(&mut shop, 10, NEVER).is_empty(), "what ended at the horizon stays");
    assert_eq!(forget(&mut shop, 21, NEVER), [id("first"), id("second")]);
    assert_eq!(shop.ledger.totals().ended_reservations, 1);
    assert!(shop.ledger.reservation(&id("first")).is_none());
}

#[test]
fn the_oldest_beyond_the_most_are_forgotten() {
    let mut shop = day();
    assert!(forget(&mut shop, 0, 3).is_empty());
    assert_eq!(forget(&mut shop, 0, 1), [id("first"), id("second")]);
}

#[test]
fn live_reservations_are_never_forgotten() {
    let mut shop = day();
    let digest = shop.ledger.digest();
    assert_eq!(forget(&mut shop, u64::MAX, 0).len(), 3);
    assert_eq!(shop.ledger.digest(), digest, "the ended do not count");
    assert_eq!(shop.reservation(&id("live")).state, State::Held);
    assert_eq!(shop.reservation(&id("sold")).state, State::Confirmed);
    assert_eq!(shop.ledger.totals().live_reservations, 2);
    assert_eq!(shop.ledger.next_deadline(), Some(Millis(605)));
    check_balances(std::iter::once(&shop.ledger)).expect("the balances hold");
    shop.done(604, &confirm("live", None));
}

#[test]
fn a_forgotten_name_is_free_again() {
    let mut shop = day();
    forget(&mut shop, u64::MAX, 0);
    let made = shop.done(700, &reserve("first", &[("A", 7)]));
    assert_eq!((made.created, made.version), (Millis(700), 1));
    assert_eq!(shop.reservation(&id("first")), made);
    assert!(forget(&mut shop, u64::MAX, 0).is_empty(), "it lives");
}

#[test]
fn forgotten_rows_make_room_without_disturbing_the_others() {
    let mut shop = Shop::with(&[("A@east", 1_000)]);
    for round in 0..10_u64 {
        for number in 0..20 {
            shop.done(round, &reserve(&format!("r{round}-{number}"), &[("A", 1)]));
        }
        for number in (0..20).step_by(2) {
            shop.done(round, &release(&format!("r{round}-{number}")));
        }
        assert_eq!(forget(&mut shop, u64::MAX, 0).len(), 10);
    }
    for (round, number) in (0..10).flat_map(|round| (0..20).map(move |number| (round, number))) {
        let known = shop.ledger.reservation(&id(&format!("r{round}-{number}")));
        assert_eq!(known.is_some(), number % 2 == 1);
    }
    assert_eq!(shop.row("A@east").held, 100);
}

#[test]
fn an_adjustment_is_forgotten_under_the_same_rule_and_its_key_is_free_again() {
    let mut shop = Shop::with(&[("A@east", 5)]);
    let keyed = |key: &str| Command::Adjust(Adjust { key: Some(text(key)), ..adjust("A@east", 1) });
    shop.write(10, &keyed("k1"));
    shop.write(20, &keyed("k2"));
    assert!(!shop.ledger.forget_adjusted(Millis(10), NEVER));
    assert!(shop.ledger.forget_adjusted(Millis(11), NEVER));
    assert!(!shop.ledger.forget_adjusted(Millis(11), NEVER));
    assert!(shop.ledger.adjustment(&asks::sku("A"), &asks::location("east"), &text("k2")).is_some());
    assert_eq!(shop.write(30, &keyed("k1")).on_hand, 8);
    shop.unchanged(31, &keyed("k2"));
    assert!(shop.ledger.forget_adjusted(Millis(0), 1), "k2 is the older now");
    assert!(!shop.ledger.forget_adjusted(Millis(0), 1));
    shop.unchanged(32, &keyed("k1"));
}

/// A ledger that replays the log forgets at other moments than the one that wrote it: the id of an
/// ended reservation that the writer had forgotten may be used again while the reader knows it.
#[test]
fn a_reused_id_does_not_take_its_old_end_along() {
    let mut shop = Shop::with(&[("A@east", 10)]);
    let mut reader = Ledger::default();
    let stock = shop.row("A@east").clone();
    reader.put_stock(&asks::sku("A"), &stock);

    let first = shop.done(100, &reserve("r-1", &[("A", 2)]));
    let released = shop.done(101, &release("r-1"));
    assert!(shop.ledger.forget_ended(Millis(102), 0, Millis(u64::MAX)).is_some());
    let again = shop.done(103, &reserve("r-1", &[("A", 3)]));
    for row in [&first, &released, &released, &again] {
        reader.put_reservation(row);
    }
    assert_eq!(reader.totals().ended_reservations, 0);
    assert_eq!(reader.forget_ended(Millis(1_000), 0, Millis(u64::MAX)), None, "a live hold is never forgotten");
    assert_eq!(reader.due(Millis(u64::MAX)).count(), 1);
}

#[test]
fn what_nobody_stores_yet_is_kept_until_there_are_twice_as_many() {
    let mut shop = day();
    let mut forget = |most, stored| shop.ledger.forget_ended(Millis(u64::MAX), most, Millis(stored));
    assert_eq!(forget(2, 10), None, "what ended at the mark is only here, and there are fewer than four");
    assert_eq!(forget(2, 11), Some(id("first")), "what ended before it can be read elsewhere");
    assert_eq!(forget(1, 0), None, "two are not more than twice one");
    assert_eq!(forget(0, 0), Some(id("second")), "memory is bounded, stored or not");
}

#[test]
fn remembered_adjustments_come_oldest_first_with_their_times() {
    let mut shop = Shop::with(&[("A@east", 5)]);
    for (at, key) in [(10, "k1"), (20, "k2")] {
        shop.write(at, &Command::Adjust(Adjust { key: Some(text(key)), ..adjust("A@east", 1) }));
    }
    shop.write(30, &Command::Adjust(adjust("A@east", 1)));
    let known: Vec<_> = shop.ledger.adjusted().map(|(made, at)| (made.key.clone(), at)).collect();
    assert_eq!(known, [(Some(text("k1")), Millis(10)), (Some(text("k2")), Millis(20))]);
}

/// As of an id: a ledger that replays may not have forgotten the first use of a key.
#[test]
fn a_reused_key_is_remembered_from_its_second_use_on_and_others_stay() {
    let mut shop = Shop::with(&[("A@east", 5)]);
    for (at, key) in [(10, "k1"), (20, "k2")] {
        shop.write(at, &Command::Adjust(Adjust { key: Some(text(key)), ..adjust("A@east", 1) }));
    }
    let again = shop.ledger.adjusted().next().expect("made above").0.clone();
    shop.ledger.put_adjustment(&again, Millis(30));
    let times: Vec<_> = shop.ledger.adjusted().map(|(_, at)| at).collect();
    assert_eq!(times, [Millis(20), Millis(30)]);
}

#[test]
fn a_deleted_sku_takes_its_keys_along_and_no_others() {
    let mut shop = Shop::with(&[("A@east", 5), ("B@east", 5)]);
    let keyed = |place: &str| Command::Adjust(Adjust { key: Some(text("k")), ..adjust(place, 1) });
    shop.write(10, &keyed("A@east"));
    shop.write(11, &keyed("B@east"));
    shop.ask(12, &Command::DeleteSku(asks::sku("A")));
    shop.write(13, &Command::SetStock(asks::set("A@east", 5)));
    shop.write(14, &keyed("A@east"));
    let times: Vec<_> = shop.ledger.adjusted().map(|(_, at)| at).collect();
    assert_eq!(times, [Millis(11), Millis(14)]);
    assert!(shop.ledger.forget_adjusted(Millis(14), NEVER), "B's");
    assert!(!shop.ledger.forget_adjusted(Millis(14), NEVER), "A's was made at the horizon");
    shop.unchanged(15, &keyed("A@east"));
}
