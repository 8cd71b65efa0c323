//! The balance identity: what buckets say is promised is what live reservations have, to the unit.

use crate::{Ledger, Location, Sku, State};
use hashbrown::HashMap;

/// A bucket whose promises do not add up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the balance of {sku} at {location} does not add up: the bucket says held {held} and allocated {allocated}, \
     its live reservations have {lines_held} and {lines_allocated}"
)]
pub struct Imbalance {
    /// The SKU.
    pub sku: Sku,
    /// The location.
    pub location: Location,
    /// What the bucket says is held.
    pub held: u64,
    /// What the bucket says is allocated.
    pub allocated: u64,
    /// What held reservations have.
    pub lines_held: u64,
    /// What confirmed reservations have and was not fulfilled.
    pub lines_allocated: u64,
}

/// Checks every bucket of all ledgers against all their reservations: a cart may have lines in
/// several ledgers, so they are checked together. Costs a pass over everything.
pub fn check_balances<'l>(ledgers: impl Iterator<Item = &'l Ledger> + Clone) -> Result<(), Imbalance> {
    let mut promised: HashMap<(&Sku, &Location), (u64, u64)> = HashMap::new();
    for reservation in ledgers.clone().flat_map(Ledger::reservations) {
        for line in &reservation.lines {
            let sums = promised.entry((&line.sku, &line.location)).or_default();
            match reservation.state {
                State::Held => sums.0 += u64::from(line.quantity),
                State::Confirmed => sums.1 += u64::from(line.quantity - line.fulfilled),
                State::Released | State::Expired => {}
            }
        }
    }
    for stock in ledgers.flat_map(Ledger::skus) {
        for row in &stock.locations {
            let sums = promised.remove(&(&stock.sku, &row.location)).unwrap_or_default();
            let said = (u64::from(row.held), u64::from(row.allocated));
            if said != sums {
                return Err(imbalance(&stock.sku, &row.location, said, sums));
            }
        }
    }
    // What is left are lines of buckets that do not exist.
    match promised.into_iter().find(|(_, sums)| *sums != (0, 0)) {
        Some(((sku, location), sums)) => Err(imbalance(sku, location, (0, 0), sums)),
        None => Ok(()),
    }
}

fn imbalance(sku: &Sku, location: &Location, said: (u64, u64), lines: (u64, u64)) -> Imbalance {
    Imbalance {
        sku: sku.clone(),
        location: location.clone(),
        held: said.0,
        allocated: said.1,
        lines_held: lines.0,
        lines_allocated: lines.1,
    }
}
