//! From a target and what a machine costs to what the target takes: pure arithmetic, explained in docs/performance.md
//! ("Sizing"). It measures, reads and prints nothing.

mod costs;
mod keys;
mod space;
mod unmet;

use engine::MAX_SHARDS;

use super::measured::Measured;
use super::reference::Reference;
use costs::Costs;
use space::{Disk, Memory};

pub use unmet::{Bound, Unmet};

/// How much of a core, a shard or the log is planned to be busy at the peak: queues grow long above.
const USE: f64 = 0.7;
/// Calls of a reservation at the peak: the reserve, and a confirm or release.
const CALLS: f64 = 2.0;
/// Records of a reservation from its begin to its end: held, confirmed, fulfilled.
const RECORDS: f64 = 3.0;
/// How much of the peak may wait for a shard, in seconds: who would wait for longer is refused at once instead.
const PATIENCE_S: f64 = 0.25;
const DAY_S: f64 = 86_400.0;

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Target {
    /// Reservations a second at the peak, each followed by a confirm or release.
    pub peak_rps: f64,
    /// Reservations a second in the mean of a day.
    pub mean_rps: f64,
    /// SKUs, each at one location.
    pub skus: u64,
    /// How long a reservation is held, in seconds.
    pub ttl_s: u64,
    /// Lines of a reservation.
    pub lines: u64,
    /// How long history is kept, in seconds.
    pub retention_s: u64,
}

/// What it takes of one node.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// `engine.shards`
    pub shards: u64,
    /// `engine.io_threads`
    pub io_threads: u64,
    /// `engine.queue_capacity`
    pub queue_capacity: u64,
    /// `engine.default_ttl_ms`
    pub default_ttl_ms: u64,
    /// `engine.max_hold_ms`
    pub max_hold_ms: u64,
    /// `engine.max_reservations`
    pub max_reservations: u64,
    /// `engine.max_skus`
    pub max_skus: u64,
    /// `log.retention_bytes`
    pub log_retention_bytes: u64,
    /// `store.history_days`
    pub history_days: u64,
    /// Cores, so that seven tenths of them are busy.
    pub cores: f64,
    /// The most that such a node takes, in reservations a second.
    pub node_rps: f64,
    /// The most that one shard takes, and so a single SKU.
    pub sku_rps: f64,
    /// How long a record waits until it is durable, in microseconds.
    pub commit_us: f64,
    /// Records of a group.
    pub group_records: f64,
    /// What the log grows by in a day, in bytes.
    pub log_bytes_a_day: f64,
    /// What the log has on disk, in bytes.
    pub log_bytes: f64,
    /// What the store grows by in a day, in bytes.
    pub store_bytes_a_day: f64,
    /// What the store has on disk, in bytes.
    pub store_bytes: f64,
    /// Memory for the shards' queues, in bytes.
    pub queue_memory_bytes: f64,
    /// Memory for SKUs, in bytes.
    pub sku_memory_bytes: f64,
    /// Memory for live reservations, in bytes.
    pub live_memory_bytes: f64,
    /// Memory for ended reservations that are remembered, in bytes.
    pub ended_memory_bytes: f64,
    /// All of the process's memory, in bytes.
    pub memory_bytes: f64,
}

/// What the target takes of a node like the measured one, or how many of these it would need.
pub fn plan(target: &Target, node: &Measured, reference: &Reference) -> Result<Plan, Unmet> {
    let costs = Costs::of(target, node, reference);
    costs.check(target)?;
    let disk = Disk::of(target, &costs, reference);
    let needed_shards = whole(costs.shards(target));
    let io_threads = whole(costs.io_threads(target)).clamp(1, keys::MOST_IO_THREADS);
    // As many as I/O threads, so that these seldom meet at a lock; but no shard without a SKU.
    let shards = needed_shards.max(io_threads).min(MAX_SHARDS as u64).min(target.skus.max(1));
    let (least_queue, most_queue) = keys::QUEUE_CAPACITY;
    let waiting = whole(target.peak_rps * CALLS * PATIENCE_S);
    let queue_capacity = waiting.next_power_of_two().clamp(least_queue, most_queue);
    let memory = Memory::of(target, shards * queue_capacity, reference);
    let default_ttl_ms = target.ttl_s * 1000;
    let with_room = |rows: f64| whole(rows / USE).clamp(1, keys::MOST_ROWS);
    Ok(Plan {
        shards,
        io_threads,
        queue_capacity,
        default_ttl_ms,
        max_hold_ms: default_ttl_ms.max(keys::MAX_HOLD_MS),
        max_reservations: with_room(live(target)),
        max_skus: with_room(target.skus as f64),
        log_retention_bytes: disk.retention_bytes,
        history_days: (target.retention_s as f64 / DAY_S).ceil() as u64,
        cores: costs.cores(target),
        node_rps: target.peak_rps / costs.fullest(target).1,
        sku_rps: costs.sku_rps(),
        commit_us: costs.commit_us(target),
        group_records: costs.group_records(target),
        log_bytes_a_day: disk.log_bytes_a_day,
        log_bytes: (disk.retention_bytes + 2 * keys::SEGMENT_BYTES) as f64,
        store_bytes_a_day: disk.store_bytes_a_day,
        store_bytes: disk.store_bytes,
        queue_memory_bytes: memory.queues,
        sku_memory_bytes: memory.skus,
        live_memory_bytes: memory.live,
        ended_memory_bytes: memory.ended,
        memory_bytes: memory.all(),
    })
}

fn whole(figure: f64) -> u64 {
    figure.ceil() as u64
}

/// Little's law: as many are live as come while one lives.
fn live(target: &Target) -> f64 {
    target.peak_rps * target.ttl_s as f64
}

#[cfg(test)]
mod tests;
