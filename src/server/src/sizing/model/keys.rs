//! The configuration's ranges and defaults that bound a plan; a test holds them against the table of keys.

/// The range of `engine.queue_capacity`.
pub const QUEUE_CAPACITY: (u64, u64) = (64, 1 << 22);
/// The most of `engine.io_threads`.
pub const MOST_IO_THREADS: u64 = 256;
/// The most of `engine.max_reservations` and `engine.max_skus`.
pub const MOST_ROWS: u64 = 1_000_000_000;
/// The default of `engine.max_hold_ms`.
pub const MAX_HOLD_MS: u64 = 86_400_000;
/// The default of `engine.idempotency_window_ms`.
pub const WINDOW_MS: u64 = 86_400_000;
/// The default of `engine.idempotency_max_keys`.
pub const MAX_KEYS: u64 = 4_000_000;
/// The default of `log.segment_bytes`.
pub const SEGMENT_BYTES: u64 = 256 << 20;
/// The most of `log.retention_bytes`.
pub const MOST_RETENTION_BYTES: u64 = 1 << 50;
/// The defaults of `store.memtable_bytes` and `store.cache_bytes` together.
pub const STORE_BYTES: u64 = 256 << 20;
