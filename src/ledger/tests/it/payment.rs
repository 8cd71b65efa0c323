//! A payment under way keeps a hold: for a grace from now, counted from the first word of it.

use crate::shop::Shop;
use ledger::{EventKind, Millis, Refusal};
use naive::asks::{confirm, extend, payment_started, release, reserve_for};

/// A hold made at 100 that expires at 150; the longest grace is 300, the longest hold 1,000.
fn held() -> Shop {
    let mut shop = Shop::with(&[("A@east", 10)]);
    shop.done(100, &reserve_for("r1", 50, &[("A", 2)]));
    shop
}

#[test]
fn the_hold_lasts_for_the_grace_or_the_longest_there_is() {
    let mut shop = held();
    let kept = shop.done(140, &payment_started("r1", Some(80)));
    assert_eq!((kept.expires, kept.payment_started, kept.version), (Millis(220), Some(Millis(140)), 2));
    assert_eq!(shop.events, [EventKind::Extended]);
    assert_eq!(held().done(140, &payment_started("r1", None)).expires, Millis(440));
    assert_eq!(held().done(140, &payment_started("r1", Some(9_999))).expires, Millis(440));
}

#[test]
fn the_longest_grace_counts_from_the_first_call() {
    let mut shop = held();
    shop.done(140, &payment_started("r1", Some(80)));
    assert_eq!(shop.done(200, &payment_started("r1", Some(100))).expires, Millis(300));
    let last = shop.done(299, &payment_started("r1", None));
    assert_eq!((last.expires, last.payment_started), (Millis(440), Some(Millis(140))));
    assert_eq!(shop.done(439, &payment_started("r1", None)).expires, Millis(440));
    assert_eq!(shop.refusal(440, &payment_started("r1", None)), Refusal::ReservationExpired);
}

#[test]
fn a_grace_never_shortens() {
    assert_eq!(held().done(110, &payment_started("r1", Some(5))).expires, Millis(150));
    let mut shop = held();
    shop.done(110, &extend("r1", 900));
    assert_eq!(shop.done(120, &payment_started("r1", None)).expires, Millis(1_010));
}

#[test]
fn a_grace_may_outlast_the_longest_hold() {
    let mut shop = held();
    shop.done(110, &extend("r1", 9_999));
    assert_eq!(shop.done(1_099, &payment_started("r1", None)).expires, Millis(1_399));
    shop.done(1_398, &confirm("r1", None));
}

#[test]
fn only_a_hold_has_a_payment_under_way() {
    let mut shop = held();
    assert_eq!(shop.refusal(110, &payment_started("r9", None)), Refusal::ReservationNotFound);
    assert_eq!(shop.refusal(150, &payment_started("r1", None)), Refusal::ReservationExpired);
    shop.done(120, &release("r1"));
    assert_eq!(shop.refusal(130, &payment_started("r1", None)), Refusal::ReservationReleased);
}
