//! The balance identity: what buckets say is promised is what live reservations have, to the unit.

use crate::{Ledger, LimitKey, Location, Marks, Reservation, Sku, SkuStock, State};
use hashbrown::{Equivalent, HashMap};

/// A bucket whose promises do not add up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the balance of {bucket} does not add up: the bucket says held {held} and allocated {allocated}, \
     its live reservations have {lines_held} and {lines_allocated}"
)]
pub struct Imbalance {
    /// The bucket, in words.
    pub bucket: String,
    /// What the bucket says is held.
    pub held: u64,
    /// What the bucket says is allocated.
    pub allocated: u64,
    /// What held reservations have.
    pub lines_held: u64,
    /// What confirmed reservations have and was not fulfilled.
    pub lines_allocated: u64,
}

/// Units held and allocated.
type Promised = (u64, u64);

/// What live reservations have, bucket by bucket.
struct Sums<'l> {
    stock: HashMap<(&'l Sku, &'l Location), Promised>,
    /// Of stock buckets that do not exist.
    strays: HashMap<(Sku, Location), Promised>,
    limits: HashMap<LimitKey, Promised>,
}

/// The name of a stock bucket, looked up for as long as a reservation is read.
#[derive(Hash)]
struct Bucket<'r>(&'r Sku, &'r Location);

impl Equivalent<(&Sku, &Location)> for Bucket<'_> {
    fn equivalent(&self, (sku, location): &(&Sku, &Location)) -> bool {
        self.0 == *sku && self.1 == *location
    }
}

/// Checks every bucket of all ledgers against all their reservations: a cart may have lines in
/// several ledgers, so they are checked together. Costs a pass over everything.
pub fn check_balances<'l>(ledgers: impl Iterator<Item = &'l Ledger> + Clone) -> Result<(), Imbalance> {
    let of_sku = |stock: &'l SkuStock| stock.locations.iter().map(move |row| ((&stock.sku, &row.location), (0, 0)));
    let locations = ledgers.clone().flat_map(Ledger::skus).map(|stock| stock.locations.len()).sum();
    let mut stock = HashMap::with_capacity(locations);
    stock.extend(ledgers.clone().flat_map(Ledger::skus).flat_map(of_sku));
    let mut sums = Sums { stock, strays: HashMap::new(), limits: HashMap::new() };
    for reservation in ledgers.clone().flat_map(Ledger::reservations).filter(|row| row.state.is_live()) {
        sums.add(&reservation);
    }
    for stock in ledgers.clone().flat_map(Ledger::skus) {
        for row in &stock.locations {
            let lines = sums.stock[&(&stock.sku, &row.location)];
            let said = (u64::from(row.held), u64::from(row.allocated));
            compare(|| format!("{} at {}", stock.sku, row.location), said, lines)?;
        }
    }
    for limit in ledgers.flat_map(Ledger::limits) {
        let lines = sums.limits.remove(&limit.key).unwrap_or_default();
        let said = (u64::from(limit.taken.held), u64::from(limit.taken.allocated));
        compare(|| format!("{:?}", limit.key), said, lines)?;
    }
    // What is left are lines of buckets that do not exist.
    for ((sku, location), lines) in sums.strays {
        compare(|| format!("{sku} at {location}"), (0, 0), lines)?;
    }
    for (key, lines) in sums.limits {
        compare(|| format!("{key:?}"), (0, 0), lines)?;
    }
    Ok(())
}

impl Sums<'_> {
    fn add(&mut self, reservation: &Reservation) {
        for line in &reservation.lines {
            let units = u64::from(line.unshipped());
            let promised = if reservation.state == State::Held { (units, 0) } else { (0, units) };
            let sum = match self.stock.get_mut(&Bucket(&line.sku, &line.location)) {
                Some(sum) => sum,
                None => self.strays.entry((line.sku.clone(), line.location.clone())).or_default(),
            };
            add(sum, promised);
            // Most lines are counted nowhere else, and their names need not be looked at.
            if line.marks == Marks::default() {
                continue;
            }
            for (mark, key) in keys(reservation, &line.sku) {
                if line.marks.has(mark) {
                    add(self.limits.entry(key).or_default(), promised);
                }
            }
        }
    }
}

/// Every limit bucket in which a line of this SKU might be counted.
fn keys(reservation: &Reservation, sku: &Sku) -> impl Iterator<Item = (Marks, LimitKey)> {
    let customer = reservation.customer.clone();
    let channel = reservation.channel.clone();
    let sale = reservation.sale.clone();
    let of_customer = sale.clone().zip(customer.clone());
    let of_channel = sale.clone().zip(channel.clone());
    [
        customer.map(|customer| (Marks::SKU_CUSTOMER, LimitKey::SkuCustomer(sku.clone(), customer))),
        channel.map(|channel| (Marks::SKU_CHANNEL, LimitKey::SkuChannel(sku.clone(), channel))),
        sale.map(|sale| (Marks::SALE, LimitKey::Sale(sale))),
        of_customer.map(|(sale, customer)| (Marks::SALE_CUSTOMER, LimitKey::SaleCustomer(sale, customer))),
        of_channel.map(|(sale, channel)| (Marks::SALE_CHANNEL, LimitKey::SaleChannel(sale, channel))),
    ]
    .into_iter()
    .flatten()
}

fn add(sum: &mut Promised, more: Promised) {
    sum.0 += more.0;
    sum.1 += more.1;
}

fn compare(bucket: impl FnOnce() -> String, said: Promised, lines: Promised) -> Result<(), Imbalance> {
    if said == lines {
        return Ok(());
    }
    Err(Imbalance { bucket: bucket(), held: said.0, allocated: said.1, lines_held: lines.0, lines_allocated: lines.1 })
}
