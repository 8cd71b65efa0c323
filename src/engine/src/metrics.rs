//! Handles of the engine's metrics, made once from a recorder: no global state, no look-up by
//! name on the hot path. Names and meanings are listed in `docs/metrics.md`.

use ledger::Refusal;
use metrics::{Counter, Gauge, Histogram, Key, Label, Level, Metadata, Recorder};

static METADATA: Metadata<'static> = Metadata::new("tidegate", Level::INFO, None);

/// The engine's metrics.
pub struct EngineMetrics {
    pub(crate) held: Counter,
    pub(crate) confirmed: Counter,
    pub(crate) released: Counter,
    pub(crate) expired: Counter,
    pub(crate) extended: Counter,
    pub(crate) replayed: Counter,
    pub(crate) cancelled: Counter,
    pub(crate) fulfilled: Counter,
    pub(crate) stock_writes: Counter,
    pub(crate) settings_writes: Counter,
    /// By their words, the most frequent first.
    refusals: [(&'static str, Counter); Refusal::CODES.len()],
    pub(crate) queue_full: Counter,
    pub(crate) storage_full: Counter,
    pub(crate) log_damaged: Counter,
    pub(crate) queue_wait: Histogram,
    pub(crate) group_records: Histogram,
    pub(crate) log_write: Histogram,
    pub(crate) log_sync: Histogram,
    pub(crate) log_bytes: Counter,
    pub(crate) checkpoint: Histogram,
    pub(crate) checkpoint_failures: Counter,
    pub(crate) log_trimmed_bytes: Counter,
    pub(crate) expiry_lag: Histogram,
    pub(crate) clock_ahead: Gauge,
    pub(crate) durable_lsn: Gauge,
    pub(crate) decided_lsn: Gauge,
    pub(crate) applied_lsn: Gauge,
    pub(crate) flushed_lsn: Gauge,
    pub(crate) store_failing: Gauge,
    pub(crate) log_kept_bytes: Gauge,
    pub(crate) log_oldest_lsn: Gauge,
    pub(crate) commit_waiting_bytes: Gauge,
    pub(crate) log_prepared_bytes: Gauge,
    pub(crate) held_units: Gauge,
    pub(crate) allocated_units: Gauge,
    pub(crate) live_reservations: Gauge,
    pub(crate) skus: Gauge,
    pub(crate) sales: Gauge,
    pub(crate) customer_buckets: Gauge,
    pub(crate) shortfall_units: Gauge,
    pub(crate) queue_depth: Gauge,
}

fn outcome(recorder: &dyn Recorder, word: &'static str) -> Counter {
    let label = Label::from_static_parts("outcome", word);
    recorder.register_counter(&Key::from_parts("tidegate_reservations_total", vec![label]), &METADATA)
}

fn refused(recorder: &dyn Recorder, reason: &'static str) -> Counter {
    let label = Label::from_static_parts("reason", reason);
    recorder.register_counter(&Key::from_parts("tidegate_refusals_total", vec![label]), &METADATA)
}

impl EngineMetrics {
    /// Registers every metric of the engine with a recorder.
    pub fn new(recorder: &dyn Recorder) -> Self {
        let counter = |name: &'static str| recorder.register_counter(&Key::from_static_name(name), &METADATA);
        let gauge = |name: &'static str| recorder.register_gauge(&Key::from_static_name(name), &METADATA);
        let histogram = |name: &'static str| recorder.register_histogram(&Key::from_static_name(name), &METADATA);
        Self {
            held: outcome(recorder, "held"),
            confirmed: outcome(recorder, "confirmed"),
            released: outcome(recorder, "released"),
            expired: outcome(recorder, "expired"),
            extended: outcome(recorder, "extended"),
            replayed: outcome(recorder, "replayed"),
            cancelled: outcome(recorder, "cancelled"),
            fulfilled: outcome(recorder, "fulfilled"),
            stock_writes: counter("tidegate_stock_writes_total"),
            settings_writes: counter("tidegate_settings_writes_total"),
            refusals: Refusal::CODES.map(|code| (code, refused(recorder, code))),
            queue_full: refused(recorder, "queue_full"),
            storage_full: refused(recorder, "storage_full"),
            log_damaged: refused(recorder, "log_damaged"),
            queue_wait: histogram("tidegate_queue_wait_seconds"),
            group_records: histogram("tidegate_commit_group_records"),
            log_write: histogram("tidegate_log_write_seconds"),
            log_sync: histogram("tidegate_log_sync_seconds"),
            log_bytes: counter("tidegate_log_written_bytes_total"),
            checkpoint: histogram("tidegate_checkpoint_seconds"),
            checkpoint_failures: counter("tidegate_checkpoint_failures_total"),
            log_trimmed_bytes: counter("tidegate_log_trimmed_bytes_total"),
            expiry_lag: histogram("tidegate_expiry_lag_seconds"),
            clock_ahead: gauge("tidegate_clock_ahead_seconds"),
            durable_lsn: gauge("tidegate_durable_lsn"),
            decided_lsn: gauge("tidegate_decided_lsn"),
            applied_lsn: gauge("tidegate_applied_lsn"),
            flushed_lsn: gauge("tidegate_flushed_lsn"),
            store_failing: gauge("tidegate_store_failing"),
            log_kept_bytes: gauge("tidegate_log_kept_bytes"),
            log_oldest_lsn: gauge("tidegate_log_oldest_lsn"),
            commit_waiting_bytes: gauge("tidegate_commit_waiting_bytes"),
            log_prepared_bytes: gauge("tidegate_log_prepared_bytes"),
            held_units: gauge("tidegate_held_units"),
            allocated_units: gauge("tidegate_allocated_units"),
            live_reservations: gauge("tidegate_live_reservations"),
            skus: gauge("tidegate_skus"),
            sales: gauge("tidegate_sales"),
            customer_buckets: gauge("tidegate_customer_buckets"),
            shortfall_units: gauge("tidegate_shortfall_units"),
            queue_depth: gauge("tidegate_queue_depth"),
        }
    }

    pub(crate) fn refused(&self, refusal: &Refusal) {
        let code = refusal.code();
        if let Some((_, counter)) = self.refusals.iter().find(|(known, _)| *known == code) {
            counter.increment(1);
        }
    }
}
