//! Laying in: everything that is asked for, or deliberately less of some.

use std::collections::BTreeMap;

use bench::replay::Identifier;
use bench::replay::stock::{ShortPercent, lay_in};

fn demand() -> BTreeMap<Identifier, u64> {
    let sku = |number: u32| Identifier::escape(&format!("S{number:03}")).unwrap_or_else(|error| panic!("{error}"));
    (0..200).map(|number| (sku(number), 10)).collect()
}

fn short_skus(percent: u8) -> usize {
    let percent = ShortPercent::new(percent).expect("the tests stay below 100");
    lay_in(&demand(), percent).values().filter(|&&units| units == 5).count()
}

#[test]
fn short_is_that_many_percent_and_no_more() {
    assert_eq!(short_skus(0), 0);
    assert_eq!(short_skus(5), 10);
    assert_eq!(short_skus(33), 66);
    assert_eq!(short_skus(100), 200);
    assert_eq!(ShortPercent::new(101), None);
}

#[test]
fn nothing_short_is_exactly_the_demand() {
    let none = ShortPercent::new(0).expect("0 is a percentage");
    assert_eq!(lay_in(&demand(), none), demand());
}
