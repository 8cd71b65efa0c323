//! A segment's file names, how a segment comes to be, and how its header is found sound again. It must
//! not know of frames.

use crate::disk::{Disk, DiskFile};
use crate::error::WalError;
use crate::format::{FORMAT_VERSION, Identity, SEGMENT_HEADER_BYTES, SegmentHeader};

/// The next segment while it is being prepared. Left over by a crash it holds nothing.
pub(crate) const NEXT_FILE: &str = "next.tmp";
pub(crate) const FIRST_SEGMENT: u64 = 1;

pub(crate) fn file_name(segment: u64) -> String {
    format!("{segment:016x}.seg")
}

/// The segment that a file of this name is, if any.
pub(crate) fn parse_file_name(name: &str) -> Option<u64> {
    let segment = u64::from_str_radix(name.strip_suffix(".seg")?, 16).ok()?;
    // Only the very name that would be written counts.
    (name == file_name(segment)).then_some(segment)
}

/// Makes the prepared [`NEXT_FILE`] the segment that `header` describes. The header is on disk before
/// the file gets its name, and the name before the first frame: a named segment without a sound
/// header is damage, never a crash.
pub(crate) fn publish<D: Disk>(disk: &D, file: &D::File, header: &SegmentHeader) -> Result<(), WalError> {
    let name = file_name(header.segment);
    file.write_at(&header.encode(), 0).map_err(WalError::io("write the header of", NEXT_FILE))?;
    file.sync_data().map_err(WalError::io("sync the header of", NEXT_FILE))?;
    disk.rename(NEXT_FILE, &name).map_err(WalError::io("give the next segment its name", &name))?;
    disk.sync_dir().map_err(WalError::io("sync the directory of", &name))
}

/// The ids of all segments, ascending.
pub(crate) fn list<D: Disk>(disk: &D) -> Result<Vec<u64>, WalError> {
    let names = disk.list().map_err(WalError::io("list", "the log's directory"))?;
    let mut ids: Vec<u64> = names.iter().filter_map(|name| parse_file_name(name)).collect();
    ids.sort_unstable();
    Ok(ids)
}

/// A segment whose header is sound, open for reading.
pub(crate) struct Segment<F> {
    pub name: String,
    pub file: F,
    pub bytes: u64,
    pub header: SegmentHeader,
}

impl<F> Segment<F> {
    pub fn damaged(&self, offset: u64, reason: &'static str) -> WalError {
        WalError::Damaged { file: self.name.clone(), offset, reason }
    }
}

/// A log that was opened always has a segment.
pub(crate) fn none_left() -> WalError {
    WalError::Damaged { file: file_name(FIRST_SEGMENT), offset: 0, reason: "the log has no segment" }
}

/// Whose log lies in the directory, by its newest segment; `None` where there is no log.
///
/// # Errors
/// [`WalError::Damaged`] and [`WalError::NewerFormat`] when that segment's header says so.
pub fn identity<D: Disk>(disk: &D) -> Result<Option<Identity>, WalError> {
    let Some(&newest) = list(disk)?.last() else {
        return Ok(None);
    };
    open_any(disk, newest).map(|segment| Some(segment.header.identity))
}

/// Opens every segment and checks that none is missing between the first and the last: only the
/// oldest are ever removed.
pub(crate) fn open_all<D: Disk>(disk: &D, identity: Identity, ids: &[u64]) -> Result<Vec<Segment<D::File>>, WalError> {
    let first = ids.first().copied().unwrap_or(FIRST_SEGMENT);
    let mut segments = Vec::with_capacity(ids.len());
    for (expected, &id) in (first..).zip(ids) {
        if id != expected {
            let reason = "the segment is missing, and a later one is there";
            return Err(WalError::Damaged { file: file_name(expected), offset: 0, reason });
        }
        segments.push(open(disk, identity, id)?);
    }
    Ok(segments)
}

/// Opens a segment of this log.
pub(crate) fn open<D: Disk>(disk: &D, identity: Identity, id: u64) -> Result<Segment<D::File>, WalError> {
    let segment = open_any(disk, id)?;
    if segment.header.identity != identity {
        return Err(segment.damaged(0, "the segment belongs to another partition or epoch"));
    }
    Ok(segment)
}

/// Opens a segment, whosever it is.
fn open_any<D: Disk>(disk: &D, id: u64) -> Result<Segment<D::File>, WalError> {
    let name = file_name(id);
    let file = disk.open_to_read(&name).map_err(WalError::io("open", &name))?;
    let bytes = file.len().map_err(WalError::io("ask for the length of", &name))?;
    let mut block = [0; SEGMENT_HEADER_BYTES as usize];
    let filled = file.read_at(&mut block, 0).map_err(WalError::io("read", &name))?;
    let damaged = |reason| WalError::Damaged { file: name.clone(), offset: 0, reason };
    let header = SegmentHeader::decode(&block[..filled]).ok_or_else(|| damaged("the segment's header is not sound"))?;
    check_version(&name, header.version)?;
    if id < FIRST_SEGMENT || header.segment != id || header.predecessor != id - 1 {
        return Err(damaged("the segment's header is that of another segment"));
    }
    // It may follow a record that is kept elsewhere, but no frame.
    if id == FIRST_SEGMENT && (header.link.number, header.link.checksum) != (0, 0) {
        return Err(damaged("the first segment names a predecessor"));
    }
    Ok(Segment { name, file, bytes, header })
}

pub(crate) fn check_version(name: &str, found: u16) -> Result<(), WalError> {
    if found > FORMAT_VERSION {
        let file = name.to_owned();
        return Err(WalError::NewerFormat { file, found, supported: FORMAT_VERSION });
    }
    Ok(())
}
