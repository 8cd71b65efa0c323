//! The log, read frame by frame beside the store: put into the books, and compared.

use std::ops::ControlFlow;

use engine::{Loaded, records};
use ledger::{Ledger, Millis};
use store::Store;
use wal::{Frame, Lsn, VisitError};

use super::Report;
use crate::offline::unusable;

/// How far the log was read, and what it has led to.
pub struct Reading<'d, 'r> {
    /// With the first record that it keeps.
    store: Option<(&'d Store, Lsn)>,
    covered: Loaded,
    /// The store's rows, and the log's records after them.
    books: Ledger,
    /// The log's records from the first one up to those that the store covers.
    from_start: Option<Ledger>,
    report: &'r mut Report,
}

impl<'d, 'r> Reading<'d, 'r> {
    /// Begins with the store's books, which cover so much, at the log's oldest record.
    pub fn new(store: Option<&'d Store>, covered: Loaded, oldest: Lsn, books: Ledger, report: &'r mut Report) -> Self {
        let reaches_back = oldest == Lsn(1) && covered.lsn >= oldest;
        report.replayed_from_start = oldest == Lsn(1);
        report.last_lsn = oldest.0 - 1;
        let store = store.map(|store| (store, store.oldest_record()));
        Self { store, covered, books, from_start: reaches_back.then(Ledger::default), report }
    }

    /// Takes the next frame.
    pub fn read(&mut self, frame: &Frame<'_>) -> Result<(), VisitError> {
        self.report.frames += 1;
        let mut lsn = frame.first_lsn;
        for record in wal::records(frame.payload) {
            self.put(lsn, record?)?;
            self.report.records += 1;
            self.report.last_lsn = lsn.0;
            lsn = lsn.next();
        }
        self.compare(frame)?;
        self.from_start.as_mut().map(forget_ended);
        forget_ended(&mut self.books);
        Ok(())
    }

    /// The books.
    pub fn finish(self) -> Ledger {
        self.books
    }

    fn put(&mut self, lsn: Lsn, record: &[u8]) -> Result<(), VisitError> {
        let event = records::decode(record).map_err(|error| unusable(lsn, &error))?;
        if lsn > self.covered.lsn {
            self.books.apply(&event);
        } else if let Some(ledger) = &mut self.from_start {
            ledger.apply(&event);
            if lsn == self.covered.lsn {
                check_digest(ledger, self.covered)?;
                self.from_start = None;
            }
        }
        Ok(())
    }

    /// What the store has of the frame's records must be the same bytes.
    fn compare(&mut self, frame: &Frame<'_>) -> Result<(), VisitError> {
        let Some((store, kept_from)) = self.store else { return Ok(()) };
        let last = frame.last_lsn().min(self.covered.lsn);
        let first = frame.first_lsn.max(kept_from);
        if first > last {
            return Ok(());
        }
        let mut theirs = wal::records(frame.payload).skip((first.0 - frame.first_lsn.0) as usize);
        let mut differs = None;
        let mut compared = 0;
        let mut take = |lsn: Lsn, ours: &[u8]| {
            compared += 1;
            if !matches!(theirs.next(), Some(Ok(record)) if record == ours) {
                differs = Some(lsn);
            }
            if lsn < last && differs.is_none() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        store.records(Lsn(first.0 - 1), &mut take).map_err(|error| VisitError(error.to_string()))?;
        if let Some(lsn) = differs {
            return Err(VisitError(format!("record {lsn} is another one in the store")));
        }
        self.report.compared_records += compared;
        Ok(())
    }
}

fn check_digest(ledger: &Ledger, covered: Loaded) -> Result<(), VisitError> {
    let Loaded { lsn, digest, .. } = covered;
    let found = ledger.digest();
    if found == digest {
        return Ok(());
    }
    let reason = format!("up to record {lsn} the log comes to the digest {found:016x}, and the store to {digest:016x}");
    Err(VisitError(reason))
}

/// What has ended counts neither for balances nor for the digest: a long log must fit in memory.
fn forget_ended(ledger: &mut Ledger) {
    while ledger.forget_ended(Millis::default(), 0, Millis(u64::MAX)).is_some() {}
    while ledger.forget_adjusted(Millis::default(), 0) {}
}
