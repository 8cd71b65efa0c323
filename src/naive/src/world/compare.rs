//! Everything that ledger, followers and model know, compared row by row and sum by sum.

use super::World;
use crate::told;
use ledger::{Ledger, LimitKey, Totals, check_balances};
use std::collections::BTreeMap;

impl World {
    /// Compares every row, every sum, every balance and every digest. Panics where they differ.
    pub fn compare_all(&self) {
        self.compare_rows();
        self.compare_counts();
        self.compare_totals(self.ledger.totals());
        let digest = self.ledger.digest();
        for shards in self.followers.iter().map(Vec::as_slice).chain([std::slice::from_ref(&self.ledger)]) {
            let sum = shards.iter().fold(0_u64, |sum, shard| sum.wrapping_add(shard.digest()));
            assert_eq!(sum, digest, "{} ledgers", shards.len());
            check_balances(shards.iter()).unwrap_or_else(|imbalance| panic!("{} ledgers: {imbalance}", shards.len()));
        }
    }

    fn compare_rows(&self) {
        let holds: BTreeMap<_, _> = self.ledger.reservations().map(|row| (row.id.clone(), told::hold(&row))).collect();
        assert!(holds.values().eq(self.model.holds()), "ledger {holds:#?}");
        let skus: BTreeMap<_, _> = self.ledger.skus().map(|stock| (&stock.sku, stock)).collect();
        assert!(skus.keys().copied().eq(self.model.skus().map(|(sku, _)| sku)));
        for (sku, settings) in self.model.skus() {
            let stock = skus[sku];
            assert_eq!(stock.settings().cloned().unwrap_or_default(), *settings, "settings of {sku}");
            let shelves = stock.locations.iter().map(|row| told::shelf(sku, row));
            assert!(shelves.eq(self.model.shelves(sku)), "{stock:?}");
        }
        let sales: BTreeMap<_, _> = self.ledger.sales().map(|sale| (&sale.id, told::campaign(sale))).collect();
        assert!(sales.iter().map(|(id, sale)| (*id, sale)).eq(self.model.sales()), "ledger {sales:#?}");
        assert_eq!(self.ledger.next_deadline().map(|deadline| deadline.0), self.model.next_deadline());
    }

    fn compare_counts(&self) {
        let counts: BTreeMap<_, _> = self.ledger.limits().map(|limit| (limit.key, told::count(limit.taken))).collect();
        assert_eq!(counts, self.model.counts(), "ledger, then model");
    }

    fn compare_totals(&self, totals: Totals) {
        let shelves: Vec<_> = self.model.skus().flat_map(|(sku, _)| self.model.shelves(sku)).collect();
        let short = shelves.iter().map(|shelf| {
            let bucket = &shelf.bucket;
            let kept = shelf.held + shelf.allocated + bucket.safety_stock + bucket.unavailable;
            (kept - bucket.on_hand - bucket.backorder_limit).max(0)
        });
        let is_live = |state| matches!(state, "held" | "confirmed");
        let live = self.model.holds().filter(|hold| is_live(hold.state)).count();
        let keys = self.model.counts().into_keys();
        let customers = keys.filter(|key| matches!(key, LimitKey::SkuCustomer(..) | LimitKey::SaleCustomer(..)));
        assert_eq!(totals.skus, self.model.skus().count() as u64);
        assert_eq!(i128::from(totals.held_units), shelves.iter().map(|shelf| shelf.held).sum::<i128>());
        assert_eq!(i128::from(totals.allocated_units), shelves.iter().map(|shelf| shelf.allocated).sum::<i128>());
        assert_eq!(i128::from(totals.shortfall_units), short.sum::<i128>());
        assert_eq!(totals.live_reservations, live as u64);
        assert_eq!(totals.ended_reservations, (self.model.holds().count() - live) as u64);
        assert_eq!(totals.sales, self.model.sales().count() as u64);
        assert_eq!(totals.customer_buckets, customers.count() as u64);
        let split = self.followers.last().expect("made with some").iter().map(Ledger::totals);
        let split = split.fold(Totals::default(), Totals::plus);
        // Followers forget nothing that has ended.
        assert_eq!(Totals { ended_reservations: totals.ended_reservations, ..split }, totals);
    }
}
