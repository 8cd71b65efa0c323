//! A write that leaves more promised than there is says so, once for each step down.

use crate::shop::Shop;
use ledger::{Command, EventKind, Millis, SetStock, decide};
use naive::asks::{adjust, confirm, release, reserve, set};

/// 8 of 10 promised: 5 held, 3 allocated.
fn promised() -> Shop {
    let mut shop = Shop::with(&[("A@east", 10)]);
    shop.done(1, &reserve("r1", &[("A", 5)]));
    shop.done(1, &reserve("r2", &[("A", 3)]));
    shop.done(2, &confirm("r2", None));
    shop
}

fn write(shop: &mut Shop, on_hand: u32) -> (Vec<EventKind>, u64) {
    shop.write(3, &Command::SetStock(set("A@east", on_hand)));
    (shop.events.clone(), shop.ledger.totals().shortfall_units)
}

#[test]
fn only_a_write_that_lowers_it_below_zero_is_told() {
    let mut shop = promised();
    let (set, short) = (EventKind::StockSet, EventKind::StockShortfall);
    assert_eq!(write(&mut shop, 8), (vec![set], 0), "nothing left, nothing short");
    assert_eq!(write(&mut shop, 7), (vec![set, short], 1));
    assert_eq!(write(&mut shop, 7), (vec![set], 1), "as short as before");
    assert_eq!(write(&mut shop, 5), (vec![set, short], 3));
    assert_eq!(write(&mut shop, 6), (vec![set], 2), "it heals");
    assert_eq!(write(&mut shop, 9), (vec![set], 0));
}

#[test]
fn an_adjustment_and_every_other_figure_can_cause_one() {
    let mut shop = promised();
    shop.write(3, &Command::Adjust(adjust("A@east", -3)));
    assert_eq!(shop.events, [EventKind::StockAdjusted, EventKind::StockShortfall]);
    let mut shop = promised();
    shop.write(3, &Command::SetStock(SetStock { unavailable: Some(3), ..set("A@east", 10) }));
    assert_eq!(shop.events, [EventKind::StockSet, EventKind::StockShortfall]);
    let mut shop = Shop::with(&[]);
    shop.write(0, &Command::SetStock(SetStock { safety_stock: Some(2), ..set("A@east", 1) }));
    assert_eq!(shop.events, [EventKind::StockSet, EventKind::StockShortfall], "with nothing promised, too");
}

#[test]
fn what_comes_back_heals_it_without_a_word() {
    let mut shop = promised();
    assert_eq!(write(&mut shop, 4).1, 4);
    shop.done(4, &release("r1"));
    assert_eq!((shop.events.as_slice(), shop.ledger.totals().shortfall_units), ([EventKind::Released].as_slice(), 0));
}

#[test]
fn the_adjustment_is_told_once_and_not_again_with_the_shortfall() {
    let shop = promised();
    let lost = Command::Adjust(adjust("A@east", -3));
    let events = decide(&shop.ledger, &shop.policy, &lost, Millis(3)).events;
    let told = events.iter().map(|event| (event.kind, event.adjustment.is_some()));
    assert_eq!(told.collect::<Vec<_>>(), [(EventKind::StockAdjusted, true), (EventKind::StockShortfall, false)]);
    assert_eq!(events[0].stock, events[1].stock);
}
