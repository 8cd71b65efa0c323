//! Recovery: the log's records, put one after the other. Nothing is decided again.

use crate::claims::Directory;
use crate::records;
use crate::routing::Routing;
use crate::shard::Books;
use crate::{EngineError, Options};
use ledger::{Event, Millis, check_balances};
use std::sync::atomic::{AtomicU64, Ordering};
use wal::{Disk, Frame, Log, Lsn, Opened, Preparer, VisitError};

/// How far recovery is, for who watches.
#[derive(Debug, Default)]
pub struct Progress {
    /// Bytes of log read.
    pub read_bytes: AtomicU64,
    /// Bytes of log there are.
    pub total_bytes: AtomicU64,
}

/// The state that a log leads to.
pub(crate) struct Recovered {
    pub(crate) routing: Routing,
    pub(crate) books: Vec<Books>,
    pub(crate) directory: Directory,
    pub(crate) last_lsn: Lsn,
    /// The latest time that any event or frame carries.
    pub(crate) last_time: Millis,
}

/// Opens the log and replays all of it.
pub(crate) fn recover<D: Disk>(
    disk: D,
    options: &Options,
    progress: &Progress,
) -> Result<(Log<D>, Preparer<D>, Opened, Recovered), EngineError> {
    let routing = Routing::new(options.shards);
    let books = (0..routing.shards()).map(|_| Books::default()).collect();
    let mut recovered = Recovered {
        routing,
        books,
        directory: Directory::default(),
        last_lsn: Lsn::default(),
        last_time: Millis::default(),
    };
    let mut report = |at: wal::Progress| {
        progress.read_bytes.store(at.read_bytes, Ordering::Relaxed);
        progress.total_bytes.store(at.total_bytes, Ordering::Relaxed);
    };
    let mut visit = |frame: &Frame<'_>| recovered.replay(frame, options);
    let (log, preparer, opened) = Log::open(disk, options.log, Lsn(0), &mut visit, &mut report)?;
    recovered.last_lsn = opened.last_lsn;
    recovered.last_time = recovered.last_time.max(Millis(opened.last_time_ms));
    check_balances(recovered.books.iter().map(|books| &books.ledger))?;
    Ok((log, preparer, opened, recovered))
}

impl Recovered {
    fn replay(&mut self, frame: &Frame<'_>, options: &Options) -> Result<(), VisitError> {
        self.last_time = self.last_time.max(Millis(frame.time_ms));
        self.forget(Millis(frame.time_ms), options);
        let mut lsn = frame.first_lsn;
        for record in wal::records(frame.payload) {
            let event = records::decode(record?).map_err(|error| VisitError(format!("record {lsn}: {error}")))?;
            self.last_time = self.last_time.max(event.at);
            self.put(&event, lsn);
            lsn = lsn.next();
        }
        Ok(())
    }

    fn put(&mut self, event: &Event, lsn: Lsn) {
        for after in &event.stock {
            let books = &mut self.books[self.routing.of_sku(&after.sku) as usize];
            books.ledger.put_stock(&after.sku, &after.row);
            books.last_lsn = lsn;
        }
        for after in &event.limits {
            let books = &mut self.books[self.routing.of_limit(&after.key) as usize];
            books.ledger.put_limit(after);
            books.last_lsn = lsn;
        }
        if let Some(change) = &event.sku {
            let books = &mut self.books[self.routing.of_sku(&change.0) as usize];
            books.ledger.put_sku_change(&change.0, &change.1);
            books.last_lsn = lsn;
        }
        if let Some(change) = &event.sale {
            let books = &mut self.books[self.routing.of_sale(change.sale()) as usize];
            books.ledger.put_sale(change);
            books.last_lsn = lsn;
        }
        if let Some(adjustment) = &event.adjustment {
            let books = &mut self.books[self.routing.of_sku(&adjustment.sku) as usize];
            books.ledger.put_adjustment(adjustment, event.at);
        }
        let Some(reservation) = &event.reservation else { return };
        let place = self.routing.of_reservation(reservation);
        if let Some(before) = self.directory.find(&reservation.id).filter(|before| before.home != place.home) {
            // The name was forgotten and used again; these books may remember longer than their writer did.
            self.books[before.home as usize].ledger.forget_reservation(&reservation.id);
        }
        let known = ledger::Books::reservation(&self.books[place.home as usize].ledger, &reservation.id);
        let known_deadline = known.map(|known| known.expires);
        for shard in place.shards.without(place.home).iter() {
            self.books[shard as usize].note_away(reservation, known_deadline);
        }
        let books = &mut self.books[place.home as usize];
        books.ledger.put_reservation(reservation);
        books.last_lsn = lsn;
        self.directory.restore(&reservation.id, place);
    }

    /// As the running engine would have forgotten by then, so that a long log fits the memory.
    fn forget(&mut self, now: Millis, options: &Options) {
        let horizon = Millis(now.0.saturating_sub(options.idempotency_window.0));
        let most = options.keys_per_shard(self.routing);
        for books in &mut self.books {
            while let Some(id) = books.ledger.forget_ended(horizon, most) {
                self.directory.forget(&id);
            }
            while books.ledger.forget_adjusted(horizon, most) {}
        }
    }
}
