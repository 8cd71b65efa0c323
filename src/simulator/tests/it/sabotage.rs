//! What breaks a promise on purpose must be found: a judge who never finds anything judges nothing.

use engine::{Loaded, Lsn, MemoryProjection, Projection, ProjectionError, Recorded};
use ledger::{Event, Millis};
use simulator::{Plan, Rig, Sound, play};
use std::io;
use std::sync::Arc;
use wal::faulty::{FaultyDisk, FaultyFile};
use wal::{Disk, DiskFile};

/// Within so many seeds every sabotage must be found.
const SEEDS: u64 = 20;

/// The first complaint.
fn found(rig: &impl Rig) -> String {
    let plans = (0..SEEDS).map(|seed| Plan { seed, operations: 3_000, verbose: false });
    let failures = plans.filter_map(|plan| play(rig, plan).err());
    failures.map(|failure| failure.why).next().expect("the sabotage is found")
}

/// A disk that says of every sync that it was done, and does none.
struct NeverSynced(FaultyDisk);

struct NeverSyncedFile(FaultyFile);

impl Disk for NeverSynced {
    type File = NeverSyncedFile;

    fn list(&self) -> io::Result<Vec<String>> {
        self.0.list()
    }

    fn create(&self, name: &str) -> io::Result<NeverSyncedFile> {
        self.0.create(name).map(NeverSyncedFile)
    }

    fn open(&self, name: &str) -> io::Result<NeverSyncedFile> {
        self.0.open(name).map(NeverSyncedFile)
    }

    fn open_to_read(&self, name: &str) -> io::Result<NeverSyncedFile> {
        self.0.open_to_read(name).map(NeverSyncedFile)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.0.rename(from, to)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.0.remove(name)
    }

    fn sync_dir(&self) -> io::Result<()> {
        self.0.sync_dir()
    }
}

impl DiskFile for NeverSyncedFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_at(buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.0.write_at(bytes, offset)
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }
}

struct LyingDisk;

impl Rig for LyingDisk {
    type Disk = NeverSynced;

    fn disk(&self, disk: &FaultyDisk) -> NeverSynced {
        NeverSynced(disk.clone())
    }

    fn projection(&self, projection: &Arc<MemoryProjection>) -> Arc<dyn Projection> {
        Sound.projection(projection)
    }
}

/// What a projection does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrong {
    /// It says that all it has is durable, and nothing is: the log is trimmed above what is.
    FlushesNothing,
    /// It says that it has one record more than its rows cover.
    MarksTooHigh,
    /// It loses a row, and the digest with it.
    LosesARow,
    /// It drops the last record of every batch.
    SkipsRecords,
}

struct WrongProjection(Arc<MemoryProjection>, Wrong);

impl Projection for WrongProjection {
    fn apply(&self, records: &[Recorded]) -> Result<(), ProjectionError> {
        let mut records = records.to_vec();
        if self.1 == Wrong::SkipsRecords
            && let Some(last) = records.last_mut()
        {
            last.event = Event::new(last.event.kind, last.event.at);
        }
        self.0.apply(&records)
    }

    fn flush(&self) -> Result<Lsn, ProjectionError> {
        if self.1 == Wrong::FlushesNothing { Ok(self.0.applied()) } else { self.0.flush() }
    }

    fn applied(&self) -> Lsn {
        self.0.applied()
    }

    fn flushed(&self) -> Lsn {
        self.0.flushed()
    }

    fn load(&self, window: Millis, take: &mut dyn FnMut(Event)) -> Result<Loaded, ProjectionError> {
        let mut kept = ledger::Ledger::default();
        let mut is_lost = self.1 != Wrong::LosesARow;
        let mut loaded = self.0.load(window, &mut |event| {
            if !is_lost && event.reservation.as_ref().is_some_and(|row| row.state.is_live()) {
                is_lost = true;
                return;
            }
            kept.apply(&event);
            take(event);
        })?;
        loaded.digest = kept.digest();
        if self.1 == Wrong::MarksTooHigh && loaded.lsn > Lsn(0) {
            loaded.lsn = loaded.lsn.next();
        }
        Ok(loaded)
    }

    fn forget(&self, horizon: Millis) -> Result<bool, ProjectionError> {
        self.0.forget(horizon)
    }
}

struct LyingProjection(Wrong);

impl Rig for LyingProjection {
    type Disk = FaultyDisk;

    fn disk(&self, disk: &FaultyDisk) -> FaultyDisk {
        disk.clone()
    }

    fn projection(&self, projection: &Arc<MemoryProjection>) -> Arc<dyn Projection> {
        Arc::new(WrongProjection(Arc::clone(projection), self.0))
    }
}

#[test]
fn a_disk_that_never_syncs_is_found() {
    let why = found(&LyingDisk);
    assert!(why.starts_with("forgotten") || why.starts_with("stopped"), "{why}");
}

#[test]
fn a_log_that_is_trimmed_above_what_is_durable_elsewhere_is_found() {
    let why = found(&LyingProjection(Wrong::FlushesNothing));
    assert!(why.contains("the log begins with record"), "{why}");
}

#[test]
fn a_projection_whose_mark_or_rows_are_not_what_it_says_is_found() {
    for wrong in [Wrong::MarksTooHigh, Wrong::LosesARow, Wrong::SkipsRecords] {
        let why = found(&LyingProjection(wrong));
        let kinds = ["recovered wrongly", "forgotten", "stopped without need", "changed"];
        assert!(kinds.iter().any(|kind| why.starts_with(kind)), "{wrong:?}: {why}");
    }
}
