//! Reads every row and compares what they come to with what the store says of itself.

use crate::keys::{AdjustmentName, Key, Keys, Parts};
use crate::rows;
use crate::view::{View, Wanted};
use crate::{Store, StoreError};
use engine::{Loaded, Lsn};
use ledger::{Digester, Event, LimitAfter, Millis, Sale, SaleChange, SkuChange};
use rocksdb::ColumnFamily;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

const CHECK: &str = "check the store";

/// What a sound store has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Checked {
    /// What the rows cover; the digest is that of the rows.
    pub marks: Loaded,
    /// Rows of SKUs and sales: stock, settings and counters.
    pub buckets: u64,
    /// Reservations held or confirmed.
    pub live: u64,
    /// Reservations that have ended.
    pub ended: u64,
    /// Records kept.
    pub records: u64,
    /// Balances kept of earlier times.
    pub history: u64,
}

impl Store {
    /// Reads every row, compares the sum of the live ones with the digest that stands beside them, and
    /// the index with what it must hold for the rows. [`StoreError::Damaged`] names what does not fit.
    pub fn check(&self) -> Result<Checked, StoreError> {
        let view = self.view();
        let columns = view.columns;
        let mut sum = Sum::default();
        let skus = each(&view, columns.skus, |_, row| sum.add(rows::hashed(row)?.1))?;
        let sales = each(&view, columns.sales, |_, row| sum.add(rows::hashed(row)?.1))?;
        let mut index = Index::new(view.keys);
        let live = each(&view, columns.live, |_, row| {
            let (made, row) = rows::made(row)?;
            let (_, event) = rows::hashed(row)?;
            index.expect_reservation(&event, made);
            sum.add(event)
        })?;
        sum.add_sale();
        let marks = view.marks()?;
        if sum.digest != marks.digest {
            let said = format!("its rows come to the digest {:016x}, and it says {:016x}", sum.digest, marks.digest);
            return Err(StoreError::damaged(CHECK, said));
        }
        let ended = each(&view, columns.ended, |_, row| {
            let (made, row) = rows::made(row)?;
            index.expect_reservation(&rows::plain(row)?, made);
            Ok(())
        })?;
        let all = view.keys.all();
        each(&view, columns.keys, |key, row| {
            let mut parts = Parts::behind(key, &all);
            index.expect_adjustment(Millis(parts.number()?), &parts.adjustment());
            rows::plain(row).map(drop)
        })?;
        each(&view, columns.index, |key, value| {
            index.find(key, value);
            Ok(())
        })?;
        index.check()?;
        let history = each(&view, columns.history, |_, row| rows::plain(row).map(drop))?;
        let records = check_records(&view, marks)?;
        Ok(Checked { marks, buckets: skus + sales, live, ended, records, history })
    }
}

/// What the index must hold, and what it holds, as sums that do not depend on the order.
struct Index {
    keys: Keys,
    expected: Tally,
    found: Tally,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Tally {
    rows: u64,
    sum: u64,
}

impl Tally {
    fn count(&mut self, key: &[u8], value: &[u8]) {
        self.rows += 1;
        self.sum = self.sum.wrapping_add(xxh3_64_with_seed(value, xxh3_64(key)));
    }
}

impl Index {
    fn new(keys: Keys) -> Self {
        Self { keys, expected: Tally::default(), found: Tally::default() }
    }

    fn expect_reservation(&mut self, row: &Event, made: Lsn) {
        let Some(reservation) = &row.reservation else { return };
        for key in self.keys.listings(reservation, made) {
            self.expected.count(key.as_ref(), reservation.id.as_str().as_bytes());
        }
        if !reservation.state.is_live() {
            let key = self.keys.index_ended(&reservation.id);
            self.expected.count(key.as_ref(), &reservation.changed.0.to_be_bytes());
        }
    }

    fn expect_adjustment(&mut self, at: Millis, name: &AdjustmentName) {
        self.expected.count(self.keys.index_adjusted(name).as_ref(), &at.0.to_be_bytes());
    }

    fn find(&mut self, key: &[u8], value: &[u8]) {
        self.found.count(key, value);
    }

    fn check(&self) -> Result<(), StoreError> {
        let (expected, found) = (self.expected.rows, self.found.rows);
        if self.expected == self.found {
            return Ok(());
        }
        let said = format!("its index has {found} rows, and not the {expected} of its reservations and adjustments");
        Err(StoreError::damaged(CHECK, said))
    }
}

/// Records follow each other up to the last one that the rows cover.
fn check_records(view: &View<'_>, marks: Loaded) -> Result<u64, StoreError> {
    let all = view.keys.all();
    let mut next = view.oldest()?.record;
    let records = each(view, view.columns.events, |key, record| {
        let lsn = Lsn(Parts::behind(key, &all).number()?);
        if lsn != next {
            return Err(StoreError::damaged(CHECK, format!("record {next} is not there, but {lsn} is")));
        }
        next = lsn.next();
        rows::plain(record).map(drop)
    })?;
    if next != marks.lsn.next() {
        let said = format!("its rows cover record {}, and its records end before {next}", marks.lsn);
        return Err(StoreError::damaged(CHECK, said));
    }
    Ok(records)
}

fn each<'v>(
    view: &'v View<'v>,
    column: &'v ColumnFamily,
    mut take: impl FnMut(&[u8], &[u8]) -> Result<(), StoreError>,
) -> Result<u64, StoreError> {
    let mut count = 0;
    let all: Key = view.keys.all();
    view.scan(column, &all, Wanted::All).each(|key, row| {
        count += 1;
        take(key, row)
    })?;
    Ok(count)
}

/// The digest of rows, worked out from what they say.
#[derive(Default)]
struct Sum {
    digest: u64,
    digester: Digester,
    /// The sale whose rows are being read.
    sale: Option<Sale>,
}

impl Sum {
    fn add(&mut self, row: Event) -> Result<(), StoreError> {
        row.stock.iter().for_each(|after| self.count(|digester| digester.stock(&after.sku, &after.row)));
        row.limits.iter().for_each(|after: &LimitAfter| self.count(|digester| digester.limit(after)));
        row.reservation.iter().for_each(|row| self.count(|digester| digester.reservation(row)));
        match row.sku.as_deref() {
            Some((sku, SkuChange::Set(settings))) => self.count(|digester| digester.settings(sku, settings)),
            Some((sku, SkuChange::Deleted)) => {
                return Err(StoreError::damaged(CHECK, format!("the settings of {sku} hold none")));
            }
            None => {}
        }
        row.sale.iter().for_each(|change| self.change(change));
        Ok(())
    }

    /// A sale is three rows that follow each other.
    fn change(&mut self, change: &SaleChange) {
        if self.sale.as_ref().is_none_or(|sale| sale.id != *change.sale()) {
            self.add_sale();
            self.sale = Some(Sale::new(change.sale().clone()));
        }
        self.sale.iter_mut().for_each(|sale| sale.put(change));
    }

    fn add_sale(&mut self) {
        if let Some(sale) = self.sale.take() {
            self.count(|digester| digester.sale(&sale));
        }
    }

    fn count(&mut self, hash: impl FnOnce(&mut Digester) -> u64) {
        self.digest = self.digest.wrapping_add(hash(&mut self.digester));
    }
}
