//! A deadline is judged to the millisecond, swept or not; and what each state allows.

use crate::shop::Shop;
use ledger::{Confirm, IfExpired, Millis, Order, Refusal, State};
use naive::asks::{self, confirm, confirming, expire, extend, release, reserve, reserve_for};

/// A hold of 2 of 10 made at 100 that expires at 150.
fn held() -> Shop {
    let mut shop = Shop::with(&[("A@east", 10)]);
    shop.done(100, &reserve_for("r1", 50, &[("A", 2)]));
    shop
}

fn promised(shop: &Shop) -> (u32, u32) {
    (shop.row("A@east").held, shop.row("A@east").allocated)
}

#[test]
fn one_millisecond_before_the_deadline_a_hold_can_still_be_confirmed() {
    let mut shop = held();
    let confirmed = shop.done(149, &confirm("r1", Some("o1")));
    assert_eq!((confirmed.state, confirmed.changed, confirmed.version), (State::Confirmed, Millis(149), 2));
    assert_eq!(confirmed.order, Order::parse("o1").ok());
    assert_eq!(promised(&shop), (0, 2));
}

#[test]
fn at_the_deadline_a_hold_can_no_longer_be_confirmed() {
    let mut shop = held();
    assert_eq!(shop.refusal(150, &confirm("r1", None)), Refusal::ReservationExpired);
    assert_eq!(promised(&shop), (2, 0));
}

#[test]
fn one_millisecond_before_the_deadline_a_hold_can_still_be_released() {
    let mut shop = held();
    assert_eq!(shop.done(149, &release("r1")).state, State::Released);
    assert_eq!(promised(&shop), (0, 0));
}

#[test]
fn at_the_deadline_a_hold_can_no_longer_be_released() {
    assert_eq!(held().refusal(150, &release("r1")), Refusal::ReservationExpired);
}

#[test]
fn one_millisecond_before_the_deadline_a_hold_can_still_be_extended() {
    let mut shop = held();
    let extended = shop.done(149, &extend("r1", 50));
    assert_eq!((extended.state, extended.expires, extended.version), (State::Held, Millis(199), 2));
    assert_eq!(shop.refusal(199, &confirm("r1", None)), Refusal::ReservationExpired);
    assert_eq!(shop.done(198, &confirm("r1", None)).state, State::Confirmed);
}

#[test]
fn at_the_deadline_a_hold_can_no_longer_be_extended() {
    assert_eq!(held().refusal(150, &extend("r1", 50)), Refusal::ReservationExpired);
}

#[test]
fn a_hold_expires_at_its_deadline_and_not_before() {
    let mut shop = held();
    assert_eq!(shop.refusal(149, &expire("r1")), Refusal::ReservationHeld);
    let expired = shop.done(150, &expire("r1"));
    assert_eq!((expired.state, expired.changed, expired.version), (State::Expired, Millis(150), 2));
    assert_eq!(promised(&shop), (0, 0));
    assert_eq!(shop.refusal(151, &expire("r1")), Refusal::ReservationExpired);
}

#[test]
fn a_confirmed_reservation_has_no_deadline() {
    let mut shop = held();
    let confirmed = shop.done(149, &confirm("r1", Some("o1")));
    assert_eq!(shop.ledger.next_deadline(), None);
    assert_eq!(shop.refusal(9_999, &expire("r1")), Refusal::ReservationConfirmed);
    assert_eq!(shop.replay(9_999, &confirm("r1", Some("o1"))), confirmed);
}

#[test]
fn extend_never_goes_beyond_the_longest_hold() {
    let mut shop = held();
    assert_eq!(shop.done(149, &extend("r1", 951)).expires, Millis(1_100), "just the longest hold");
    assert_eq!(shop.done(1_099, &extend("r1", 500)).expires, Millis(1_100));
    assert_eq!(shop.done(1_099, &extend("r1", u64::MAX)).expires, Millis(1_100));
}

#[test]
fn extend_never_shortens() {
    let mut shop = held();
    let extended = shop.done(110, &extend("r1", 5));
    assert_eq!((extended.expires, extended.version), (Millis(150), 2), "every call counts, if only as a change");
    let mut shop = Shop::with(&[("A@east", 10)]);
    shop.done(100, &reserve_for("r1", 1_000, &[("A", 2)]));
    assert_eq!(shop.done(1_000, &asks::payment_started("r1", None)).expires, Millis(1_300));
    assert_eq!(shop.done(1_010, &extend("r1", 50)).expires, Millis(1_300), "nor by the clamp");
}

#[test]
fn extend_is_not_a_replay_but_counts_from_its_own_now() {
    let mut shop = held();
    assert_eq!(shop.done(120, &extend("r1", 50)).expires, Millis(170));
    assert_eq!(shop.done(130, &extend("r1", 50)).expires, Millis(180));
    assert_eq!(promised(&shop), (2, 0));
}

#[test]
fn the_same_verb_again_is_a_replay_and_another_is_told_the_state() {
    let mut shop = held();
    let released = shop.done(120, &release("r1"));
    assert_eq!(shop.replay(900, &release("r1")), released);
    for verb in [confirm("r1", None), extend("r1", 9), expire("r1")] {
        assert_eq!(shop.refusal(900, &verb), Refusal::ReservationReleased);
    }
    let mut shop = held();
    shop.done(120, &confirm("r1", None));
    for verb in [release("r1"), extend("r1", 9), expire("r1")] {
        assert_eq!(shop.refusal(900, &verb), Refusal::ReservationConfirmed);
    }
    let mut shop = held();
    shop.done(150, &expire("r1"));
    for verb in [confirm("r1", None), release("r1"), extend("r1", 9)] {
        assert_eq!(shop.refusal(900, &verb), Refusal::ReservationExpired);
    }
}

#[test]
fn another_confirm_names_the_first_field_that_differs() {
    let mut shop = held();
    shop.done(120, &confirm("r1", Some("o1")));
    assert_eq!(shop.refusal(121, &confirm("r1", Some("o2"))), Refusal::IdempotencyMismatch { field: "order" });
    assert_eq!(shop.refusal(121, &confirm("r1", None)), Refusal::IdempotencyMismatch { field: "order" });
    let part = Confirm { order: Order::parse("o1").ok(), lines: Some(asks::wants(&[("A", 2)])), ..asks::whole("r1") };
    assert_eq!(shop.refusal(121, &confirming(part)), Refusal::IdempotencyMismatch { field: "lines" });
    let late = Confirm { order: Order::parse("o1").ok(), if_expired: IfExpired::Reacquire, ..asks::whole("r1") };
    assert_eq!(shop.refusal(121, &confirming(late)), Refusal::IdempotencyMismatch { field: "if_expired" });
}

#[test]
fn verbs_on_a_name_that_was_never_reserved_find_nothing() {
    let mut shop = held();
    for verb in [confirm("r9", None), release("r9"), extend("r9", 9), expire("r9")] {
        assert_eq!(shop.refusal(120, &verb), Refusal::ReservationNotFound);
    }
}

#[test]
fn what_is_due_comes_longest_overdue_first_and_follows_the_extended_deadline() {
    let mut shop = Shop::with(&[("A@east", 10)]);
    for (name, ttl) in [("r1", 30), ("r2", 10), ("r3", 20), ("r4", 40)] {
        shop.done(100, &reserve_for(name, ttl, &[("A", 1)]));
    }
    let due =
        |shop: &Shop, now| -> Vec<String> { shop.ledger.due(Millis(now)).map(|(_, id)| id.to_string()).collect() };
    assert_eq!(shop.ledger.next_deadline(), Some(Millis(110)));
    assert!(due(&shop, 109).is_empty());
    assert_eq!(due(&shop, 110), ["r2"]);
    assert_eq!(due(&shop, 130), ["r2", "r3", "r1"]);
    shop.done(105, &extend("r2", 100));
    shop.done(105, &release("r3"));
    assert_eq!(due(&shop, 130), ["r1"]);
    assert_eq!(shop.ledger.next_deadline(), Some(Millis(130)));
    assert_eq!(due(&shop, 205), ["r1", "r4", "r2"]);
}

#[test]
fn a_split_line_comes_back_to_every_bucket_it_came_from() {
    let mut shop = Shop::with(&[("A@east", 3), ("A@west", 4)]);
    let wants = [("A", 4), ("A@east", 2)];
    let rows = |shop: &Shop| ["A@east", "A@west"].map(|place| (shop.row(place).held, shop.row(place).allocated));
    shop.done(1, &reserve("r1", &wants));
    assert_eq!(rows(&shop), [(2, 0), (4, 0)]);
    shop.done(2, &release("r1"));
    assert_eq!(rows(&shop), [(0, 0), (0, 0)]);
    shop.done(3, &reserve("r2", &[("A", 6)]));
    shop.done(4, &confirm("r2", None));
    assert_eq!(rows(&shop), [(0, 3), (0, 3)]);
}
