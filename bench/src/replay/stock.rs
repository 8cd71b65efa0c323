//! How much of each SKU to lay in before the day begins. Pure; it must not know how it gets to the server.

use std::collections::BTreeMap;

use super::Identifier;

/// How many of a hundred SKUs get less than the day asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShortPercent(u8);

impl ShortPercent {
    /// 0 to 100.
    pub fn new(percent: u8) -> Option<Self> {
        (percent <= 100).then_some(Self(percent))
    }
}

/// Units to make available of each SKU: what the day demands, and for the short ones half of that. The short ones are
/// spread evenly over the codes, so that the same day is always short of the same.
pub fn lay_in(demand: &BTreeMap<Identifier, u64>, short: ShortPercent) -> BTreeMap<Identifier, u64> {
    let percent = usize::from(short.0);
    let is_short = |place: usize| (place + 1) * percent / 100 > place * percent / 100;
    demand
        .iter()
        .enumerate()
        .map(|(place, (sku, &units))| (sku.clone(), if is_short(place) { units / 2 } else { units }))
        .collect()
}
