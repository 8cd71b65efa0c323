//! The stages on the disk: frames through the real log in a directory of their own, begun anew when it is full. They know
//! nothing of what is in the frames.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use wal::{Disk, DiskFile, FRAME_HEADER_BYTES, FrameBuffer, Log, Lsn, Prepared, RealDisk, RealFile, WriteError};

use super::Run;
use crate::error::ServerError;

/// What a small group takes up: a block of the file system.
const BLOCK_BYTES: usize = 4096;
/// What a record's length takes in front of it.
const LENGTH_BYTES: usize = 4;
/// As much of the disk as is taken: what a segment has, and as much prepared ahead of it.
const SEGMENT_BYTES: u64 = 16 << 20;

const OPTIONS: wal::Options = wal::Options {
    segment_bytes: SEGMENT_BYTES,
    reserve_bytes: 0,
    prepare_step_bytes: SEGMENT_BYTES,
    partition: 0,
    epoch: 0,
};

/// The write alone. Nothing is ever synced, lest a run of it take as long as the syncs that nobody asked for.
pub fn write(directory: &Path) -> Result<Run, ServerError> {
    let mut frames = Frames::begin(directory, BLOCK_BYTES, false)?;
    Ok(Box::new(move |times| {
        frames.each(times, |log, frame| {
            let begun = Instant::now();
            frame.write(log)?;
            let taken = begun.elapsed();
            log.sync().map_err(WriteError::Failed)?;
            Ok(taken)
        })
    }))
}

/// The sync alone.
pub fn sync(directory: &Path) -> Result<Run, ServerError> {
    let mut frames = Frames::begin(directory, BLOCK_BYTES, true)?;
    Ok(Box::new(move |times| {
        frames.each(times, |log, frame| {
            frame.write(log)?;
            let begun = Instant::now();
            log.sync().map_err(WriteError::Failed)?;
            Ok(begun.elapsed())
        })
    }))
}

/// Both.
pub fn commit(directory: &Path, bytes: usize) -> Result<Run, ServerError> {
    let mut frames = Frames::begin(directory, bytes, true)?;
    Ok(Box::new(move |times| {
        frames.each(times, |log, frame| {
            let begun = Instant::now();
            frame.write(log)?;
            log.sync().map_err(WriteError::Failed)?;
            Ok(begun.elapsed())
        })
    }))
}

/// A log, and one frame that is written to it again and again.
struct Frames {
    directory: PathBuf,
    syncs: bool,
    log: Log<MaybeSynced>,
    frame: FrameOfBytes,
}

impl Frames {
    fn begin(directory: &Path, bytes: usize, syncs: bool) -> Result<Self, ServerError> {
        let frame = FrameOfBytes::new(bytes);
        Ok(Self { directory: directory.to_owned(), syncs, log: begin(directory, syncs)?, frame })
    }

    /// Each write and sync, the log being begun anew in between where it is full.
    fn each(
        &mut self,
        times: u64,
        mut once: impl FnMut(&mut Log<MaybeSynced>, &mut FrameOfBytes) -> Result<Duration, WriteError>,
    ) -> Result<Duration, ServerError> {
        let mut taken = Duration::ZERO;
        let mut left = times;
        while left > 0 {
            match once(&mut self.log, &mut self.frame) {
                Ok(duration) => {
                    taken += duration;
                    left -= 1;
                }
                Err(WriteError::NoSpace) => self.log = begin(&self.directory, self.syncs)?,
                Err(WriteError::Failed(error)) => return Err(error.into()),
            }
        }
        Ok(taken)
    }
}

/// An empty log with a segment prepared, in the place of the one that was there.
fn begin(directory: &Path, syncs: bool) -> Result<Log<MaybeSynced>, ServerError> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(ServerError::file("empty", directory)(error));
        }
        _ => {}
    }
    let disk = MaybeSynced { disk: RealDisk::open(directory)?, syncs };
    let (log, mut preparer) = Log::create(disk, OPTIONS, Lsn(0))?;
    while preparer.step()? == Prepared::Worked {}
    Ok(log)
}

struct FrameOfBytes(FrameBuffer);

impl FrameOfBytes {
    /// One record that fills a frame of so many bytes.
    fn new(bytes: usize) -> Self {
        let mut frame = FrameBuffer::new();
        let fits = frame.push(&vec![0xA5; bytes.saturating_sub(FRAME_HEADER_BYTES + LENGTH_BYTES)]);
        assert!(fits, "what is measured is at most a frame");
        Self(frame)
    }

    fn write(&mut self, log: &mut Log<MaybeSynced>) -> Result<(), WriteError> {
        log.write(&mut self.0, log.last_lsn().next(), 0).map(drop)
    }
}

/// The operating system's files, synced or not.
struct MaybeSynced {
    disk: RealDisk,
    syncs: bool,
}

struct MaybeSyncedFile {
    file: RealFile,
    syncs: bool,
}

impl MaybeSynced {
    fn wrap(&self, opened: io::Result<RealFile>) -> io::Result<MaybeSyncedFile> {
        opened.map(|file| MaybeSyncedFile { file, syncs: self.syncs })
    }
}

impl Disk for MaybeSynced {
    type File = MaybeSyncedFile;

    fn list(&self) -> io::Result<Vec<String>> {
        self.disk.list()
    }

    fn create(&self, name: &str) -> io::Result<MaybeSyncedFile> {
        self.wrap(self.disk.create(name))
    }

    fn open(&self, name: &str) -> io::Result<MaybeSyncedFile> {
        self.wrap(self.disk.open(name))
    }

    fn open_to_read(&self, name: &str) -> io::Result<MaybeSyncedFile> {
        self.wrap(self.disk.open_to_read(name))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.disk.rename(from, to)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.disk.remove(name)
    }

    fn sync_dir(&self) -> io::Result<()> {
        self.disk.sync_dir()
    }
}

impl DiskFile for MaybeSyncedFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.read_at(buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.file.write_at(bytes, offset)
    }

    fn sync_data(&self) -> io::Result<()> {
        if self.syncs { self.file.sync_data() } else { Ok(()) }
    }

    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }
}
