//! How late an I/O thread is, which is how long its requests wait before anybody looks at them: a timer that is due comes
//! behind all that was ready before it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use admission::Nanos;

use super::nanos;

/// How often it is measured.
const EVERY: Duration = Duration::from_millis(10);

/// The timer's own grain, which is nobody's queue.
const GRAIN: Duration = Duration::from_millis(1);

/// How late one thread was when that was last measured.
#[derive(Debug, Default)]
pub struct Lag(AtomicU64);

impl Lag {
    /// Measures on this thread until dropped, and tells `note` each time.
    pub async fn watch(&self, mut note: impl FnMut(Nanos)) {
        loop {
            let due = Instant::now() + EVERY;
            tokio::time::sleep_until(due.into()).await;
            let late = nanos(Instant::now().saturating_duration_since(due).saturating_sub(GRAIN));
            self.0.store(late.0, Ordering::Relaxed);
            note(late);
        }
    }

    /// What was measured last.
    pub fn last(&self) -> Nanos {
        Nanos(self.0.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::Lag;
    use admission::Nanos;
    use std::cell::Cell;
    use std::time::Duration;

    #[tokio::test]
    async fn a_thread_that_is_held_up_is_late() {
        let (lag, most) = (Lag::default(), Cell::new(Nanos(0)));
        let note = |late: Nanos| most.set(most.get().max(late));
        let hold_up = async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            std::thread::sleep(Duration::from_millis(60));
            tokio::time::sleep(Duration::from_millis(1)).await;
        };
        tokio::select! {
            () = lag.watch(note) => {}
            () = hold_up => {}
        }
        assert!(most.get() >= Nanos::from_millis(40) && lag.last() == most.get(), "{:?}", most.get());
    }
}
