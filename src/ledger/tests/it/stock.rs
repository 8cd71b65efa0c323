//! Stock writes: absolute and by a difference, with their guards and their keys.

use crate::shop::Shop;
use ledger::{Adjust, Applied, Books, Command, MAX_LOCATIONS, Millis, OnHand, Refusal, SetStock, StockRow};
use naive::asks::{adjust, confirm, location, release, reserve, set, sku, text};

const DAY_MS: u64 = 86_400_000;

fn source(on_hand: u32, source_ts: u64) -> SetStock {
    SetStock { source_ts: Some(Millis(source_ts)), ..set("A@east", on_hand) }
}

fn versioned(on_hand: u32, version: u64) -> SetStock {
    SetStock { if_version: Some(version), ..set("A@east", on_hand) }
}

fn beyond(place: &str, units: u32) -> Command {
    Command::SetStock(SetStock { on_hand: OnHand::BeyondPromised(units), ..set(place, 0) })
}

fn keyed(delta: i64) -> Adjust {
    let words = (Some(text("damaged")), Some(text("wms-991")), Some(text("k1")));
    Adjust { reason: words.0, reference: words.1, key: words.2, ..adjust("A@east", delta) }
}

#[test]
fn figures_left_out_stay_and_are_zero_at_creation() {
    let mut shop = Shop::with(&[]);
    let made = shop.write(1, &Command::SetStock(set("A@east", 5)));
    assert_eq!(made, StockRow { on_hand: 5, version: 1, ..StockRow::empty(location("east")) });
    let all = SetStock { safety_stock: Some(1), unavailable: Some(2), backorder_limit: Some(3), ..source(6, 50) };
    let written = shop.write(2, &Command::SetStock(all));
    let kept = shop.write(3, &Command::SetStock(set("A@east", 7)));
    assert_eq!(kept, StockRow { on_hand: 7, version: 3, ..written });
    assert_eq!((kept.safety_stock, kept.unavailable, kept.backorder_limit), (1, 2, 3));
    assert_eq!(kept.source_ts, Some(Millis(50)), "a write without the source's time leaves the last one");
}

#[test]
fn locations_are_kept_by_name_whatever_the_order_of_their_writes_and_add_up() {
    let mut shop = Shop::with(&[("A@west", 5), ("A@east", 7)]);
    shop.write(1, &Command::SetStock(set("A@west", 1)));
    let stock = shop.ledger.stock(&sku("A")).expect("stocked above");
    assert_eq!(stock.locations.iter().map(|row| row.location.as_str()).collect::<Vec<_>>(), ["east", "west"]);
    assert_eq!(stock.available(), 8);
    assert_eq!(shop.ledger.totals().skus, 1);
}

#[test]
fn a_strictly_older_source_time_changes_nothing() {
    let mut shop = Shop::with(&[]);
    let last = shop.write(1, &Command::SetStock(source(5, 100)));
    assert_eq!(shop.unchanged(2, &Command::SetStock(source(9, 99))), (last, Applied::StaleSource));
    assert_eq!(shop.write(3, &Command::SetStock(source(8, 100))).on_hand, 8, "the same time is not older");
}

#[test]
fn a_stale_source_is_judged_before_the_version() {
    let mut shop = Shop::with(&[]);
    let last = shop.write(1, &Command::SetStock(source(5, 100)));
    let stale = SetStock { if_version: Some(77), ..source(9, 99) };
    assert_eq!(shop.unchanged(2, &Command::SetStock(stale)), (last, Applied::StaleSource));
    let fresh = SetStock { if_version: Some(77), ..source(9, 101) };
    assert_eq!(shop.refusal(2, &Command::SetStock(fresh)), Refusal::StaleVersion { version: 1 });
}

#[test]
fn a_source_time_more_than_a_day_ahead_is_invalid() {
    let mut shop = Shop::with(&[]);
    assert_eq!(shop.invalid(10, &Command::SetStock(source(5, 10 + DAY_MS + 1))), "/source_ts_ms");
    shop.write(10, &Command::SetStock(source(5, 10 + DAY_MS)));
}

#[test]
fn version_zero_means_must_not_exist_yet() {
    let mut shop = Shop::with(&[("A@west", 1)]);
    assert_eq!(shop.refusal(1, &Command::SetStock(versioned(5, 1))), Refusal::StaleVersion { version: 0 });
    assert_eq!(shop.write(1, &Command::SetStock(versioned(5, 0))).version, 1);
    assert_eq!(shop.refusal(2, &Command::SetStock(versioned(6, 0))), Refusal::StaleVersion { version: 1 });
    assert_eq!(shop.write(2, &Command::SetStock(versioned(6, 1))).version, 2);
}

#[test]
fn stock_beyond_what_is_promised_is_added_to_it() {
    let mut shop = Shop::with(&[("A@east", 10)]);
    shop.done(1, &reserve("r1", &[("A", 3)]));
    shop.done(1, &reserve("r2", &[("A", 2)]));
    shop.done(2, &confirm("r2", None));
    let row = shop.write(3, &beyond("A@east", 7));
    assert_eq!((row.on_hand, row.held, row.allocated, row.available()), (12, 3, 2, 7));
}

#[test]
fn no_write_takes_on_hand_over_the_largest_figure() {
    let mut shop = Shop::with(&[("A@east", 10), ("B@east", 1_000_000_000)]);
    shop.done(1, &reserve("r1", &[("A", 1)]));
    assert_eq!(shop.invalid(2, &beyond("A@east", 1_000_000_000)), "/available");
    assert_eq!(shop.write(2, &beyond("A@east", 999_999_999)).on_hand, 1_000_000_000);
    for delta in [1, i64::MAX] {
        assert_eq!(shop.invalid(2, &Command::Adjust(adjust("B@east", delta))), "/delta");
    }
}

#[test]
fn on_hand_below_what_is_promised_refuses_new_holds_while_old_ones_go_on() {
    let mut shop = Shop::with(&[("A@east", 10)]);
    for name in ["r1", "r2"] {
        shop.done(1, &reserve(name, &[("A", 5)]));
    }
    assert_eq!(shop.write(2, &Command::SetStock(set("A@east", 3))).available(), -7);
    let refused = shop.refusal(3, &reserve("r3", &[("A", 1)]));
    assert!(matches!(&refused, Refusal::InsufficientStock { shortfalls, .. } if shortfalls[0].available == 0));
    shop.done(4, &confirm("r1", None));
    assert_eq!(shop.row("A@east").available(), -7, "a confirm neither heals nor worsens it");
    shop.done(5, &release("r2"));
    assert_eq!(shop.row("A@east").available(), -2);
    shop.refusal(6, &reserve("r3", &[("A", 1)]));
    shop.write(7, &Command::Adjust(adjust("A@east", 3)));
    shop.done(8, &reserve("r3", &[("A", 1)]));
}

#[test]
fn an_adjustment_adds_and_takes_but_never_below_zero() {
    let mut shop = Shop::with(&[("A@east", 5)]);
    let row = shop.write(1, &Command::Adjust(adjust("A@east", -5)));
    assert_eq!((row.on_hand, row.version), (0, 2));
    for delta in [-1, i64::MIN] {
        assert_eq!(shop.refusal(2, &Command::Adjust(adjust("A@east", delta))), Refusal::OnHandNegative);
    }
    assert_eq!(shop.write(3, &Command::Adjust(adjust("A@east", 4))).on_hand, 4);
}

#[test]
fn an_adjustment_creates_nothing() {
    let mut shop = Shop::with(&[("A@east", 5)]);
    let unknown = Refusal::UnknownSku { sku: sku("Z"), location: None };
    assert_eq!(shop.refusal(1, &Command::Adjust(adjust("Z@east", 1))), unknown);
    let elsewhere = Refusal::UnknownSku { sku: sku("A"), location: Some(location("west")) };
    assert_eq!(shop.refusal(1, &Command::Adjust(adjust("A@west", 1))), elsewhere);
}

#[test]
fn an_adjustment_with_a_key_is_made_once() {
    let mut shop = Shop::with(&[("A@east", 5)]);
    shop.write(1, &Command::Adjust(keyed(-3)));
    shop.write(2, &Command::SetStock(set("A@east", 1)));
    let now = shop.row("A@east").clone();
    let again = shop.unchanged(3, &Command::Adjust(keyed(-3)));
    assert_eq!(again, (now, Applied::Before), "with the record as it is now, though it could not be made again");
}

#[test]
fn an_adjustment_without_a_key_is_made_each_time() {
    let mut shop = Shop::with(&[("A@east", 5)]);
    shop.write(1, &Command::Adjust(adjust("A@east", -1)));
    assert_eq!(shop.write(1, &Command::Adjust(adjust("A@east", -1))).on_hand, 3);
}

#[test]
fn a_key_belongs_to_its_sku_and_location() {
    let mut shop = Shop::with(&[("A@east", 5), ("A@west", 5), ("B@east", 5)]);
    for place in ["A@east", "A@west", "B@east"] {
        let row = shop.write(1, &Command::Adjust(Adjust { key: Some(text("k1")), ..adjust(place, 1) }));
        assert_eq!(row.on_hand, 6);
    }
}

#[test]
fn another_adjustment_under_the_same_key_names_the_first_field_that_differs() {
    let mut shop = Shop::with(&[("A@east", 5)]);
    shop.write(1, &Command::Adjust(keyed(-3)));
    let cases = [
        (Adjust { reason: None, ..keyed(-4) }, "delta"),
        (Adjust { reason: None, reference: None, ..keyed(-3) }, "reason"),
        (Adjust { reference: Some(text("wms-992")), ..keyed(-3) }, "reference"),
    ];
    for (other, field) in cases {
        assert_eq!(shop.refusal(2, &Command::Adjust(other)), Refusal::IdempotencyMismatch { field });
    }
}

#[test]
fn a_refused_adjustment_leaves_its_key_free() {
    let mut shop = Shop::with(&[("A@east", 5)]);
    assert_eq!(shop.refusal(1, &Command::Adjust(keyed(-6))), Refusal::OnHandNegative);
    assert_eq!(shop.write(2, &Command::Adjust(keyed(-5))).on_hand, 0);
}

#[test]
fn a_sku_has_at_most_so_many_locations() {
    let mut shop = Shop::with(&[]);
    for number in 0..MAX_LOCATIONS {
        shop.write(1, &Command::SetStock(set(&format!("A@l{number}"), 1)));
    }
    assert_eq!(shop.invalid(2, &Command::SetStock(set("A@one-more", 1))), "/location");
    shop.write(2, &Command::SetStock(set("A@l0", 2)));
    shop.write(2, &Command::SetStock(set("B@one-more", 1)));
}
