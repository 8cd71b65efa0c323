//! Ledgers that only follow: each puts the rows of an event that are its own.

use ledger::{Event, Ledger};

/// A SKU's rows go to the ledger of the SKU, a sale's to that of the sale, a reservation to that of
/// its first line.
pub(super) fn spread(shards: &mut [Ledger], event: &Event) {
    let count = shards.len();
    let home = |name: &str| name.bytes().map(usize::from).sum::<usize>() % count;
    event.rows().for_each(|row| shards[home(row.owner().name())].put(row));
}
