//! `tidegate verify`: reads the whole log, puts every record, and checks that the books balance.

use std::path::Path;

use engine::records;
use ledger::{Ledger, Millis, check_balances};
use serde::Serialize;
use wal::{Frame, VisitError};

use super::{Data, is_damage, unusable};
use crate::error::ServerError;

/// What the log was found to hold.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Everything adds up.
    pub sound: bool,
    /// Frames with records.
    pub frames: u64,
    /// Records.
    pub records: u64,
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
    /// What does not add up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// Checks the log of a stopped server. Damage is reported; an error means that nothing can be said.
pub fn verify(data_dir: &Path) -> Result<Report, ServerError> {
    let data = Data::open(data_dir)?;
    let mut report = Report::default();
    let mut ledger = Ledger::default();
    let mut visit = |frame: &Frame<'_>| apply(frame, &mut ledger, &mut report);
    let read = wal::read(&data.disk, &wal::Options::default(), wal::Lsn::default(), &mut visit, &mut |_progress| {});
    let problem = match read {
        Ok(opened) => {
            report.torn_bytes = opened.torn_bytes;
            check_balances(std::iter::once(&ledger)).err().map(|imbalance| imbalance.to_string())
        }
        Err(error) if is_damage(&error) => Some(error.to_string()),
        Err(error) => return Err(error.into()),
    };
    let totals = ledger.totals();
    Ok(Report {
        sound: problem.is_none(),
        skus: totals.skus,
        live_reservations: totals.live_reservations,
        digest: format!("{:016x}", ledger.digest()),
        problem,
        ..report
    })
}

fn apply(frame: &Frame<'_>, ledger: &mut Ledger, report: &mut Report) -> Result<(), VisitError> {
    report.frames += 1;
    let mut lsn = frame.first_lsn;
    for record in wal::records(frame.payload) {
        let event = records::decode(record?).map_err(|error| unusable(lsn, &error))?;
        ledger.apply(&event);
        report.records += 1;
        report.last_lsn = lsn.0;
        lsn = lsn.next();
    }
    // What has ended counts neither for balances nor for the digest: a long log must fit in memory.
    while ledger.forget_ended(Millis::default(), 0, Millis(u64::MAX)).is_some() {}
    while ledger.forget_adjusted(Millis::default(), 0) {}
    Ok(())
}
