//! `check_balances` finds every way in which buckets and reservations can disagree.

use crate::shop::Shop;
use ledger::{Books, Imbalance, Ledger, LimitAfter, LimitKey, Reserve, SkuSettings, StockRow, Taken, check_balances};
use naive::asks::{self, confirm, id, release, reserve, sku};

/// `r1` holds 3 of A in two places; `r2` has 2 of B allocated; `r3` ended.
fn sound() -> Shop {
    let mut shop = Shop::with(&[("A@east", 2), ("A@west", 2), ("B@east", 9)]);
    shop.done(1, &reserve("r1", &[("A", 3)]));
    shop.done(1, &reserve("r2", &[("B", 2)]));
    shop.done(1, &reserve("r3", &[("B", 1)]));
    shop.done(2, &confirm("r2", None));
    shop.done(2, &release("r3"));
    shop
}

fn check(shop: &Shop) -> Result<(), Imbalance> {
    check_balances(std::iter::once(&shop.ledger))
}

fn forge(shop: &mut Shop, place: &str, change: impl FnOnce(&mut StockRow)) {
    let mut row = shop.row(place).clone();
    change(&mut row);
    shop.ledger.put_stock(&sku(&place[..1]), &row);
}

#[test]
fn a_sound_ledger_balances() {
    assert_eq!(check(&sound()), Ok(()));
    assert_eq!(check_balances(std::iter::empty()), Ok(()));
}

#[test]
fn a_bucket_that_says_one_more_is_held_is_named_with_both_figures() {
    let mut shop = sound();
    forge(&mut shop, "A@west", |row| row.held += 1);
    let found = Imbalance { bucket: "A at west".to_owned(), held: 2, allocated: 0, lines_held: 1, lines_allocated: 0 };
    assert_eq!(check(&shop), Err(found));
}

#[test]
fn a_bucket_that_lost_an_allocated_unit_is_found() {
    let mut shop = sound();
    forge(&mut shop, "B@east", |row| row.allocated -= 1);
    let found = check(&shop).expect_err("forged above");
    assert_eq!((found.held, found.allocated, found.lines_held, found.lines_allocated), (0, 1, 0, 2));
    assert!(found.to_string().contains("B at east"), "{found}");
}

#[test]
fn units_held_where_they_should_be_allocated_are_found() {
    let mut shop = sound();
    forge(&mut shop, "B@east", |row| std::mem::swap(&mut row.held, &mut row.allocated));
    assert!(check(&shop).is_err());
}

#[test]
fn a_limit_bucket_that_forgot_a_unit_is_named() {
    let mut shop = sound();
    shop.set_sku(3, "A", SkuSettings { max_per_customer: Some(9), ..SkuSettings::default() });
    let by_c1 = Reserve { customer: Some(asks::customer("c1")), ..asks::lines("r4", &[("A", 1)]) };
    shop.done(3, &asks::asked(by_c1));
    assert_eq!(shop.taken_by_c1(), (1, 0, 0));
    let key = LimitKey::SkuCustomer(sku("A"), asks::customer("c1"));
    shop.ledger.put_limit(&LimitAfter { key, taken: Taken::default() });
    let found = check(&shop).expect_err("forged above");
    assert_eq!((found.held, found.lines_held), (0, 1));
    assert!(found.to_string().contains("c1"), "{found}");
}

#[test]
fn a_line_of_a_bucket_that_does_not_exist_is_found() {
    let shop = sound();
    let mut reservations = Ledger::default();
    reservations.put_reservation(&shop.reservation(&id("r2")));
    let found = check_balances(std::iter::once(&reservations)).expect_err("no bucket stands behind the line");
    assert_eq!((found.allocated, found.lines_allocated), (0, 2));
}

#[test]
fn an_ended_reservation_needs_no_bucket() {
    let shop = sound();
    let mut reservations = Ledger::default();
    reservations.put_reservation(&shop.reservation(&id("r3")));
    assert_eq!(check_balances(std::iter::once(&reservations)), Ok(()));
}

#[test]
fn shipped_units_are_no_longer_allocated() {
    let mut shop = sound();
    let mut shipped = shop.reservation(&id("r2"));
    shipped.lines[0].fulfilled = 1;
    shop.ledger.put_reservation(&shipped);
    assert!(check(&shop).is_err());
    forge(&mut shop, "B@east", |row| row.allocated -= 1);
    assert_eq!(check(&shop), Ok(()));
}

#[test]
fn ledgers_balance_together_though_not_one_by_one() {
    let shop = sound();
    let mut ledgers = [Ledger::default(), Ledger::default()];
    for stock in shop.ledger.skus() {
        stock.locations.iter().for_each(|row| ledgers[0].put_stock(&stock.sku, row));
    }
    shop.ledger.reservations().for_each(|reservation| ledgers[1].put_reservation(&reservation));
    assert_eq!(check_balances(ledgers.iter()), Ok(()));
    assert!(check_balances(ledgers[..1].iter()).is_err());
    assert!(check_balances(ledgers[1..].iter()).is_err());
    assert!(ledgers[0].stock(&sku("A")).is_some() && ledgers[0].reservation(&id("r1")).is_none());
}
