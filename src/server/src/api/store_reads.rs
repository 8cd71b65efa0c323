//! Reads from the store: on the thread beside an I/O thread, since they may wait for the disk; bounded
//! in number, timed, and what fails told. It does not know what is read.

use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::{Engine, Lsn};
use ledger::Millis;
use store::{HistoryError, Store, StoreError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

use super::Call;
use super::metrics::ApiMetrics;
use crate::http::{Capacity, Code, Problem};

/// Reads of one I/O thread that are under way or wait for their turn.
const MOST_READS: usize = 128;

/// How long a read waits for the store to have what was acknowledged before it was asked.
const BEHIND: Duration = Duration::from_millis(200);
const LOOK: Duration = Duration::from_millis(1);

/// How long one page is read: what else this I/O thread reads may wait as long.
const PAGE: Duration = Duration::from_millis(20);

/// A shard appends a record a little after it has stamped it, and another shard one with a later time
/// meanwhile: so far behind its latest record the store has all there is, by a wide margin.
const STAMPED_BEFORE: Millis = Millis(1_000);

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

    /// Whether many rows may be looked at for it.
    const fn is_page(self) -> bool {
        matches!(self, Self::Reservations | Self::SkuHistory)
    }
}

/// The store as one I/O thread reads it.
#[derive(Debug)]
pub struct StoreReads {
    waiting: Arc<Capacity>,
    /// Pages are read one after the other, so that whatever else is read waits for one of them at most.
    pages: Arc<Semaphore>,
}

impl StoreReads {
    /// For one more I/O thread.
    pub fn new() -> Self {
        Self { waiting: Capacity::new(MOST_READS), pages: Arc::new(Semaphore::new(1)) }
    }

    /// Waits for the turn of a page; nothing else has to.
    async fn turn(&self, what: StoreRead) -> Option<OwnedSemaphorePermit> {
        if !what.is_page() {
            return None;
        }
        Some(Arc::clone(&self.pages).acquire_owned().await.expect("nobody closes it"))
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
        let turn = self.api.store_reads.turn(what).await;
        let metrics = Arc::clone(&self.api.metrics);
        // Both go along: who asked may be gone before the work is begun.
        Ok(blocking(move || {
            let _held = (permit, turn);
            timed(&metrics, what, || work(&store))
        })
        .await)
    }

    /// What a client is told who asked for what the store may know by and by.
    pub fn store_behind(self) -> Problem {
        self.api.metrics.store_behind.increment(1);
        let detail = "the store still follows the log up to what was asked for: try again in a moment";
        Problem::new(Code::StoreBehind, detail)
    }
}

/// When the page that is read from now on has to end.
pub fn page_ends() -> Instant {
    Instant::now() + PAGE
}

/// How far an answer from the store goes.
#[derive(Debug, Clone, Copy)]
pub struct Covered {
    /// The last record.
    pub as_of: Lsn,
    /// The latest time of a record.
    pub until: Millis,
}

impl Covered {
    /// Whether all is in it that happened up to an instant: it has whatever was durable when it was
    /// asked for, or goes beyond that instant.
    pub fn reaches(self, at: Millis, durable: Lsn) -> bool {
        self.as_of >= durable || self.until > at.plus(STAMPED_BEFORE)
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

/// Waits until the store has all that was acknowledged by now, but not for long. Returns the last
/// record of that.
pub async fn up_to_now(engine: &Engine) -> Lsn {
    let durable = engine.durable_mark();
    caught_up(engine, durable).await;
    durable
}

/// Waits until the store has a record, but not for long. Says whether it has.
pub async fn caught_up(engine: &Engine, record: Lsn) -> bool {
    let caught_up = async {
        while engine.applied_mark() < record {
            sleep(LOOK).await;
        }
    };
    timeout(BEHIND, caught_up).await.is_ok()
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
    use super::{Covered, StoreRead, StoreReads};
    use engine::Lsn;
    use ledger::Millis;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    #[test]
    fn all_lists_every_read_where_its_number_says() {
        assert!(StoreRead::ALL.iter().enumerate().all(|(index, read)| *read as usize == index));
        // A new last one must be added to the list as well.
        assert_eq!(StoreRead::ALL.len(), StoreRead::Events as usize + 1);
    }

    #[test]
    fn a_page_waits_for_the_page_before_it_and_nothing_else_does() {
        let reads = StoreReads::new();
        let mut context = Context::from_waker(Waker::noop());
        let Poll::Ready(first) = pin!(reads.turn(StoreRead::Reservations)).poll(&mut context) else {
            panic!("nobody is before the first");
        };
        let mut second = pin!(reads.turn(StoreRead::SkuHistory));
        assert!(second.as_mut().poll(&mut context).is_pending());
        for other in [StoreRead::Reservation, StoreRead::StockAt, StoreRead::Events] {
            assert!(pin!(reads.turn(other)).poll(&mut context).is_ready(), "{other:?}");
        }
        drop(first);
        assert!(second.as_mut().poll(&mut context).is_ready());
    }

    #[test]
    fn an_answer_reaches_what_is_well_before_its_end() {
        let covered = Covered { as_of: Lsn(7), until: Millis(5_000) };
        assert!(covered.reaches(Millis(3_999), Lsn(8)));
        // Some shard may still append what it stamped then.
        for at in [4_000, 5_000, 9_000, u64::MAX] {
            assert!(!covered.reaches(Millis(at), Lsn(8)), "{at}");
            assert!(covered.reaches(Millis(at), Lsn(7)), "nothing else was durable, {at}");
        }
    }
}
