//! A confirm of a part: what is named is kept, the rest goes back.

use crate::shop::{Shop, places};
use ledger::{Confirm, Refusal, State};
use naive::asks::{self, confirm, confirm_parts, confirming, fulfil, reserve, wants};

/// A: 2 in the east and 3 in the west, B: 2, all held by `r1`.
fn held() -> Shop {
    let mut shop = Shop::with(&[("A@east", 2), ("A@west", 3), ("B@east", 2)]);
    shop.done(1, &reserve("r1", &[("A", 5), ("B", 2)]));
    shop
}

#[test]
fn the_rest_goes_back_and_lines_keep_their_place() {
    let mut shop = held();
    let kept = shop.done(2, &confirm_parts("r1", &[("A", 3)]));
    assert_eq!(places(&kept), [(0, "east", 2), (0, "west", 1), (1, "east", 0)]);
    let rows = ["A@east", "A@west", "B@east"].map(|place| (shop.row(place).held, shop.row(place).allocated));
    assert_eq!(rows, [(0, 2), (0, 1), (0, 0)]);
    assert_eq!(shop.done(3, &fulfil("r1")).state, State::Fulfilled, "an empty line needs no shipping");
}

#[test]
fn a_part_with_a_location_has_no_choice_and_goes_first() {
    let mut shop = held();
    let kept = shop.done(2, &confirm_parts("r1", &[("A", 2), ("A@east", 1)]));
    assert_eq!(places(&kept), [(0, "east", 2), (0, "west", 1), (1, "east", 0)]);
    let mut shop = held();
    let kept = shop.done(2, &confirm_parts("r1", &[("A@west", 3)]));
    assert_eq!(places(&kept), [(0, "east", 0), (0, "west", 3), (1, "east", 0)]);
}

#[test]
fn more_than_there_is_points_at_the_part() {
    let mut shop = held();
    assert_eq!(shop.invalid(2, &confirm_parts("r1", &[("B", 1), ("A", 6)])), "/lines/1/quantity");
    assert_eq!(shop.invalid(2, &confirm_parts("r1", &[("A@east", 3)])), "/lines/0/quantity");
    assert_eq!(shop.invalid(2, &confirm_parts("r1", &[("A", 4), ("A", 2)])), "/lines/1/quantity");
    assert_eq!(shop.invalid(2, &confirm_parts("r1", &[("Z", 1)])), "/lines/0/quantity");
    assert_eq!(shop.row("A@east").held, 2, "and nothing has moved");
}

#[test]
fn the_same_parts_again_are_a_replay_and_others_are_not() {
    let mut shop = held();
    let kept = shop.done(2, &confirm_parts("r1", &[("A", 3)]));
    assert_eq!(shop.replay(3, &confirm_parts("r1", &[("A", 3)])), kept);
    let mismatch = Refusal::IdempotencyMismatch { field: "lines" };
    assert_eq!(shop.refusal(3, &confirm_parts("r1", &[("A", 2)])), mismatch);
    assert_eq!(shop.refusal(3, &confirm("r1", None)), mismatch);
    let other = Confirm { order: Some(asks::order("o1")), lines: Some(wants(&[("A", 2)])), ..asks::whole("r1") };
    assert_eq!(shop.refusal(3, &confirming(other)), Refusal::IdempotencyMismatch { field: "order" });
}
