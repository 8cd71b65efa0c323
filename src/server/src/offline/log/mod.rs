//! `tidegate log`: what was decided, as NDJSON, a record a line. How a record looks is `record`'s.

mod limit;
mod record;

use std::io::{self, ErrorKind, Write};
use std::path::Path;

use engine::records;
use ledger::Event;
use wal::{Frame, Lsn, VisitError, WalError};

use super::{Data, unusable};
use crate::error::ServerError;
use record::Record;

/// Writes up to `limit` records from LSN `from` on. A reader that has seen enough is no error.
pub fn log(data_dir: &Path, from: u64, limit: u64, out: &mut impl Write) -> Result<(), ServerError> {
    let data = Data::open(data_dir)?;
    let mut printer = Printer { from, left: limit, out, stopped: None };
    let mut visit = |frame: &Frame<'_>| printer.print_frame(frame);
    let after = Lsn(from.saturating_sub(1));
    let read = wal::read(&data.disk, &wal::Options::default(), after, &mut visit, &mut |_progress| {});
    match printer.stopped {
        // Beyond its end the log has nothing to tell.
        None if matches!(read, Err(WalError::EndsEarly { .. })) => Ok(()),
        None => Ok(read.map(|_opened| ())?),
        Some(Stop::Enough) => Ok(()),
        Some(Stop::Output(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        Some(Stop::Output(error)) => Err(ServerError::Output(error)),
    }
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
            let event = records::decode(record?).map_err(|error| unusable(lsn, &error))?;
            if lsn.0 >= self.from {
                self.print(lsn, &event)?;
            }
            lsn = lsn.next();
        }
        Ok(())
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
