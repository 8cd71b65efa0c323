//! What an order has shipped, to be taken off the places that it left.

use super::orders::Order;
use crate::catalogue;
use std::collections::BTreeMap;

/// What an order has shipped, by place, and whether it was of the limited SKU.
#[derive(Debug, Default)]
pub(super) struct Shipped {
    pub lines: BTreeMap<(usize, bool), u64>,
    pub customer: Option<String>,
    pub is_fair: bool,
}

impl Shipped {
    pub fn of(order: &Order) -> Self {
        let mut shipped = Self::default();
        let Some(row) = &order.row else { return shipped };
        for line in row.lines.iter().filter(|line| line.fulfilled > 0) {
            if let Some(place) = catalogue::place_of(&line.sku, &line.location) {
                let is_limited = line.sku == catalogue::limited_sku();
                *shipped.lines.entry((place, is_limited)).or_default() += u64::from(line.fulfilled);
            }
        }
        shipped.customer = row.customer.as_ref().map(|customer| customer.as_str().to_owned());
        shipped.is_fair = row.sale.as_ref() == Some(&catalogue::fair_sale());
        shipped
    }
}
