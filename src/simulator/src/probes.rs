//! Bits that flip while nothing runs. On a copy of the disk, so that the world goes on from the sound
//! one: the log must be recovered whole, or refused by file and offset.

use crate::Broken;
use crate::faults;
use crate::report::Count;
use crate::rig::Rig;
use crate::world::World;
use engine::Projection;
use std::hash::{DefaultHasher, Hash, Hasher};
use wal::faulty::FaultyDisk;
use wal::{Disk, Frame, Log, Lsn, VisitError, WalError};

/// What a reading of the log came to.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Reading {
    last: Lsn,
    /// Of every record's number and bytes.
    hash: u64,
    /// The frame that the last record is in: its segment, its offset in bytes, and its first record.
    last_frame: (u64, u64, Lsn),
    /// The same of everything before the last frame.
    hash_before: u64,
}

impl Reading {
    fn visit(&mut self, frame: &Frame<'_>) -> Result<(), VisitError> {
        self.hash_before = self.hash;
        let mut hasher = DefaultHasher::new();
        (self.hash, frame.first_lsn.0).hash(&mut hasher);
        for record in wal::records(frame.payload) {
            record?.hash(&mut hasher);
        }
        self.hash = hasher.finish();
        self.last = frame.last_lsn();
        self.last_frame = (frame.segment, frame.offset, frame.first_lsn);
        Ok(())
    }
}

impl<R: Rig> World<'_, R> {
    /// Flips a bit in a copy of the disk, and opens the log there.
    pub fn probe_flip(&mut self) -> Result<(), Broken> {
        if self.is_tainted || self.durable == Lsn(0) || self.random.u8(..6) > 0 {
            return Ok(());
        }
        let copy = faults::copy(&self.disk);
        let mut segments = copy.list().unwrap_or_default();
        segments.retain(|name| name != "next.tmp");
        let name = &segments[self.random.usize(..segments.len())];
        let after = self.projection.flushed();
        let sound = open(&faults::copy(&copy), &self.settings.options.log, after);
        let sound = sound.map_err(|error| Broken::Stopped(format!("it does not open: {error}")))?;
        let Some((at, _)) = copy.flip_any(name, self.random.u64(..)) else { return Ok(()) };
        self.report.one(Count::FlipProbes);
        self.report.add_harms(copy.struck());
        match open(&copy, &self.settings.options.log, after) {
            Ok(found) if found == sound => self.report.one(Count::FlipsHarmless),
            Ok(found) if is_last_group_cut(&found, &sound, name, at) => self.report.one(Count::FlipsInLastGroup),
            Err(WalError::Damaged { file, offset, .. }) if file == *name && offset <= at as u64 => {
                self.report.one(Count::FlipsRefused);
            }
            // The cut group was the projection's already: that it is missing is known for sure.
            Err(WalError::EndsEarly { .. }) => self.report.one(Count::FlipsRefused),
            other => {
                return Err(Broken::Changed(format!(
                    "a bit flipped in byte {at} of {name}: {other:?} instead of {sound:?}"
                )));
            }
        }
        Ok(())
    }
}

/// Only the last group is gone, and the flip was in it, and no seal stood after it: nothing tells it
/// from one that was never acknowledged.
fn is_last_group_cut(found: &Reading, sound: &Reading, name: &str, at: usize) -> bool {
    let (segment, offset, first) = sound.last_frame;
    let is_in_it = name == format!("{segment:016x}.seg") && at as u64 >= offset;
    is_in_it && found.last.next() == first && found.hash == sound.hash_before
}

fn open(disk: &FaultyDisk, options: &wal::Options, after: Lsn) -> Result<Reading, WalError> {
    let mut reading = Reading::default();
    let (_, _, opened) = Log::open(disk.clone(), *options, after, &mut |frame| reading.visit(frame), &mut |_| {})?;
    Ok(Reading { last: opened.last_lsn, ..reading })
}
