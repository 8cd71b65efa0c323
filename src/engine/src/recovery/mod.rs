//! Recovery: the projection's rows, then the records of the log that it has not got, put one after
//! the other. Nothing is decided again.

mod lane;
mod lanes;

use crate::claims::Directory;
use crate::records;
use crate::routing::Routing;
use crate::shard::Books;
use crate::{EngineError, Loaded, Options, Projection};
use lanes::Lanes;
use ledger::{Millis, check_balances};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use wal::{Disk, Frame, Log, Lsn, Opened, Preparer, VisitError};

/// How far recovery is, for who watches.
#[derive(Debug, Default)]
pub struct Progress {
    /// Rows of the projection loaded.
    pub loaded_rows: AtomicU64,
    /// Bytes of log read.
    pub read_bytes: AtomicU64,
    /// Bytes of log there are to read; 0 until the rows are loaded.
    pub total_bytes: AtomicU64,
}

/// The state that projection and log lead to.
pub(crate) struct Recovered {
    pub(crate) routing: Routing,
    pub(crate) books: Vec<Books>,
    pub(crate) directory: Arc<Directory>,
    pub(crate) last_lsn: Lsn,
    /// The latest time that any event or frame carries.
    pub(crate) last_time: Millis,
}

/// Loads what the projection has, then opens the log and replays the rest.
pub(crate) fn recover<D: Disk>(
    disk: D,
    projection: &dyn Projection,
    options: &Options,
    progress: &Progress,
) -> Result<(Log<D>, Preparer<D>, Opened, Recovered), EngineError> {
    let routing = Routing::new(options.shards);
    let mut lanes = Lanes::new(routing, options);
    let loaded = load(projection, options, &mut lanes, progress)?;
    let mut report = |at: wal::Progress| {
        progress.read_bytes.store(at.read_bytes, Ordering::Relaxed);
        progress.total_bytes.store(at.total_bytes, Ordering::Relaxed);
    };
    let mut visit = |frame: &Frame<'_>| replay(frame, loaded.lsn, &mut lanes);
    let (log, preparer, opened) = Log::open(disk, options.log, loaded.lsn, &mut visit, &mut report)?;
    lanes.advance(Millis(opened.last_time_ms));
    let last_time = lanes.time();
    let (finished, directory) = lanes.finish();
    let mut books = Vec::with_capacity(finished.len());
    let mut away = Vec::new();
    for mut lane in finished {
        lane.books.last_lsn = lane.books.last_lsn.max(loaded.lsn);
        books.push(lane.books);
        away.append(&mut lane.away);
    }
    for (shard, deadline, id) in away {
        books[shard as usize].away.insert((deadline, id));
    }
    check_balances(books.iter().map(|books| &books.ledger))?;
    Ok((log, preparer, opened, Recovered { routing, books, directory, last_lsn: opened.last_lsn, last_time }))
}

/// Loads the rows, and checks that they are those that were put.
fn load(
    projection: &dyn Projection,
    options: &Options,
    lanes: &mut Lanes,
    progress: &Progress,
) -> Result<Loaded, EngineError> {
    let mut rows = 0;
    let loaded = projection.load(options.idempotency_window, &mut |event| {
        rows += 1;
        progress.loaded_rows.store(rows, Ordering::Relaxed);
        // What each row came from is not kept: all of them are covered by the last record.
        lanes.push(Lsn::default(), event);
    })?;
    lanes.advance(loaded.time);
    let digest = lanes.digest();
    if digest != loaded.digest {
        return Err(EngineError::Digest { lsn: loaded.lsn, expected: loaded.digest, found: digest });
    }
    Ok(loaded)
}

fn replay(frame: &Frame<'_>, covered: Lsn, lanes: &mut Lanes) -> Result<(), VisitError> {
    lanes.advance(Millis(frame.time_ms));
    let mut lsn = frame.first_lsn;
    for record in wal::records(frame.payload) {
        let record = record?;
        if lsn > covered {
            let event = records::decode(record).map_err(|error| VisitError(format!("record {lsn}: {error}")))?;
            lanes.push(lsn, event);
        }
        lsn = lsn.next();
    }
    Ok(())
}
