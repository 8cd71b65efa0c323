//! What was measured with the whole program on one machine, where `bench-self` measures stages alone: each figure once, with
//! its source in docs/performance.md ("Sizing"). It knows no formula.

/// Figures of the whole program on a machine, and what the stages took there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reference {
    /// What the process takes of a processor for a reserve of one line, in microseconds: kernel, HTTP and log, but for the store.
    pub call_us: f64,
    /// What the I/O threads take of that.
    pub io_us: f64,
    /// What the store's threads take for a record, in microseconds.
    pub store_us: f64,
    /// What the one takes of that which follows the log.
    pub projector_us: f64,
    /// What the stages that need only a processor take, as `Measured::stages_ns` sums them up.
    pub stages_ns: f64,
    /// How long a shard is locked for a reserve, by what decide, apply and encode take of it.
    pub shard_factor: f64,
    /// Memory of a reservation of one line, in bytes.
    pub reservation_bytes: f64,
    /// Memory of a SKU at one location, in bytes.
    pub sku_bytes: f64,
    /// Memory of a process that has neither, in bytes, the store's aside.
    pub process_bytes: f64,
    /// What the store has on disk of a reservation of one line from its begin to its end, in bytes.
    pub stored_reservation_bytes: f64,
    /// What it has of a SKU at most, in bytes.
    pub stored_sku_bytes: f64,
}

/// Two cores of an AMD EPYC, 2026-11-22.
pub const REFERENCE: Reference = Reference {
    call_us: 39.7,
    io_us: 33.4,
    store_us: 24.8,
    projector_us: 15.6,
    stages_ns: 3_100.0,
    shard_factor: 1.5,
    reservation_bytes: 429.0,
    sku_bytes: 320.0,
    process_bytes: 60_000_000.0,
    stored_reservation_bytes: 1_062.0,
    stored_sku_bytes: 267.0,
};
