//! Reads from the store: on the thread beside an I/O thread, since they may wait for the disk; bounded
//! in number, timed, and what fails told. It does not know what is read.

use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::Engine;
use ledger::Millis;
use store::{HistoryError, Store, StoreError};
use tokio::time::{sleep, timeout};

use super::Call;
use super::metrics::ApiMetrics;
use crate::http::{Capacity, Code, Problem};

/// Reads of one I/O thread that are under way or wait for their turn.
const MOST_READS: usize = 128;

/// How long a list waits for the store to have what was acknowledged before it was asked.
const BEHIND: Duration = Duration::from_millis(200);
const LOOK: Duration = Duration::from_millis(1);

/// What is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreRead {
    /// A reservation that ended long ago.
    Reservation,
    /// A page of reservations.
    Reservations,
    /// A SKU's balances at an instant.
    StockAt,
    /// A page of a SKU's history.
    SkuHistory,
    /// Events that the log has let go.
    Events,
}

impl StoreRead {
    /// All of them, in the order of their declaration.
    pub const ALL: [Self; 5] = [Self::Reservation, Self::Reservations, Self::StockAt, Self::SkuHistory, Self::Events];

    /// The word for metrics.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Reservation => "reservation",
            Self::Reservations => "reservations",
            Self::StockAt => "stock_at",
            Self::SkuHistory => "sku_history",
            Self::Events => "events",
        }
    }
}

/// The store as one I/O thread reads it.
#[derive(Debug)]
pub struct StoreReads {
    waiting: Arc<Capacity>,
}

impl StoreReads {
    /// For one more I/O thread.
    pub fn new() -> Self {
        Self { waiting: Capacity::new(MOST_READS) }
    }
}

impl Call<'_> {
    /// Reads something from the store.
    pub async fn read_store<T: Send + 'static>(
        self,
        what: StoreRead,
        work: impl FnOnce(&Store) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let store = Arc::clone(&self.api.stage.opened()?.store);
        let permit = self.api.store_reads.waiting.try_acquire().ok_or_else(|| full(&self.api.metrics))?;
        let metrics = Arc::clone(&self.api.metrics);
        // The permit goes along: who asked may be gone before its turn comes.
        Ok(blocking(move || {
            let _permit = permit;
            timed(&metrics, what, || work(&store))
        })
        .await)
    }
}

fn full(metrics: &ApiMetrics) -> Problem {
    metrics.store_reads_full.increment(1);
    Problem::new(Code::Overloaded, "too many reads of what was: try again in a moment")
        .with_text("reason", "store_reads_full")
}

/// Does it, and notes how long it took.
pub fn timed<T>(metrics: &ApiMetrics, what: StoreRead, work: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let done = work();
    metrics.store_read(what).record(begun.elapsed());
    done
}

/// Waits until the store has all that was acknowledged by now, but not for long: how far an answer goes
/// is told in it.
pub async fn up_to_now(engine: &Engine) {
    let durable = engine.durable_mark();
    let caught_up = async {
        while engine.applied_mark() < durable {
            sleep(LOOK).await;
        }
    };
    let _ = timeout(BEHIND, caught_up).await;
}

/// Reading may wait for the disk, and an I/O thread must not.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let done = tokio::task::spawn_blocking(work).await;
    done.expect("a panic there ends the process, and the runtime's end ends who waits here too")
}

/// What a client is told when the store cannot be read.
pub fn unreadable(error: &StoreError) -> Problem {
    tracing::error!(%error, "cannot read from the store");
    let detail = "the store cannot be read: the server's own log says why";
    Problem::new(Code::StorageFailed, detail).with_text("reason", "store_unreadable")
}

/// What a client is told who asks for what is forgotten.
pub fn untold(error: HistoryError) -> Problem {
    match error {
        HistoryError::Gone { oldest: Millis(oldest_ms) } => {
            Problem::new(Code::HistoryGone, "ask for `oldest_ms` or later: what was before is not kept any more")
                .with_number("oldest_ms", oldest_ms)
        }
        HistoryError::Store(error) => unreadable(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::StoreRead;

    #[test]
    fn all_lists_every_read_where_its_number_says() {
        assert!(StoreRead::ALL.iter().enumerate().all(|(index, read)| *read as usize == index));
        // A new last one must be added to the list as well.
        assert_eq!(StoreRead::ALL.len(), StoreRead::Events as usize + 1);
    }
}
