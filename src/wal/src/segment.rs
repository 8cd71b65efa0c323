//! A segment's file names, and how a segment comes to be. It must not know of frames.

use crate::disk::{Disk, DiskFile};
use crate::error::WalError;
use crate::format::SegmentHeader;

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
