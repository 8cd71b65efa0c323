//! The made-up day has every shape that the real ones have, and is the same each time.

use std::collections::HashMap;

use bench::replay::generate::generate;
use bench::replay::orders::{OrderLine, parse};
use bench::replay::plan::{Action, plan};

fn day(seed: u64, invoices: usize) -> Vec<u8> {
    let mut day = Vec::new();
    generate(&mut day, seed, invoices).expect("writing to memory does not fail");
    day
}

fn lines(day: &[u8]) -> Vec<OrderLine> {
    parse(day, "day").unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    assert_eq!(day(7, 50), day(7, 50));
    assert_ne!(day(7, 50), day(8, 50));
}

#[test]
fn even_the_shortest_day_has_every_shape() {
    for seed in 0..30 {
        let day = day(seed, 10);
        let lines = lines(&day);
        let plan = plan(&lines, "r").unwrap_or_else(|error| panic!("{error}"));
        let is = |wanted: fn(&Action) -> bool| plan.operations.iter().any(|operation| wanted(&operation.action));
        assert!(plan.split_carts == 1, "seed {seed}: one cart over 100 lines");
        assert!(is(|action| matches!(action, Action::Release(_))), "seed {seed}: a cancellation of the day's sale");
        assert!(is(|action| matches!(action, Action::Adjust { .. })), "seed {seed}: a cancellation without a sale");
        assert!(lines.iter().any(|line| line.customer.is_none()), "seed {seed}: nobody's line");
        assert!(lines.iter().any(|line| line.customer.is_some()), "seed {seed}: somebody's line");

        let mut cart_lines: HashMap<&str, usize> = HashMap::new();
        for line in &lines {
            *cart_lines.entry(&line.invoice).or_default() += 1;
        }
        assert_eq!(cart_lines.values().max(), Some(&230));
    }
}

#[test]
fn a_longer_day_has_odd_codes_quotes_and_commas() {
    let day = day(1, 150);
    assert!(lines(&day).iter().any(|line| line.sku.as_str() != line.sku.unescape()));
    let text = String::from_utf8_lossy(&day);
    assert!(text.contains("\"SET OF 3, TINS\"") && text.contains("7\"\" SINGLE"));
}
