//! What a store may use of the machine, and whose it is. It must not know what is stored.

use ledger::Millis;

/// How a store is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Which part of the whole this server owns: in front of every key, as in the log's frames.
    pub partition: u32,
    /// How long ended reservations and adjustments are known for sure, in milliseconds:
    /// [`engine::Projection::forget`] keeps what is younger, whatever horizon it is given.
    pub idempotency_window: Millis,
    /// Memory for what is read often, in bytes, over all column families.
    pub cache_bytes: usize,
    /// Memory for what is not flushed yet, in bytes; while a flush is under way, as much again.
    pub memtable_bytes: usize,
    /// What flushes and compactions may write in a second, in bytes, so that the log's syncs keep
    /// the disk.
    pub background_bytes_per_second: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            partition: 0,
            idempotency_window: Millis(86_400_000),
            cache_bytes: 128 << 20,
            memtable_bytes: 128 << 20,
            background_bytes_per_second: 64 << 20,
        }
    }
}
