//! Ledgers that only follow: each puts the rows of an event that are its own.

use ledger::{Event, Ledger, LimitKey};

/// A SKU's rows go to the ledger of the SKU, a sale's to that of the sale, a reservation to that of
/// its first line.
pub(super) fn spread(shards: &mut [Ledger], event: &Event) {
    let count = shards.len();
    let home = |name: &str| name.bytes().map(usize::from).sum::<usize>() % count;
    for after in &event.stock {
        shards[home(after.sku.as_str())].put_stock(&after.sku, &after.row);
    }
    for after in &event.limits {
        let owner = match &after.key {
            LimitKey::SkuCustomer(sku, _) | LimitKey::SkuChannel(sku, _) => sku.as_str(),
            LimitKey::Sale(id) | LimitKey::SaleCustomer(id, _) | LimitKey::SaleChannel(id, _) => id.as_str(),
        };
        shards[home(owner)].put_limit(after);
    }
    if let Some((sku, change)) = event.sku.as_deref() {
        shards[home(sku.as_str())].put_sku_change(sku, change);
    }
    if let Some(change) = &event.sale {
        shards[home(change.sale().as_str())].put_sale(change);
    }
    if let Some(reservation) = &event.reservation {
        shards[home(reservation.lines[0].sku.as_str())].put_reservation(reservation);
    }
}
