//! What the store uses of the machine, as gauges. They are set when somebody looks.

use metrics::Gauge;
use store::{Stall, Status};

use crate::telemetry::Registry;

/// The store's gauges.
pub struct StoreGauges {
    disk_bytes: Gauge,
    memtable_bytes: Gauge,
    pending_compaction_bytes: Gauge,
    stall: Gauge,
    rows: Gauge,
}

impl StoreGauges {
    /// Registers them.
    pub fn new(registry: &Registry) -> Self {
        Self {
            disk_bytes: registry.gauge("tidegate_store_disk_bytes", &[]),
            memtable_bytes: registry.gauge("tidegate_store_memtable_bytes", &[]),
            pending_compaction_bytes: registry.gauge("tidegate_store_pending_compaction_bytes", &[]),
            stall: registry.gauge("tidegate_store_stall", &[]),
            rows: registry.gauge("tidegate_store_rows", &[]),
        }
    }

    /// Brings them up to date.
    pub fn set(&self, status: &Status) {
        self.disk_bytes.set(status.disk_bytes as f64);
        self.memtable_bytes.set(status.memtable_bytes as f64);
        self.pending_compaction_bytes.set(status.pending_compaction_bytes as f64);
        self.rows.set(status.rows as f64);
        self.stall.set(match status.stall {
            Stall::None => 0.0,
            Stall::Slowed => 1.0,
            Stall::Stopped => 2.0,
        });
    }
}
