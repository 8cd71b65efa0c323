//! Tells in the program's messages how a store that is behind the log comes up with it: after the
//! store's directory was deleted, with the first start of a build that has one, or after a crash.

use std::sync::Arc;
use std::time::Duration;

use engine::{Engine, Lsn};

/// How often it is told.
const TELL_EVERY: Duration = Duration::from_secs(5);

/// How often it is looked whether there is nothing left to tell.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Tells how far the store is with the log's records up to `last`, having begun with those up to
/// `store`. Ends once it has them.
pub async fn tell(engine: Arc<Engine>, store: Lsn, last: Lsn) {
    if store >= last {
        return;
    }
    if store == Lsn(0) {
        tracing::warn!(records = last.0, "there is no store: it is built from the whole log while reservations go on");
    }
    let mut told = tokio::time::Instant::now();
    while engine.applied_mark() < last {
        tokio::time::sleep(LOOK_EVERY).await;
        if told.elapsed() >= TELL_EVERY {
            told = tokio::time::Instant::now();
            tracing::info!(applied = engine.applied_mark().0, of = last.0, "the store follows the log");
        }
    }
    tracing::info!(last_lsn = last.0, "the store has all that the log had at the start");
}
