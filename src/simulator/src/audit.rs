//! The auditor: follows the durable log as any consumer does, puts its rows into books of its own that
//! no crash touches, and holds recovered books against them. It must not know who asked for what.

use crate::Broken;
use engine::records;
use ledger::{Event, EventKind, Ledger, Millis, Reservation, StockAfter};
use std::ops::ControlFlow;
use wal::{Disk, FollowError, Follower, Lsn, VisitError};

#[derive(Debug)]
pub(crate) struct Auditor {
    books: Ledger,
    follower: Follower,
    /// The latest time that a record carried.
    time: Millis,
    /// Records that say what cannot be.
    complaint: Option<String>,
}

impl Auditor {
    pub fn new(log: &wal::Options) -> Self {
        let follower = Follower::after(Lsn(0), log);
        Self { books: Ledger::default(), follower, time: Millis::default(), complaint: None }
    }

    /// The last record that was seen.
    pub fn seen(&self) -> Lsn {
        self.follower.seen()
    }

    pub fn time(&self) -> Millis {
        self.time
    }

    /// Reads on up to the durable mark.
    pub fn follow<D: Disk>(&mut self, disk: &D, durable: Lsn) -> Result<(), FollowError> {
        let (books, time, complaint) = (&mut self.books, &mut self.time, &mut self.complaint);
        let mut next = self.follower.seen().next();
        self.follower.read(disk, durable, &mut |lsn, bytes| {
            let event = records::decode(bytes).map_err(|error| VisitError(error.to_string()))?;
            if lsn != next || event.at < *time {
                let words = || format!("record {lsn} at {} after {next} at {}", event.at.0, time.0);
                complaint.get_or_insert_with(words);
            }
            (next, *time) = (lsn.next(), event.at);
            books.apply(&event);
            if let Some(short) = taken(&event).find(|after| after.row.available() < 0) {
                complaint.get_or_insert_with(|| format!("record {lsn} takes what is not there: {short:?}"));
            }
            Ok(ControlFlow::Continue(()))
        })
    }

    /// What the records seen so far say that cannot be.
    pub fn judge(&self) -> Result<(), Broken> {
        self.complaint.as_ref().map_or(Ok(()), |complaint| Err(Broken::Order(complaint.clone())))
    }

    /// Recovered books must be those of the records seen.
    pub fn compare(&self, digest: u64) -> Result<(), Broken> {
        let own = self.books.digest();
        if own == digest {
            return Ok(());
        }
        let seen = self.seen();
        Err(Broken::Recovered(format!("digest {digest:016x}, and records up to {seen} make {own:016x}")))
    }

    /// So that a long world fits the memory.
    pub fn forget(&mut self, horizon: Millis) {
        while self.books.forget_ended(horizon, usize::MAX, horizon).is_some() {}
        while self.books.forget_adjusted(horizon, usize::MAX) {}
    }
}

/// The buckets from which an event takes units for a reservation that had none.
fn taken(event: &Event) -> impl Iterator<Item = &StockAfter> {
    let takes =
        |row: &&Reservation| event.kind == EventKind::Held || (event.kind == EventKind::Confirmed && row.reacquired);
    let lines = event
        .reservation
        .as_deref()
        .into_iter()
        .filter(takes)
        .flat_map(|row| &row.lines)
        .filter(|line| line.quantity > 0);
    lines.filter_map(|line| {
        let is_of = |after: &&StockAfter| after.sku == line.sku && after.row.location == line.location;
        event.stock.iter().find(is_of)
    })
}
