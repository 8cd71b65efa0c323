//! Opens the log for writing: reads it, repairs what a crash may leave, and finds the tail. It must
//! not know what the frames hold.

use crate::disk::{Disk, DiskFile, write_zeros};
use crate::error::WalError;
use crate::format::{FORMAT_VERSION, FRAME_ALIGN, Link, SEGMENT_HEADER_BYTES, SegmentHeader};
use crate::scan::{self, End, Opened, Progress, Visit};
use crate::segment::{self, FIRST_SEGMENT, NEXT_FILE};
use crate::space::Space;
use crate::{Log, Lsn, Options, Preparer};
use std::sync::Arc;

/// What an empty directory is given before it is ready: little, so that it is ready at once.
const FIRST_STEP_BYTES: u64 = 1 << 20;

impl<D: Disk> Log<D> {
    /// Opens the log in `disk` for who keeps all records up to `after` elsewhere: visits every frame
    /// that holds a later one, in order, and hands out its writing end and its preparer. Where `after`
    /// is 0, an empty directory becomes an empty log. A torn tail is zeroed and counted.
    ///
    /// The directory must be locked by the caller ([`DirectoryLock`](crate::DirectoryLock)).
    ///
    /// # Errors
    /// [`WalError::Damaged`] and [`WalError::NewerFormat`] name the file. [`WalError::BeginsLate`] and
    /// [`WalError::EndsEarly`] say which records are missing, at the log's begin and at its end. After
    /// any of them nothing was changed.
    pub fn open(
        disk: D,
        options: Options,
        after: Lsn,
        visit: &mut Visit<'_>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(Self, Preparer<D>, Opened), WalError> {
        options.validate()?;
        let mut ids = segment::list(&disk)?;
        sync_before_reading(&disk, &ids)?;
        let mut end = scan::scan(&disk, &options, &ids, after, visit, progress)?;
        remove_unfinished(&disk)?;
        if ids.is_empty() {
            end = create_first(&disk, &options, Lsn(0))?;
            ids.push(FIRST_SEGMENT);
        }
        let (log, preparer) = Self::resume(disk, options, ids[ids.len() - 1], &end)?;
        Ok((log, preparer, end.opened))
    }

    /// Makes a log that begins after `base`: its first record will be the one after that. For who has
    /// all records up to `base` elsewhere; it must be opened with `base` or a later one from then on.
    ///
    /// The directory must be locked by the caller ([`DirectoryLock`](crate::DirectoryLock)).
    ///
    /// # Errors
    /// [`WalError::Exists`] when there is a log already; nothing was changed.
    pub fn create(disk: D, options: Options, base: Lsn) -> Result<(Self, Preparer<D>), WalError> {
        options.validate()?;
        if let Some(&first) = segment::list(&disk)?.first() {
            return Err(WalError::Exists { file: segment::file_name(first) });
        }
        let end = create_first(&disk, &options, base)?;
        Self::resume(disk, options, FIRST_SEGMENT, &end)
    }

    /// Goes on where the log ends.
    fn resume(disk: D, options: Options, segment: u64, end: &End) -> Result<(Self, Preparer<D>), WalError> {
        let name = segment::file_name(segment);
        let file = disk.open(&name).map_err(WalError::io("open", &name))?;
        repair_tail(&file, end).map_err(WalError::io("repair the tail of", &name))?;

        let prepared_bytes = end.file_bytes - end.file_bytes % FRAME_ALIGN as u64;
        let space = Arc::new(Space::new(options, segment, end.tail, prepared_bytes));
        let disk = Arc::new(disk);
        let preparer = Preparer::new(Arc::clone(&disk), Arc::clone(&space));
        let log = Self {
            disk,
            space,
            identity: (&options).into(),
            segment,
            file,
            chain: end.chain,
            sealed: end.sealed,
            unsynced: false,
            bytes_written: 0,
            refused_bytes: 0,
        };
        Ok((log, preparer))
    }
}

/// What is read must be what a power cut would leave, or a record could be seen now and be gone later.
fn sync_before_reading<D: Disk>(disk: &D, ids: &[u64]) -> Result<(), WalError> {
    if let Some(&last) = ids.last() {
        let name = segment::file_name(last);
        let file = disk.open(&name).map_err(WalError::io("open", &name))?;
        file.sync_data().map_err(WalError::io("sync", &name))?;
    }
    disk.sync_dir().map_err(WalError::io("sync", "the log's directory"))
}

fn remove_unfinished<D: Disk>(disk: &D) -> Result<(), WalError> {
    let names = disk.list().map_err(WalError::io("list", "the log's directory"))?;
    if names.iter().any(|name| name == NEXT_FILE) {
        disk.remove(NEXT_FILE).map_err(WalError::io("remove", NEXT_FILE))?;
    }
    Ok(())
}

/// The first segment follows `base` and no frame.
fn create_first<D: Disk>(disk: &D, options: &Options, base: Lsn) -> Result<End, WalError> {
    let file_bytes = FIRST_STEP_BYTES.min(options.segment_bytes);
    let file = disk.create(NEXT_FILE).map_err(WalError::io("create", NEXT_FILE))?;
    write_zeros(&file, 0, file_bytes).map_err(WalError::io("prepare space in", NEXT_FILE))?;
    let chain = Link { last_lsn: base, ..Link::default() };
    let header = SegmentHeader {
        version: FORMAT_VERSION,
        identity: options.into(),
        segment: FIRST_SEGMENT,
        predecessor: 0,
        link: chain,
    };
    segment::publish(disk, &file, &header)?;
    let tail = SEGMENT_HEADER_BYTES;
    let opened = Opened { last_lsn: base, segments: 1, ..Opened::default() };
    Ok(End { opened, chain, file_bytes, tail, last_frame: tail, torn_to: tail, ..End::default() })
}

/// Zeroes what a torn frame left behind, and writes the last frame once more: if its sync failed and
/// the process was started again, the kernel may hold it in memory as clean, so that it reads as
/// sound, no later sync writes it, and a power cut would tear a hole into the chain.
fn repair_tail<F: DiskFile>(file: &F, end: &End) -> std::io::Result<()> {
    let mut frame = vec![0; (end.tail - end.last_frame) as usize];
    file.read_at(&mut frame, end.last_frame)?;
    file.write_at(&frame, end.last_frame)?;
    write_zeros(file, end.tail, end.torn_to)?;
    file.sync_data()
}
