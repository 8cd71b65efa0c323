//! `tidegate verify`: reads all of log and store, and holds them against each other: every frame and
//! every row, that the books balance, and that the two tell the same.

mod reading;

use std::path::Path;

use engine::{EngineError, Loaded, Projection};
use ledger::{Ledger, Millis, check_balances};
use serde::Serialize;
use store::Store;
use wal::{Frame, Lsn, WalError};

use super::progress::Progress;
use super::{Data, is_damage};
use crate::backup::Manifest;
use crate::error::ServerError;
use reading::Reading;

/// What was found.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Everything adds up.
    pub sound: bool,
    /// Frames with records.
    pub frames: u64,
    /// Records of the log.
    pub records: u64,
    /// The log's first record's LSN; where it has none, the first that it will have.
    pub oldest_lsn: u64,
    /// The last record's LSN.
    pub last_lsn: u64,
    /// SKUs.
    pub skus: u64,
    /// Reservations held or confirmed.
    pub live_reservations: u64,
    /// The books' digest, in hexadecimal.
    pub digest: String,
    /// Bytes at the end that were never acknowledged.
    pub torn_bytes: u64,
    /// The log reaches back to record 1, and what it leads to is what the store has.
    pub replayed_from_start: bool,
    /// Records that are in the store as well, and the same.
    pub compared_records: u64,
    /// The store, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<StoreReport>,
    /// What does not add up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// What the store was found to hold.
#[derive(Debug, Serialize)]
pub struct StoreReport {
    /// The last record that its rows cover.
    pub lsn: u64,
    /// The digest of its live rows, in hexadecimal.
    pub digest: String,
    /// Rows of SKUs and sales.
    pub buckets: u64,
    /// Reservations held or confirmed.
    pub live: u64,
    /// Reservations that have ended.
    pub ended: u64,
    /// Records.
    pub records: u64,
    /// Balances of earlier times.
    pub history: u64,
}

/// Checks the data of a stopped server, or a backup. Damage is reported; an error means that nothing
/// can be said.
pub fn verify(data_dir: &Path) -> Result<Report, ServerError> {
    let mut report = Report::default();
    let examined = Data::open(data_dir).and_then(|data| examine(&data, &mut report).map(|()| data));
    let problem = match examined.and_then(|data| check_manifest(data_dir, &data, &report)) {
        Ok(()) => None,
        Err(error) if is_damage(&error) => Some(error.to_string()),
        Err(error) => return Err(error),
    };
    Ok(Report { sound: problem.is_none(), problem, ..report })
}

fn examine(data: &Data, report: &mut Report) -> Result<(), ServerError> {
    let mut books = Ledger::default();
    let covered = match &data.store {
        Some(store) => examine_store(store, &mut books, report)?,
        None => Loaded::default(),
    };
    let oldest = wal::identity(&data.disk)?.map_or(Ok(Lsn(1)), |_| wal::oldest(&data.disk, &data.log))?;
    report.oldest_lsn = oldest.0;
    if oldest > covered.lsn.next() {
        return Err(WalError::BeginsLate { oldest, wanted: covered.lsn.next() }.into());
    }
    let mut reading = Reading::new(data.store.as_ref(), covered, oldest, books, report);
    let progress = Progress::of_bytes("reading the log", 0);
    let mut tell = |at: wal::Progress| progress.is_at(at.read_bytes, at.total_bytes);
    let mut visit = |frame: &Frame<'_>| reading.read(frame);
    let opened = wal::read(&data.disk, &data.log, Lsn(oldest.0 - 1), &mut visit, &mut tell)?;
    let books = reading.finish();
    report.torn_bytes = opened.torn_bytes;
    if opened.last_lsn < covered.lsn {
        return Err(WalError::EndsEarly { last: opened.last_lsn, kept: covered.lsn }.into());
    }
    let totals = books.totals();
    report.skus = totals.skus;
    report.live_reservations = totals.live_reservations;
    report.digest = format!("{:016x}", books.digest());
    check_balances(std::iter::once(&books)).map_err(EngineError::from)?;
    Ok(())
}

/// Reads every row, and puts the live ones.
fn examine_store(store: &Store, books: &mut Ledger, report: &mut Report) -> Result<Loaded, ServerError> {
    let checked = store.check()?;
    report.store = Some(StoreReport {
        lsn: checked.marks.lsn.0,
        digest: format!("{:016x}", checked.marks.digest),
        buckets: checked.buckets,
        live: checked.live,
        ended: checked.ended,
        records: checked.records,
        history: checked.history,
    });
    let loaded = store.load(Millis(0), &mut |event| books.apply(&event)).map_err(EngineError::from)?;
    let found = books.digest();
    if found != loaded.digest {
        return Err(EngineError::Digest { lsn: loaded.lsn, expected: loaded.digest, found }.into());
    }
    Ok(loaded)
}

/// A backup must be what it says.
fn check_manifest(data_dir: &Path, data: &Data, report: &Report) -> Result<(), ServerError> {
    if !Manifest::is_in(data_dir) {
        return Ok(());
    }
    let manifest = Manifest::read(data_dir)?;
    let found = report.store.as_ref().map(|store| (store.lsn, store.digest.as_str(), report.last_lsn, data.log.epoch));
    if found == Some((manifest.lsn_store, &manifest.digest, manifest.lsn, manifest.epoch)) {
        return Ok(());
    }
    let reason = "its store or its log is not the one that its manifest was written for".to_owned();
    Err(ServerError::BadBackup { path: data_dir.to_owned(), reason })
}
