//! What a target takes of memory and disk. It knows no time but that which things are kept for.

use std::mem;

use ledger::Line;

use super::costs::Costs;
use super::{RECORDS, Target, keys, live, whole};
use crate::sizing::reference::Reference;

/// How much of the log is kept for those who follow events, in seconds: what is older they read from the store.
const LOG_KEPT_S: f64 = 3_600.0;
const DAY_S: f64 = 86_400.0;
/// A frame's header, and half of what it is padded to.
const FRAME_BYTES: f64 = (wal::FRAME_HEADER_BYTES + wal::FRAME_ALIGN / 2) as f64;

/// What a place in a shard's queue takes whether anything waits there or not: a stamp and a pointer, in each of two lanes.
const PLACE_BYTES: f64 = 32.0;

/// What is kept in memory, in bytes.
pub struct Memory {
    process: f64,
    pub queues: f64,
    pub skus: f64,
    pub live: f64,
    pub ended: f64,
}

impl Memory {
    /// With so many places in all queues together.
    pub fn of(target: &Target, places: u64, reference: &Reference) -> Self {
        let further_lines = target.lines.saturating_sub(1) as f64 * mem::size_of::<Line>() as f64;
        let reservation = reference.reservation_bytes + further_lines;
        let ended = (target.mean_rps * keys::WINDOW_MS as f64 / 1e3).min(keys::MAX_KEYS as f64);
        Self {
            process: reference.process_bytes + keys::STORE_BYTES as f64,
            queues: places as f64 * PLACE_BYTES,
            skus: target.skus as f64 * reference.sku_bytes,
            live: live(target) * reservation,
            ended: ended * reservation,
        }
    }

    pub fn all(&self) -> f64 {
        self.process + self.queues + self.skus + self.live + self.ended
    }
}

/// What is kept on disk, in bytes.
pub struct Disk {
    pub log_bytes_a_day: f64,
    pub retention_bytes: u64,
    pub store_bytes_a_day: f64,
    pub store_bytes: f64,
}

impl Disk {
    pub fn of(target: &Target, costs: &Costs, reference: &Reference) -> Self {
        let records = target.mean_rps * RECORDS;
        let frames = records.min(1e6 / costs.sync_us);
        let log_bytes = records * costs.record_bytes + frames * FRAME_BYTES;
        let segments = whole(log_bytes * LOG_KEPT_S / keys::SEGMENT_BYTES as f64).max(1);
        // A further line is another row of history in each record.
        let reservation = reference.stored_reservation_bytes + RECORDS * costs.further_bytes;
        let store_bytes_a_day = target.mean_rps * DAY_S * reservation;
        // History is kept as long as keys at least.
        let history_s = target.retention_s.max(keys::WINDOW_MS / 1000);
        let kept = target.skus as f64 * reference.stored_sku_bytes + live(target) * reservation;
        Self {
            log_bytes_a_day: log_bytes * DAY_S,
            retention_bytes: (segments * keys::SEGMENT_BYTES).min(keys::MOST_RETENTION_BYTES),
            store_bytes_a_day,
            store_bytes: kept + store_bytes_a_day * history_s as f64 / DAY_S,
        }
    }
}
