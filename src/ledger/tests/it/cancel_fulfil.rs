//! The end of a confirmed reservation: shipped, in one go or in parts, or given back.

use crate::shop::Shop;
use ledger::{Command, EventKind, Millis, OnConfirm, Refusal, Reserve, SkuSettings, State, decide};
use naive::asks::{self, cancel, confirm, confirm_parts, expire, fulfil, fulfil_parts, release, reserve, reserve_for};

/// 4 of 10 of A allocated to `r1` since 2.
fn sold() -> Shop {
    let mut shop = Shop::with(&[("A@east", 10)]);
    shop.done(1, &reserve("r1", &[("A", 4)]));
    shop.done(2, &confirm("r1", Some("o1")));
    shop
}

fn figures(shop: &Shop) -> (u32, u32, i64) {
    let row = shop.row("A@east");
    (row.on_hand, row.allocated, row.available())
}

#[test]
fn what_is_shipped_leaves_the_shelf_and_changes_nothing_for_others() {
    let mut shop = sold();
    assert_eq!(figures(&shop), (10, 4, 6));
    let shipped = shop.done(3, &fulfil("r1"));
    assert_eq!((shipped.state, shipped.changed, shipped.version), (State::Fulfilled, Millis(3), 3));
    assert_eq!(figures(&shop), (6, 0, 6));
    assert_eq!(shop.row("A@east").version, 1, "a shipment is not a write of the record's own figures");
}

#[test]
fn a_reservation_is_fulfilled_when_its_last_unit_is() {
    let mut shop = sold();
    let part = shop.done(3, &fulfil_parts("r1", &[("A", 3)]));
    assert_eq!((part.state, part.lines[0].fulfilled), (State::Confirmed, 3));
    assert_eq!(shop.invalid(4, &fulfil_parts("r1", &[("A", 2)])), "/lines/0/quantity");
    assert_eq!(shop.done(5, &fulfil_parts("r1", &[("A", 1)])).state, State::Fulfilled);
    assert_eq!(figures(&shop), (6, 0, 6));
}

#[test]
fn the_fulfil_that_ended_it_is_a_replay_and_another_is_not() {
    let mut shop = sold();
    shop.done(3, &fulfil_parts("r1", &[("A", 3)]));
    let shipped = shop.done(4, &fulfil("r1"));
    assert_eq!(shop.replay(5, &fulfil("r1")), shipped);
    assert_eq!(shop.refusal(5, &fulfil_parts("r1", &[("A", 3)])), Refusal::IdempotencyMismatch { field: "lines" });
    assert_eq!(shop.replay(5, &confirm("r1", Some("o1"))), shipped, "a confirm that was done is still one");
}

#[test]
fn a_shipment_is_never_refused_for_what_a_count_of_the_shelf_says() {
    let mut shop = sold();
    shop.write(3, &Command::SetStock(asks::set("A@east", 1)));
    shop.done(4, &fulfil("r1"));
    assert_eq!(figures(&shop), (0, 0, 0));
}

#[test]
fn a_cancel_gives_back_what_was_not_shipped() {
    let mut shop = sold();
    shop.done(3, &fulfil_parts("r1", &[("A", 1)]));
    let cancelled = shop.done(4, &cancel("r1"));
    assert_eq!((cancelled.state, cancelled.lines[0].fulfilled), (State::Cancelled, 1));
    assert_eq!(figures(&shop), (9, 0, 9));
    assert_eq!(shop.replay(5, &cancel("r1")), cancelled);
}

#[test]
fn each_state_tells_the_verbs_that_it_does_not_allow() {
    let all = [cancel("r1"), fulfil("r1"), confirm("r1", None), release("r1"), asks::extend("r1", 9)];
    let refused = |shop: &mut Shop, at, verbs: &[Command], refusal: Refusal| {
        for verb in verbs {
            assert_eq!(shop.refusal(at, verb), refusal, "{verb:?}");
        }
    };
    let mut shop = Shop::with(&[("A@east", 10)]);
    refused(&mut shop, 1, &all, Refusal::ReservationNotFound);
    shop.done(1, &reserve_for("r1", 50, &[("A", 4)]));
    refused(&mut shop, 50, &all[..2], Refusal::ReservationHeld);
    refused(&mut shop, 51, &all, Refusal::ReservationExpired);
    shop.done(52, &expire("r1"));
    refused(&mut shop, 53, &all, Refusal::ReservationExpired);
    let mut shop = sold();
    refused(&mut shop, 3, &[release("r1"), asks::extend("r1", 9), expire("r1")], Refusal::ReservationConfirmed);
    shop.done(4, &cancel("r1"));
    refused(&mut shop, 5, &all[1..], Refusal::ReservationCancelled);
    let mut shop = sold();
    shop.done(3, &fulfil("r1"));
    refused(&mut shop, 4, &[cancel("r1"), release("r1"), asks::extend("r1", 9)], Refusal::ReservationFulfilled);
    let mut shop = Shop::with(&[("A@east", 10)]);
    shop.done(1, &reserve("r1", &[("A", 4)]));
    shop.done(2, &release("r1"));
    refused(&mut shop, 3, &all[..3], Refusal::ReservationReleased);
}

#[test]
fn a_shop_that_reports_no_shipments_ships_as_it_confirms() {
    let mut shop = Shop::with(&[("A@east", 10)]);
    shop.policy.on_confirm = OnConfirm::Fulfil;
    shop.done(1, &reserve("r1", &[("A", 4)]));
    let shipped = shop.done(2, &confirm_parts("r1", &[("A", 3)]));
    assert_eq!(shop.events, [EventKind::Confirmed, EventKind::Fulfilled]);
    assert_eq!((shipped.state, shipped.version, shipped.lines[0].fulfilled), (State::Fulfilled, 3, 3));
    assert_eq!(figures(&shop), (7, 0, 7));
    assert_eq!(shop.replay(3, &confirm_parts("r1", &[("A", 3)])), shipped);
    assert_eq!(shop.replay(3, &fulfil("r1")), shipped, "it was shipped as a whole");
    assert_eq!(shop.refusal(3, &cancel("r1")), Refusal::ReservationFulfilled);
}

/// Who follows the events one by one sees the units allocated before they are gone.
#[test]
fn a_shop_that_reports_no_shipments_tells_each_bucket_after_each_of_both_events() {
    let mut shop = Shop::with(&[("A@east", 10)]);
    shop.policy.on_confirm = OnConfirm::Fulfil;
    shop.set_sku(0, "A", SkuSettings { max_per_customer: Some(9), ..SkuSettings::default() });
    shop.done(1, &asks::asked(Reserve { customer: Some(asks::customer("c1")), ..asks::lines("r1", &[("A", 4)]) }));
    let events = decide(&shop.ledger, &shop.policy, &confirm("r1", None), Millis(2)).events;
    let stock = events.iter().map(|event| (event.stock[0].row.on_hand, event.stock[0].row.allocated));
    assert_eq!(stock.collect::<Vec<_>>(), [(10, 4), (6, 0)]);
    let taken = events.iter().map(|event| (event.limits[0].taken.allocated, event.limits[0].taken.fulfilled));
    assert_eq!(taken.collect::<Vec<_>>(), [(4, 0), (0, 4)]);
}
