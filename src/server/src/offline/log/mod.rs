//! `tidegate log`: what was decided, as NDJSON, a record a line. How a record looks is `record`'s.

mod limit;
mod record;

use std::io::{self, ErrorKind, Write};
use std::ops::ControlFlow;
use std::path::Path;

use engine::records;
use ledger::Event;
use store::{Store, StoreError};
use wal::{Frame, Lsn, VisitError, WalError};

use super::{Data, unusable};
use crate::error::ServerError;
use record::Record;

/// Writes up to `limit` records from LSN `from` on, or from the oldest that is kept: those that the log
/// has let go come from the store. A reader that has seen enough is no error.
pub fn log(data_dir: &Path, from: u64, limit: u64, out: &mut impl Write) -> Result<(), ServerError> {
    let data = Data::open(data_dir)?;
    let mut printer = Printer { from, left: limit, out, stopped: None };
    let read = print_all(&data, &mut printer);
    match printer.stopped {
        None => read,
        Some(Stop::Enough) => Ok(()),
        Some(Stop::Output(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        Some(Stop::Output(error)) => Err(ServerError::Output(error)),
    }
}

fn print_all<W: Write>(data: &Data, printer: &mut Printer<'_, W>) -> Result<(), ServerError> {
    let oldest = wal::identity(&data.disk)?.map_or(Ok(Lsn(1)), |_| wal::oldest(&data.disk, &data.log))?;
    if let Some(store) = &data.store
        && printer.from < oldest.0
    {
        print_from_store(store, oldest, printer)?;
    }
    if printer.stopped.is_some() {
        return Ok(());
    }
    let after = Lsn(printer.from.max(oldest.0) - 1);
    let mut visit = |frame: &Frame<'_>| printer.print_frame(frame);
    match wal::read(&data.disk, &data.log, after, &mut visit, &mut |_progress| {}) {
        // Beyond its end the log has nothing to tell.
        Ok(_) | Err(WalError::EndsEarly { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Prints the records before `oldest`, as far back as the store has them.
fn print_from_store<W: Write>(store: &Store, oldest: Lsn, printer: &mut Printer<'_, W>) -> Result<(), ServerError> {
    let first = printer.from.max(store.oldest_record().0);
    let mut failed = None;
    let mut take = |lsn: Lsn, record: &[u8]| {
        if lsn >= oldest {
            return ControlFlow::Break(());
        }
        match printer.print_record(lsn, record) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        }
    };
    store.records(Lsn(first.saturating_sub(1)), &mut take)?;
    let unusable = |VisitError(reason)| StoreError::Damaged { attempted: "read its records", reason };
    failed.map_or(Ok(()), |error| Err(unusable(error).into()))
}

enum Stop {
    Enough,
    Output(io::Error),
}

struct Printer<'o, W> {
    from: u64,
    left: u64,
    out: &'o mut W,
    /// Set before a visit fails for a reason that is not the log's.
    stopped: Option<Stop>,
}

impl<W: Write> Printer<'_, W> {
    fn print_frame(&mut self, frame: &Frame<'_>) -> Result<(), VisitError> {
        let mut lsn = frame.first_lsn;
        for record in wal::records(frame.payload) {
            let record = record?;
            if lsn.0 >= self.from {
                self.print_record(lsn, record)?;
            }
            lsn = lsn.next();
        }
        Ok(())
    }

    fn print_record(&mut self, lsn: Lsn, record: &[u8]) -> Result<(), VisitError> {
        let event = records::decode(record).map_err(|error| unusable(lsn, &error))?;
        self.print(lsn, &event)
    }

    fn print(&mut self, lsn: Lsn, event: &Event) -> Result<(), VisitError> {
        if self.left == 0 {
            return Err(self.stop(Stop::Enough));
        }
        self.left -= 1;
        let written = serde_json::to_writer(&mut *self.out, &Record::new(lsn, event)).map_err(io::Error::from);
        written.and_then(|()| self.out.write_all(b"\n")).map_err(|error| self.stop(Stop::Output(error)))
    }

    fn stop(&mut self, why: Stop) -> VisitError {
        self.stopped = Some(why);
        VisitError("not read further".to_owned())
    }
}
