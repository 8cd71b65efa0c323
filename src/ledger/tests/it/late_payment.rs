//! A confirm after the deadline that takes the units again, if they are there and allowed.

use crate::shop::{Shop, places};
use ledger::{
    Command, Confirm, EventKind, IfExpired, Limit, OnConfirm, Refusal, Reservation, Reserve, SaleSettings, SkuSettings,
    State,
};
use naive::asks::{self, asked, confirm, confirming, expire, lines, reacquire, reserve, reserve_for, sku, wants};

/// 2 of A and 1 of B that expired at 150; swept or not.
fn expired(swept: bool) -> Shop {
    let mut shop = Shop::with(&[("A@east", 4), ("A@west", 3), ("B@east", 1)]);
    shop.done(100, &reserve_for("r1", 50, &[("A", 2), ("B", 1)]));
    if swept {
        shop.done(150, &expire("r1"));
    }
    shop
}

fn part(name: &str, parts: &[(&str, u64)]) -> Command {
    confirming(Confirm { lines: Some(wants(parts)), if_expired: IfExpired::Reacquire, ..asks::whole(name) })
}

#[test]
fn a_late_payment_is_refused_unless_it_asks_to_take_the_units_again() {
    for swept in [false, true] {
        let mut shop = expired(swept);
        assert_eq!(shop.refusal(160, &confirm("r1", None)), Refusal::ReservationExpired);
        let again = shop.done(160, &reacquire("r1"));
        assert_eq!((again.state, again.reacquired), (State::Confirmed, true));
        assert_eq!(places(&again), [(0, "east", 2), (1, "east", 1)]);
        assert_eq!((shop.row("A@east").held, shop.row("A@east").allocated), (0, 2));
        assert_eq!(shop.replay(170, &reacquire("r1")), again);
    }
}

#[test]
fn in_time_it_is_a_confirm_like_any_other() {
    let mut shop = Shop::with(&[("A@east", 4)]);
    shop.done(100, &reserve_for("r1", 50, &[("A", 2)]));
    let confirmed = shop.done(149, &reacquire("r1"));
    assert!(!confirmed.reacquired);
}

#[test]
fn the_last_units_that_nobody_swept_are_there_for_the_one_who_had_them() {
    let mut shop = Shop::with(&[("A@east", 2)]);
    shop.done(100, &reserve_for("r1", 50, &[("A", 2)]));
    shop.done(160, &reacquire("r1"));
    assert_eq!(shop.row("A@east").available(), 0);
}

#[test]
fn units_that_somebody_else_has_by_now_are_gone() {
    let mut shop = expired(true);
    shop.done(155, &reserve("r2", &[("B", 1)]));
    let refused = shop.refusal(160, &reacquire("r1"));
    assert!(matches!(&refused, Refusal::InsufficientStock { shortfalls } if shortfalls[0].sku == sku("B")));
    let kept = shop.done(161, &part("r1", &[("A", 1)]));
    assert_eq!(places(&kept), [(0, "east", 1), (1, "east", 0)], "a part may still be had");
}

#[test]
fn a_late_payment_for_a_part_asks_nothing_of_the_rest() {
    let mut shop = expired(true);
    shop.ask(155, &Command::DeleteSku(sku("B")));
    assert_eq!(shop.refusal(160, &reacquire("r1")), Refusal::UnknownSku { sku: sku("B"), location: None });
    assert_eq!(places(&shop.done(160, &part("r1", &[("A", 2)]))), [(0, "east", 2), (1, "east", 0)]);
}

#[test]
fn each_line_of_a_best_effort_still_says_what_was_asked_for() {
    let mut shop = Shop::with(&[("A@east", 4), ("B@east", 1)]);
    let asked_for = |reservation: &Reservation| reservation.lines.iter().map(|line| line.requested).collect::<Vec<_>>();
    assert_eq!(asked_for(&shop.done(100, &asks::best_effort("r1", &[("A", 9), ("B", 1)]))), [9, 1]);
    assert_eq!(asked_for(&shop.done(1_000, &reacquire("r1"))), [9, 1]);
}

#[test]
fn a_line_whose_location_nobody_named_may_come_from_elsewhere() {
    let mut shop = expired(true);
    shop.done(155, &reserve("r2", &[("A@east", 3)]));
    assert_eq!(places(&shop.done(160, &reacquire("r1"))), [(0, "west", 2), (1, "east", 1)]);
    let mut shop = Shop::with(&[("A@east", 2), ("A@west", 9)]);
    shop.done(100, &reserve_for("r1", 50, &[("A@east", 2)]));
    shop.done(150, &expire("r1"));
    shop.done(155, &reserve("r2", &[("A@east", 1)]));
    let refused = shop.refusal(160, &reacquire("r1"));
    assert!(matches!(refused, Refusal::InsufficientStock { .. }), "a named one must not: {refused:?}");
}

#[test]
fn limits_count_as_if_it_were_new() {
    let mut shop = Shop::with(&[("A@east", 9)]);
    shop.set_sku(0, "A", SkuSettings { max_per_customer: Some(2), ..SkuSettings::default() });
    let two = |name| Reserve { customer: Some(asks::customer("c1")), ..lines(name, &[("A", 2)]) };
    shop.done(100, &asked(Reserve { ttl: Some(ledger::Millis(50)), ..two("r1") }));
    shop.done(150, &expire("r1"));
    shop.done(155, &asked(two("r2")));
    let limit = Refusal::LimitExceeded { limit: Limit::MaxPerCustomer, sku: Some(sku("A")), remaining: 0 };
    assert_eq!(shop.refusal(160, &reacquire("r1")), limit);
    shop.done(170, &asks::release("r2"));
    shop.done(180, &reacquire("r1"));
    assert_eq!(shop.taken_by_c1(), (0, 2, 0));
}

#[test]
fn who_was_not_named_is_not_counted() {
    let mut shop = expired(true);
    shop.set_sku(155, "A", SkuSettings { max_per_customer: Some(1), ..SkuSettings::default() });
    shop.done(160, &reacquire("r1"));
    assert_eq!(shop.ledger.totals().customer_buckets, 0);
}

#[test]
fn the_window_of_the_sale_does_not_matter_any_more_but_its_quota_does() {
    let mut shop = Shop::with(&[("A@east", 9)]);
    let ends = Some(ledger::Millis(150));
    let campaign = |quota| SaleSettings { ends, skus: vec![sku("A")], quota: Some(quota), ..SaleSettings::default() };
    shop.set_sale(0, "drop", campaign(2));
    shop.done(100, &asked(Reserve { ttl: Some(ledger::Millis(50)), ..asks::in_sale("r1", "drop", &[("A", 2)]) }));
    shop.done(150, &expire("r1"));
    assert_eq!(shop.events, [EventKind::Expired, EventKind::SaleClosed], "its end is told by whoever comes by");
    shop.set_sale(155, "drop", campaign(1));
    let limit = Refusal::LimitExceeded { limit: Limit::SaleQuota, sku: None, remaining: 1 };
    assert_eq!(shop.refusal(160, &reacquire("r1")), limit);
    shop.set_sale(165, "drop", SaleSettings { skus: vec![], ..campaign(2) });
    shop.done(170, &reacquire("r1"));
    assert_eq!(shop.events, [EventKind::Confirmed]);
}

#[test]
fn what_was_released_or_cancelled_cannot_be_taken_again() {
    let mut shop = expired(true);
    shop.done(160, &reacquire("r1"));
    shop.done(170, &asks::cancel("r1"));
    assert_eq!(shop.refusal(180, &reacquire("r1")), Refusal::ReservationCancelled);
    let mut shop = Shop::with(&[("A@east", 9)]);
    shop.done(1, &reserve("r1", &[("A", 1)]));
    shop.done(2, &asks::release("r1"));
    assert_eq!(shop.refusal(9_999, &reacquire("r1")), Refusal::ReservationReleased);
}

#[test]
fn a_shop_that_reports_no_shipments_ships_a_late_payment_too() {
    let mut shop = expired(false);
    shop.policy.on_confirm = OnConfirm::Fulfil;
    let shipped = shop.done(160, &reacquire("r1"));
    assert_eq!(shop.events, [EventKind::Confirmed, EventKind::Fulfilled]);
    assert_eq!((shipped.state, shipped.reacquired, shipped.version), (State::Fulfilled, true, 3));
    assert_eq!(shop.row("B@east").on_hand, 0);
}
