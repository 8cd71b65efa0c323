//! The limits and settings of an engine, validated by whoever read them.

use crate::Routing;
use ledger::{Millis, OnConfirm, Policy};

/// Settings of one engine.
#[derive(Debug, Clone)]
pub struct Options {
    /// Shards: 1 to [`crate::MAX_SHARDS`].
    pub shards: usize,
    /// Requests that may wait for one shard, per lane.
    pub queue_capacity: usize,
    /// The settings that decisions depend on.
    pub policy: Policy,
    /// How long an ended reservation, a remembered refusal and an adjustment's key are known.
    pub idempotency_window: Millis,
    /// How many of each are known at most, over all shards; each shard has an equal part. A
    /// remembered refusal counts once for each short line.
    pub idempotency_max_keys: usize,
    /// Reservations that may be live, over all shards.
    pub max_reservations: u64,
    /// Customers who may be counted, each once for every SKU and sale that counts them.
    pub max_customer_buckets: u64,
    /// SKUs that there may be, over all shards.
    pub max_skus: u64,
    /// Sales that there may be, over all shards.
    pub max_sales: u64,
    /// Bytes of decided events that may wait for the disk before new work is refused.
    pub commit_buffer_bytes: usize,
    /// How long changes are made durable in the projection at the latest after they were applied there.
    pub checkpoint_interval: Millis,
    /// Bytes of log after which they are made durable at once.
    pub checkpoint_bytes: u64,
    /// Bytes of log that are kept although the projection has all of it.
    pub retention_bytes: u64,
    /// The log's settings.
    pub log: wal::Options,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            shards: 2,
            queue_capacity: 65_536,
            policy: Policy {
                default_ttl: Millis(600_000),
                max_hold: Millis(86_400_000),
                max_payment_grace: Millis(900_000),
                on_confirm: OnConfirm::Allocate,
                keep_history: Millis(30 * 86_400_000),
            },
            idempotency_window: Millis(86_400_000),
            idempotency_max_keys: 4_000_000,
            max_reservations: 20_000_000,
            max_customer_buckets: 20_000_000,
            max_skus: 20_000_000,
            max_sales: 100_000,
            commit_buffer_bytes: 16 << 20,
            checkpoint_interval: Millis(10_000),
            checkpoint_bytes: 256 << 20,
            retention_bytes: 10 << 30,
            log: wal::Options::default(),
        }
    }
}

impl Options {
    pub(crate) fn keys_per_shard(&self, routing: Routing) -> usize {
        self.idempotency_max_keys.div_ceil(usize::from(routing.shards()))
    }
}
