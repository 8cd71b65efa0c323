//! Reads the log front to back, and tells a torn tail from damage. It changes nothing, and must not
//! know what is done about either.
//!
//! A frame that is not sound is a torn tail if nothing after it proves that it was acknowledged:
//! no later frame of this segment has a sound header, and there is no later segment.

use crate::disk::{Disk, DiskFile};
use crate::error::{VisitError, WalError};
use crate::format::{
    FRAME_ALIGN, FRAME_HEADER_BYTES, FrameHeader, Identity, Link, MAX_FRAME_BYTES, SEGMENT_HEADER_BYTES,
};
use crate::segment::{self, Segment, check_version};
use crate::window::Window;
use crate::{Frame, Lsn, Options, records};

/// Large enough for any frame, and for reads that a disk likes.
const WINDOW_BYTES: usize = 4 * MAX_FRAME_BYTES;

/// Takes each frame of records in turn; an error ends the reading.
pub type Visit<'a> = dyn FnMut(&Frame<'_>) -> Result<(), VisitError> + 'a;

/// How far the reading is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes read so far.
    pub read_bytes: u64,
    /// Bytes to read in all, prepared space included.
    pub total_bytes: u64,
}

/// What the log was found to hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Opened {
    /// The number of the last record.
    pub last_lsn: Lsn,
    /// The time of the last frame, be it a seal; 0 if none was read.
    pub last_time_ms: u64,
    /// The frames read, seals counted.
    pub frames: u64,
    /// The bytes of the torn tail: of a frame that was never acknowledged.
    pub torn_bytes: u64,
    /// The segments in the directory.
    pub segments: u64,
}

/// Reads the log without changing anything and visits every frame that holds a record after `after`.
/// Segments that end at or before `after` are not read, but for the newest. The log must not be
/// written meanwhile: its tail would look damaged.
///
/// # Errors
/// The same is refused as by [`Log::open`](crate::Log::open).
pub fn read<D: Disk>(
    disk: &D,
    options: &Options,
    after: Lsn,
    visit: &mut Visit<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Opened, WalError> {
    options.validate()?;
    let ids = segment::list(disk)?;
    scan(disk, options, &ids, after, visit, progress).map(|end| end.opened)
}

/// Where the log ends, and what lies beyond.
#[derive(Default)]
pub(crate) struct End {
    pub opened: Opened,
    pub chain: Link,
    pub sealed: bool,
    /// Where the last segment's last frame starts; its tail if it has none.
    pub last_frame: u64,
    /// Where the last segment's next frame goes.
    pub tail: u64,
    /// Where the last byte after the tail that is not zero ends; the tail if all are.
    pub torn_to: u64,
    /// The length of the last segment's file.
    pub file_bytes: u64,
}

/// Reads those of the segments `ids`, which are all there are, that hold what comes after `after`.
pub(crate) fn scan<D: Disk>(
    disk: &D,
    options: &Options,
    ids: &[u64],
    after: Lsn,
    visit: &mut Visit<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<End, WalError> {
    let segments = segment::open_all(disk, options.into(), ids)?;
    let end = match chosen(&segments, after)? {
        [] => End::default(),
        chosen => scan_chosen(chosen, options, after, visit, progress)?,
    };
    let last = end.chain.last_lsn;
    if last < after {
        return Err(WalError::EndsEarly { last, kept: after });
    }
    let opened = Opened { last_lsn: last, segments: segments.len() as u64, ..end.opened };
    Ok(End { opened, ..end })
}

/// The segments to be read: from the last one on of which all that comes before it is kept elsewhere.
fn chosen<F>(segments: &[Segment<F>], after: Lsn) -> Result<&[Segment<F>], WalError> {
    let Some(first) = segments.first() else {
        return Ok(segments);
    };
    match segments.iter().rposition(|segment| segment.header.link.last_lsn <= after) {
        Some(start) => Ok(&segments[start..]),
        None => Err(WalError::BeginsLate { oldest: first.header.oldest(), wanted: after.next() }),
    }
}

fn scan_chosen<F: DiskFile>(
    chosen: &[Segment<F>],
    options: &Options,
    after: Lsn,
    visit: &mut Visit<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<End, WalError> {
    let total_bytes = chosen.iter().map(|segment| segment.bytes).sum();
    let mut scan = Scan {
        identity: options.into(),
        after,
        visit,
        window: Window::new(WINDOW_BYTES, total_bytes, progress),
        end: End { chain: chosen[0].header.link, ..End::default() },
    };
    for (index, segment) in chosen.iter().enumerate() {
        scan.frames(segment)?;
        match chosen.get(index + 1) {
            Some(next) => scan.check_finished(segment, next)?,
            None => scan.survey_tail(segment)?,
        }
        scan.window.next_file(segment.bytes);
    }
    Ok(scan.end)
}

/// A frame whose checksums are right.
pub(crate) struct SoundFrame<'w> {
    pub header: FrameHeader,
    /// The header's.
    pub checksum: u32,
    pub payload: &'w [u8],
}

impl SoundFrame<'_> {
    /// Whether the frame is the next one after `chain`, and holds as many records as it says; if not, why.
    pub fn check_next(&self, chain: &Link, segment: u64, identity: Identity) -> Result<(), &'static str> {
        chain.check_next(&self.header, segment, identity)?;
        let counted = records(self.payload).try_fold(0, |count, record| record.map(|_| count + 1));
        let is_as_said = counted.is_ok_and(|count: u32| count == self.header.record_count);
        if is_as_said { Ok(()) } else { Err("the frame holds other records than its header counts") }
    }
}

/// The frame at `offset`, if there is a sound one. Whether it belongs there, its chain says.
pub(crate) fn sound_frame<'w, F: DiskFile>(
    window: &'w mut Window<'_>,
    Segment { name, file, .. }: &Segment<F>,
    offset: u64,
) -> Result<Option<SoundFrame<'w>>, WalError> {
    let head = window.at(file, name, offset, FRAME_HEADER_BYTES)?;
    let Some((header, checksum)) = FrameHeader::decode(head) else {
        return Ok(None);
    };
    check_version(name, header.version)?;
    let frame = window.at(file, name, offset, header.frame_bytes())?;
    let is_whole = frame.len() == header.frame_bytes();
    if !is_whole || crc32c::crc32c(&frame[FRAME_HEADER_BYTES..]) != header.payload_crc {
        return Ok(None);
    }
    let payload = &frame[FRAME_HEADER_BYTES..][..header.payload_bytes as usize];
    Ok(Some(SoundFrame { header, checksum, payload }))
}

struct Scan<'a, 'b> {
    identity: Identity,
    after: Lsn,
    visit: &'a mut Visit<'b>,
    window: Window<'a>,
    end: End,
}

impl Scan<'_, '_> {
    /// Follows the chain to the segment's last sound frame.
    fn frames<F: DiskFile>(&mut self, segment: &Segment<F>) -> Result<(), WalError> {
        self.end.tail = SEGMENT_HEADER_BYTES;
        self.end.last_frame = SEGMENT_HEADER_BYTES;
        self.end.file_bytes = segment.bytes;
        while let Some((header, checksum)) = self.frame(segment)? {
            self.end.last_frame = self.end.tail;
            self.end.tail += header.frame_bytes() as u64;
            self.end.chain = header.link(checksum);
            self.end.sealed = header.record_count == 0;
            self.end.opened.last_time_ms = header.time_ms;
            self.end.opened.frames += 1;
        }
        Ok(())
    }

    /// Reads and visits the frame at the tail; `None` if there is no sound one.
    fn frame<F: DiskFile>(&mut self, segment: &Segment<F>) -> Result<Option<(FrameHeader, u32)>, WalError> {
        let offset = self.end.tail;
        let Some(sound) = sound_frame(&mut self.window, segment, offset)? else {
            return Ok(None);
        };
        let following = sound.check_next(&self.end.chain, segment.header.segment, self.identity);
        following.map_err(|reason| segment.damaged(offset, reason))?;
        let SoundFrame { header, checksum, payload } = sound;
        let frame = Frame {
            first_lsn: header.first_lsn,
            record_count: header.record_count,
            time_ms: header.time_ms,
            number: header.number,
            segment: header.segment,
            offset,
            payload,
        };
        if frame.record_count > 0 && frame.last_lsn() > self.after {
            let refused = |source| WalError::Visit { file: segment.name.clone(), offset, source };
            (self.visit)(&frame).map_err(refused)?;
        }
        Ok(Some((header, checksum)))
    }

    /// A segment with a successor ends where the successor says, and holds nothing after that.
    fn check_finished<F: DiskFile>(&mut self, segment: &Segment<F>, next: &Segment<F>) -> Result<(), WalError> {
        if next.header.link != self.end.chain {
            let reason = "acknowledged frames are missing: the next segment names a later one";
            return Err(segment.damaged(self.end.tail, reason));
        }
        self.survey_tail(segment)?;
        if self.end.torn_to > self.end.tail {
            return Err(segment.damaged(self.end.tail, "bytes follow the segment's last frame"));
        }
        Ok(())
    }

    /// Looks through all that follows the tail for proof that the frame there was acknowledged, and
    /// for where its remains end.
    fn survey_tail<F: DiskFile>(&mut self, segment: &Segment<F>) -> Result<(), WalError> {
        self.end.torn_to = self.end.tail;
        let mut offset = self.end.tail;
        while offset < segment.bytes {
            let sector = self.window.at(&segment.file, &segment.name, offset, FRAME_ALIGN)?;
            if let Some(last) = sector.iter().rposition(|&byte| byte != 0) {
                self.end.torn_to = offset + last as u64 + 1;
                if let Some((header, _)) = FrameHeader::decode(sector)
                    && self.end.is_outlived_by(&header, segment.header.segment, self.identity)
                {
                    let reason = "an acknowledged frame is not sound: a later one follows it";
                    return Err(segment.damaged(self.end.tail, reason));
                }
            }
            offset += FRAME_ALIGN as u64;
        }
        self.end.opened.torn_bytes = self.end.torn_to - self.end.tail;
        Ok(())
    }
}

impl End {
    /// Whether the header is of a frame after the one that belongs at the tail. Its header suffices:
    /// not a byte of it was written before the sync of its predecessor had returned.
    fn is_outlived_by(&self, header: &FrameHeader, segment: u64, identity: Identity) -> bool {
        header.identity == identity && header.segment == segment && header.number > self.chain.number + 1
    }
}
