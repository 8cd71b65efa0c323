//! Finds a record's frame in a segment by halving: frames start at multiples of [`FRAME_ALIGN`], are
//! numbered in order, and their headers prove themselves, so that no index is needed. It must not
//! know whether what it passes over is sound: whoever reads on from there finds out.

use crate::Lsn;
use crate::disk::DiskFile;
use crate::error::WalError;
use crate::follow::{BLOCK_BYTES, Place};
use crate::format::{FRAME_ALIGN, FrameHeader, Link, MAX_FRAME_BYTES};
use crate::segment::Segment;
use crate::window::Window;

/// What is read at once: most probes need one header.
const PROBE_BYTES: usize = 16 << 10;

/// The place of a frame that begins with `wanted` or an earlier record, as a rule at most a block and
/// a frame before the last such one. The segment's first frame must be one.
pub(crate) fn last_at_most<F: DiskFile>(segment: &Segment<F>, wanted: Lsn) -> Result<Place, WalError> {
    let mut unheard = |_| {};
    let mut window = Window::new(PROBE_BYTES, u64::MAX, &mut unheard);
    let mut found = Place::first_of(&segment.header);
    // No frame that starts here or later is wanted.
    let mut end = segment.bytes;
    while end.saturating_sub(found.offset) > BLOCK_BYTES as u64 {
        let middle = found.offset + (end - found.offset) / 2;
        let middle = middle - middle % FRAME_ALIGN as u64;
        match first_frame(&mut window, segment, middle, end)? {
            Some(place) if place.chain.last_lsn < wanted => found = place,
            _ => end = middle,
        }
    }
    Ok(found)
}

/// The first frame that starts in `from..end`. Below the tail there is one within a frame's length,
/// so that more than that is not searched; and a sector of zeros is taken for unused space. Were it
/// a frame's, only more would be read after the search.
fn first_frame<F: DiskFile>(
    window: &mut Window<'_>,
    segment: &Segment<F>,
    from: u64,
    end: u64,
) -> Result<Option<Place>, WalError> {
    for offset in (from..end.min(from + MAX_FRAME_BYTES as u64)).step_by(FRAME_ALIGN) {
        let sector = window.at(&segment.file, &segment.name, offset, FRAME_ALIGN)?;
        if let Some(place) = frame_start(segment, offset, sector) {
            return Ok(Some(place));
        }
        if sector.iter().all(|&byte| byte == 0) {
            break;
        }
    }
    Ok(None)
}

/// The place at `offset`, if a frame of this segment starts there.
fn frame_start<F>(segment: &Segment<F>, offset: u64, sector: &[u8]) -> Option<Place> {
    let (header, _) = FrameHeader::decode(sector)?;
    if header.identity != segment.header.identity || header.segment != segment.header.segment {
        return None;
    }
    let last_lsn = Lsn(header.first_lsn.0.checked_sub(1)?);
    let number = header.number.checked_sub(1)?;
    Some(Place { segment: header.segment, offset, chain: Link { last_lsn, number, checksum: header.previous } })
}
