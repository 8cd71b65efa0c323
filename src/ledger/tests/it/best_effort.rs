//! Best effort: each line in its order takes the least of what stock and limits leave.

use crate::shop::{Shop, places};
use ledger::{Command, Mode, Refusal, Reservation, Reserve, SaleSettings, Shortfall, SkuSettings};
use naive::asks::{self, asked, best_effort, lines, reserve, sku};

fn requested(made: &Reservation) -> Vec<(u16, u32, u32)> {
    made.lines.iter().map(|line| (line.line, line.requested, line.quantity)).collect()
}

fn by_c1(name: &str, wants: &[(&str, u64)]) -> Command {
    asked(Reserve { customer: Some(asks::customer("c1")), mode: Mode::BestEffort, ..lines(name, wants) })
}

#[test]
fn a_line_takes_what_there_is_and_says_what_was_asked_for() {
    let mut shop = Shop::with(&[("A@east", 3), ("B@east", 9)]);
    let made = shop.done(1, &best_effort("r1", &[("A", 5), ("B", 2)]));
    assert_eq!(requested(&made), [(0, 5, 3), (1, 2, 2)]);
    let made = shop.done(1, &reserve("r2", &[("B", 1)]));
    assert_eq!(requested(&made), [(0, 0, 1)], "all or nothing got what it asked for");
}

#[test]
fn a_line_that_gets_nothing_stays_listed_where_it_would_have_been() {
    let mut shop = Shop::with(&[("A@east", 0), ("A@west", 0), ("B@east", 1)]);
    shop.set_sku(0, "C", SkuSettings::default());
    let order = vec![asks::location("west")];
    shop.set_sku(0, "A", SkuSettings { location_order: order, ..SkuSettings::default() });
    let made = shop.done(1, &best_effort("r1", &[("A", 1), ("A@east", 1), ("C", 1), ("B", 1)]));
    assert_eq!(places(&made), [(0, "west", 0), (1, "east", 0), (2, "default", 0), (3, "east", 1)]);
}

#[test]
fn nothing_at_all_is_a_shortfall() {
    let mut shop = Shop::with(&[("A@east", 0), ("B@east", 0)]);
    let short = |name: &str| Shortfall { sku: sku(name), location: None, requested: 2, available: 0 };
    let refused = shop.refusal(1, &best_effort("r1", &[("A", 2), ("B", 2)]));
    assert_eq!(refused, Refusal::InsufficientStock { shortfalls: vec![short("A"), short("B")] });
}

#[test]
fn lines_take_in_their_order_and_not_the_located_first() {
    let mut shop = Shop::with(&[("A@east", 3)]);
    let made = shop.done(1, &best_effort("r1", &[("A", 2), ("A@east", 2)]));
    assert_eq!(requested(&made), [(0, 2, 2), (1, 2, 1)]);
}

#[test]
fn a_split_line_says_on_every_piece_what_was_asked_for() {
    let mut shop = Shop::with(&[("A@east", 2), ("A@west", 2)]);
    let made = shop.done(1, &best_effort("r1", &[("A", 9)]));
    assert_eq!(requested(&made), [(0, 9, 2), (0, 9, 2)]);
}

#[test]
fn limits_cut_a_line_and_lines_of_one_sku_share_them() {
    let mut shop = Shop::with(&[("A@east", 9), ("A@west", 9)]);
    shop.set_sku(0, "A", SkuSettings { max_per_order: Some(3), ..SkuSettings::default() });
    let wants = [("A@east", 2), ("A@west", 2)];
    assert_eq!(requested(&shop.done(1, &best_effort("r1", &wants))), [(0, 2, 2), (1, 2, 1)]);
    shop.set_sku(2, "A", SkuSettings { max_per_customer: Some(3), ..SkuSettings::default() });
    assert_eq!(requested(&shop.done(3, &by_c1("r2", &wants))), [(0, 2, 2), (1, 2, 1)]);
    let refused = shop.refusal(4, &by_c1("r3", &wants));
    assert!(matches!(refused, Refusal::InsufficientStock { .. }), "a limit alone leaves nothing: {refused:?}");
}

#[test]
fn a_sale_cuts_the_later_lines() {
    let mut shop = Shop::with(&[("A@east", 9), ("B@east", 9)]);
    let skus = vec![sku("A"), sku("B")];
    shop.set_sale(0, "drop", SaleSettings { skus, quota: Some(5), ..SaleSettings::default() });
    let asked_for = asks::in_sale("r1", "drop", &[("A", 4), ("B", 4)]);
    let made = shop.done(1, &asked(Reserve { mode: Mode::BestEffort, ..asked_for }));
    assert_eq!(requested(&made), [(0, 4, 4), (1, 4, 1)]);
}

#[test]
fn more_than_32_bits_of_units_in_one_reservation_are_counted_and_not_wrapped() {
    let places = ["A@l1", "A@l2", "A@l3", "A@l4", "A@l5", "A@l6"];
    let mut shop = Shop::with(&places.map(|place| (place, 1_000_000_000)));
    let wants: Vec<_> = places.into_iter().chain(["A"]).map(|place| (place, 1_000_000_000)).collect();
    let units = |made: &Reservation| made.lines.iter().map(|line| u64::from(line.quantity)).sum::<u64>();
    assert_eq!(units(&shop.done(1, &best_effort("r0", &[("A", 1_000_000_000); 6]))), 6_000_000_000);
    shop.done(2, &asks::release("r0"));
    let made = shop.done(3, &best_effort("r1", &wants));
    assert_eq!(units(&made), 6_000_000_000);
    assert_eq!(made.lines.last().map(|line| line.quantity), Some(0));
}
