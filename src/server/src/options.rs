//! From the configuration to the options of engine, log and store: the one place that knows the
//! names on both sides. It opens nothing.

use ledger::{Millis, Policy};

use crate::config::{Config, OnConfirm};

/// Bytes of decided events that may wait for the disk.
const COMMIT_BUFFER_BYTES: usize = 16 << 20;

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// The log's, in whatever epoch it will be.
pub fn log(config: &Config) -> wal::Options {
    wal::Options {
        segment_bytes: config.log.segment_bytes,
        reserve_bytes: config.log.reserve_bytes,
        ..wal::Options::default()
    }
}

/// The engine's, over a log with these options.
pub fn engine(config: &Config, log: wal::Options) -> engine::Options {
    let settings = &config.engine;
    let defaults = engine::Options::default();
    engine::Options {
        shards: settings.shards,
        queue_capacity: settings.queue_capacity,
        policy: Policy {
            default_ttl: Millis(settings.default_ttl_ms),
            max_hold: Millis(settings.max_hold_ms),
            max_payment_grace: Millis(settings.max_payment_grace_ms),
            on_confirm: match settings.on_confirm {
                OnConfirm::Allocate => ledger::OnConfirm::Allocate,
                OnConfirm::Fulfil => ledger::OnConfirm::Fulfil,
            },
            keep_history: Millis(config.store.history_days * DAY_MS),
        },
        idempotency_window: Millis(settings.idempotency_window_ms),
        idempotency_max_keys: settings.idempotency_max_keys,
        max_reservations: settings.max_reservations,
        max_skus: settings.max_skus,
        max_customer_buckets: settings.max_customer_buckets,
        max_sales: settings.max_sales,
        commit_buffer_bytes: COMMIT_BUFFER_BYTES,
        checkpoint_interval: Millis(config.store.checkpoint_interval_ms),
        retention_bytes: config.log.retention_bytes,
        log,
        ..defaults
    }
}

/// The store's.
pub fn store(config: &Config) -> store::Options {
    store::Options {
        idempotency_window: Millis(config.engine.idempotency_window_ms),
        memtable_bytes: config.store.memtable_bytes,
        cache_bytes: config.store.cache_bytes,
        ..store::Options::default()
    }
}
