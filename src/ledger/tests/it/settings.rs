//! A SKU's settings beside its limits: time to live, order of locations, and its end.

use crate::shop::{Shop, places};
use ledger::{Adjust, Applied, Books, Command, LimitKey, Millis, Outcome, Refusal, Reserve, SkuSettings};
use naive::asks::{self, adjust, asked, cancel, confirm, fulfil, lines, reserve, reserve_for, set, sku, text};

fn lasting(ttl_ms: u64) -> SkuSettings {
    SkuSettings { default_ttl: Some(Millis(ttl_ms)), ..SkuSettings::default() }
}

fn delete(name: &str) -> Command {
    Command::DeleteSku(sku(name))
}

#[test]
fn settings_create_a_sku_that_has_nothing() {
    let mut shop = Shop::with(&[]);
    let stock = shop.set_sku(1, "A", lasting(5));
    assert!(stock.locations.is_empty());
    assert_eq!(shop.ledger.totals().skus, 1);
    let refused = shop.refusal(2, &reserve("r1", &[("A", 1)]));
    assert!(matches!(refused, Refusal::InsufficientStock { .. }), "{refused:?}");
}

#[test]
fn a_hold_lasts_as_long_as_its_request_its_skus_or_the_policy_say_in_this_order() {
    let mut shop = Shop::with(&[("A@east", 9), ("B@east", 9), ("C@east", 9)]);
    shop.set_sku(0, "A", lasting(50));
    shop.set_sku(0, "B", lasting(40));
    let both = [("A", 1), ("B", 1)];
    assert_eq!(shop.done(100, &reserve("r1", &both)).expires, Millis(140), "the smallest of its SKUs");
    assert_eq!(shop.done(100, &reserve_for("r2", 70, &both)).expires, Millis(170));
    assert_eq!(shop.done(100, &reserve("r3", &[("C", 1)])).expires, Millis(700));
    shop.set_sku(0, "C", lasting(99_999));
    assert_eq!(shop.done(100, &reserve("r4", &[("C", 1)])).expires, Millis(1_100), "never beyond the longest hold");
}

#[test]
fn named_locations_serve_first_and_the_others_follow() {
    let mut shop = Shop::with(&[("A@west", 2), ("A@east", 2), ("A@north", 2)]);
    let order = ["moon", "north", "east"].map(asks::location).into();
    shop.set_sku(0, "A", SkuSettings { location_order: order, ..SkuSettings::default() });
    let made = shop.done(1, &reserve("r1", &[("A", 5)]));
    assert_eq!(places(&made), [(0, "north", 2), (0, "east", 2), (0, "west", 1)]);
    shop.set_sku(2, "A", SkuSettings::default());
    shop.done(3, &asks::release("r1"));
    assert_eq!(places(&shop.done(4, &reserve("r2", &[("A", 1)]))), [(0, "east", 1)], "by name again");
}

#[test]
fn a_sku_of_which_something_is_promised_cannot_be_deleted() {
    let mut shop = Shop::with(&[("A@east", 9), ("A@west", 9)]);
    shop.done(1, &reserve("r1", &[("A@west", 1)]));
    assert_eq!(shop.refusal(2, &delete("A")), Refusal::SkuInUse, "held");
    shop.done(3, &confirm("r1", None));
    assert_eq!(shop.refusal(4, &delete("A")), Refusal::SkuInUse, "allocated");
    shop.done(5, &cancel("r1"));
    assert_eq!(shop.ask(6, &delete("A")), Outcome::SkuDeleted);
    let unknown = Refusal::UnknownSku { sku: sku("A"), location: None };
    assert_eq!(shop.refusal(7, &delete("A")), unknown);
    assert_eq!(shop.refusal(7, &reserve("r2", &[("A", 1)])), unknown);
}

#[test]
fn a_hold_past_its_deadline_still_keeps_its_sku_until_it_is_swept() {
    let mut shop = Shop::with(&[("A@east", 9)]);
    shop.done(1, &reserve_for("r1", 5, &[("A", 1)]));
    assert_eq!(shop.refusal(99, &delete("A")), Refusal::SkuInUse);
    shop.done(99, &asks::expire("r1"));
    assert_eq!(shop.ask(99, &delete("A")), Outcome::SkuDeleted);
}

#[test]
fn a_deleted_sku_takes_its_rows_and_counts_along() {
    let mut shop = Shop::with(&[("A@east", 9)]);
    shop.set_sku(0, "A", SkuSettings { max_per_customer: Some(2), ..SkuSettings::default() });
    let two = |name| asked(Reserve { customer: Some(asks::customer("c1")), ..lines(name, &[("A", 2)]) });
    shop.done(1, &two("r1"));
    shop.done(2, &confirm("r1", None));
    shop.done(3, &fulfil("r1"));
    assert_eq!(shop.taken_by_c1(), (0, 0, 2));
    shop.ask(4, &delete("A"));
    let totals = shop.ledger.totals();
    assert_eq!((totals.skus, totals.customer_buckets), (0, 0));
    assert!(shop.ledger.stock(&sku("A")).is_none());
    let made = shop.write(5, &Command::SetStock(asks::set("A@east", 1)));
    assert_eq!(made.version, 1, "it begins anew");
    assert_eq!(shop.taken(&LimitKey::SkuCustomer(sku("A"), asks::customer("c1"))), (0, 0, 0));
}

#[test]
fn a_sku_that_is_made_again_knows_no_key_of_the_one_before() {
    let mut shop = Shop::with(&[("A@east", 5)]);
    let lost = Command::Adjust(Adjust { key: Some(text("k")), ..adjust("A@east", -1) });
    shop.ask(1, &lost);
    assert!(matches!(shop.ask(2, &lost), Outcome::Stock { applied: Applied::Before, .. }));
    shop.ask(3, &delete("A"));
    shop.ask(4, &Command::SetStock(set("A@east", 10)));
    let Outcome::Stock { record, applied: Applied::Now } = shop.ask(5, &lost) else { panic!("it is another SKU") };
    assert_eq!(record.row.on_hand, 9);
}
