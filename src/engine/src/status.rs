//! What an operator sees of the engine: the shards one by one, and gauges over all.

use crate::Engine;
use crate::routing::ShardSet;
use wal::Lsn;

/// One shard as it is now.
#[derive(Debug, Clone)]
pub struct ShardStatus {
    /// Its number, from 0.
    pub shard: u8,
    /// Requests waiting in the settle lane.
    pub settle_depth: usize,
    /// Requests waiting in the reserve lane.
    pub reserve_depth: usize,
    /// Requests that each lane can hold.
    pub capacity: usize,
    /// Requests that had to wait, ever.
    pub waits: u64,
    /// SKUs.
    pub skus: u64,
    /// Units held.
    pub held_units: u64,
    /// Units allocated.
    pub allocated_units: u64,
    /// Reservations held or confirmed.
    pub live_reservations: u64,
    /// Ended reservations still known.
    pub ended_reservations: u64,
    /// Sales.
    pub sales: u64,
    /// Customers who are counted.
    pub customer_buckets: u64,
    /// Units promised beyond what there is.
    pub shortfall_units: u64,
    /// Refusals still known.
    pub remembered_refusals: usize,
    /// The last event that touched the shard.
    pub last_lsn: Lsn,
}

impl Engine {
    /// Every shard, each at its own instant.
    pub fn shards(&self) -> Vec<ShardStatus> {
        (0..self.routing.shards()).map(|shard| self.shard_status(shard)).collect()
    }

    fn shard_status(&self, shard_id: u8) -> ShardStatus {
        let shard = &self.shards[shard_id as usize];
        let (settle_depth, reserve_depth) = shard.lanes.depth();
        let books = shard.books.lock();
        let totals = books.ledger.totals();
        let status = ShardStatus {
            shard: shard_id,
            settle_depth,
            reserve_depth,
            capacity: shard.lanes.capacity(),
            waits: shard.lanes.waits(),
            skus: totals.skus,
            held_units: totals.held_units,
            allocated_units: totals.allocated_units,
            live_reservations: totals.live_reservations,
            ended_reservations: totals.ended_reservations,
            sales: totals.sales,
            customer_buckets: totals.customer_buckets,
            shortfall_units: totals.shortfall_units,
            remembered_refusals: books.refusals.len(),
            last_lsn: books.last_lsn,
        };
        drop(books);
        self.look_again(ShardSet::one(shard_id));
        status
    }

    /// Brings the gauges up to date and slews the clock; to be called now and then.
    pub fn observe(&self) {
        let shards = self.shards();
        let sum = |of: fn(&ShardStatus) -> u64| shards.iter().map(of).sum::<u64>() as f64;
        self.metrics.skus.set(sum(|shard| shard.skus));
        self.metrics.held_units.set(sum(|shard| shard.held_units));
        self.metrics.allocated_units.set(sum(|shard| shard.allocated_units));
        self.metrics.live_reservations.set(sum(|shard| shard.live_reservations));
        self.metrics.sales.set(sum(|shard| shard.sales));
        self.metrics.customer_buckets.set(sum(|shard| shard.customer_buckets));
        self.metrics.shortfall_units.set(sum(|shard| shard.shortfall_units));
        self.metrics.queue_depth.set(sum(|shard| (shard.settle_depth + shard.reserve_depth) as u64));
        let decided = shards.iter().map(|shard| shard.last_lsn.0).max().unwrap_or(0);
        self.metrics.decided_lsn.set(decided as f64);
        self.metrics.durable_lsn.set(self.durable_mark().0 as f64);
        self.metrics.applied_lsn.set(self.applied_mark().0 as f64);
        self.metrics.store_failing.set(f64::from(u8::from(!self.upkeep_failures().is_empty())));
        self.metrics.commit_waiting_bytes.set(self.commit.waiting_bytes() as f64);
        self.metrics.log_prepared_bytes.set(self.space.prepared_ahead_bytes() as f64);
        self.metrics.clock_ahead.set(self.clock.slew() as f64 / 1e6);
    }
}
