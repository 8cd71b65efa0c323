//! Reads a log while it is being written: its records in order, from anywhere, up to the durable
//! mark. It takes no lock and keeps no file open, so that a follower is a position and nothing else.
//! It must not know who moves the mark, nor what a record means.

use crate::disk::Disk;
use crate::error::{FollowError, VisitError, WalError};
use crate::format::{FrameHeader, Identity, Link, SEGMENT_HEADER_BYTES, SegmentHeader};
use crate::scan::{self, SoundFrame};
use crate::segment::{self, Segment};
use crate::window::Window;
use crate::{Lsn, Options, records, seek};
use std::io::ErrorKind;
use std::ops::ControlFlow;

/// What is read at once, where a frame is not longer.
pub(crate) const BLOCK_BYTES: usize = 64 << 10;

/// Takes each record in turn. A break ends the reading after this record, an error before it.
pub type Take<'a> = dyn FnMut(Lsn, &[u8]) -> Result<ControlFlow<()>, VisitError> + 'a;

/// A position in a log that the same process writes.
#[derive(Clone, Debug)]
pub struct Follower {
    identity: Identity,
    seen: Lsn,
    /// Absent until there is something to read, and after an error.
    place: Option<Place>,
}

/// Where a frame starts, and what it must follow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub segment: u64,
    pub offset: u64,
    pub chain: Link,
}

impl Place {
    /// Where the segment's first frame starts.
    pub fn first_of(header: &SegmentHeader) -> Self {
        Self { segment: header.segment, offset: SEGMENT_HEADER_BYTES, chain: header.link }
    }

    /// Where the frame after this one starts.
    fn after(self, header: &FrameHeader, checksum: u32) -> Self {
        Self { offset: self.offset + header.frame_bytes() as u64, chain: header.link(checksum), ..self }
    }
}

impl Follower {
    /// Follows from the record after `seen`. Nothing is looked for before there is something to read.
    pub fn after(seen: Lsn, options: &Options) -> Self {
        Self { identity: options.into(), seen, place: None }
    }

    /// The last record that was taken or passed.
    pub fn seen(&self) -> Lsn {
        self.seen
    }

    /// Hands out the records after [`Follower::seen`] up to `durable`, in order, until `take` has
    /// enough. Everything up to `durable` must have been synced before the call: what is not sound
    /// there is damage and no torn tail. Nothing after it is looked at.
    ///
    /// # Errors
    /// [`FollowError::Gone`] when a segment that is needed was removed. After any error the same call
    /// may be made again.
    pub fn read<D: Disk>(&mut self, disk: &D, durable: Lsn, take: &mut Take<'_>) -> Result<(), FollowError> {
        if self.seen >= durable {
            return Ok(());
        }
        let (mut segment, mut place) = self.resume(disk)?;
        let mut unheard = |_| {};
        let mut window = Window::new(BLOCK_BYTES, u64::MAX, &mut unheard);
        let mut wanted = ControlFlow::Continue(());
        while self.seen < durable && wanted.is_continue() {
            let Some(frame) = scan::sound_frame(&mut window, &segment, place.offset)? else {
                segment = self.next_segment(disk, &segment, place)?;
                place = Place::first_of(&segment.header);
                window.next_file(0);
                continue;
            };
            let following = frame.check_next(&place.chain, place.segment, self.identity);
            following.map_err(|reason| segment.damaged(place.offset, reason))?;
            let refused = |source| WalError::Visit { file: segment.name.clone(), offset: place.offset, source };
            wanted = self.pass(&frame, durable, take).map_err(refused)?;
            let next = place.after(&frame.header, frame.checksum);
            if self.seen >= next.chain.last_lsn {
                place = next;
            }
        }
        self.place = Some(place);
        Ok(())
    }

    /// Hands out what was not seen yet of a frame.
    fn pass(
        &mut self,
        frame: &SoundFrame<'_>,
        durable: Lsn,
        take: &mut Take<'_>,
    ) -> Result<ControlFlow<()>, VisitError> {
        let mut lsn = frame.header.first_lsn;
        for record in records(frame.payload) {
            let record = record?;
            if lsn > self.seen && lsn <= durable {
                let wanted = take(lsn, record)?;
                self.seen = lsn;
                if wanted.is_break() {
                    return Ok(wanted);
                }
            }
            lsn = lsn.next();
        }
        Ok(ControlFlow::Continue(()))
    }

    /// The segment to go on in, and where.
    fn resume<D: Disk>(&mut self, disk: &D) -> Result<(Segment<D::File>, Place), FollowError> {
        let Some(place) = self.place.take() else {
            return self.find(disk);
        };
        match open_kept(disk, self.identity, place.segment)? {
            Some(segment) => Ok((segment, place)),
            // All of it may have been seen: what comes next is in a later one.
            None => self.find(disk),
        }
    }

    /// Most follow the tail: the newest segment is looked at first.
    fn find<D: Disk>(&self, disk: &D) -> Result<(Segment<D::File>, Place), FollowError> {
        for &id in segment::list(disk)?.iter().rev() {
            let Some(segment) = open_kept(disk, self.identity, id)? else { break };
            if segment.header.link.last_lsn <= self.seen {
                let place = seek::last_at_most(&segment, self.seen.next())?;
                return Ok((segment, place));
            }
        }
        Err(gone(disk, self.identity)?)
    }

    /// The segment after one that has no sound frame at `place`, though a durable record follows.
    fn next_segment<D: Disk>(
        &self,
        disk: &D,
        finished: &Segment<D::File>,
        place: Place,
    ) -> Result<Segment<D::File>, FollowError> {
        match open_kept(disk, self.identity, place.segment + 1)? {
            Some(next) if next.header.link == place.chain => Ok(next),
            // The oldest go first: with the next one, this one was removed too.
            None if segment::list(disk)?.first().is_some_and(|&oldest| oldest > place.segment) => {
                Err(gone(disk, self.identity)?)
            }
            _ => Err(finished.damaged(place.offset, "an acknowledged frame is not sound").into()),
        }
    }
}

/// The first record that the log keeps; where it is empty, the first that it will hold.
///
/// # Errors
/// [`WalError::Damaged`] when there is no segment: a log that was opened always has one.
pub fn oldest<D: Disk>(disk: &D, options: &Options) -> Result<Lsn, WalError> {
    oldest_of(disk, options.into())
}

fn oldest_of<D: Disk>(disk: &D, identity: Identity) -> Result<Lsn, WalError> {
    loop {
        let Some(&id) = segment::list(disk)?.first() else {
            return Err(segment::none_left());
        };
        // Removed since it was listed: a later one is the oldest now, and the last is never removed.
        if let Some(segment) = open_kept(disk, identity, id)? {
            return Ok(segment.header.oldest());
        }
    }
}

fn gone<D: Disk>(disk: &D, identity: Identity) -> Result<FollowError, WalError> {
    oldest_of(disk, identity).map(|oldest| FollowError::Gone { oldest })
}

/// The segment, unless it was removed.
fn open_kept<D: Disk>(disk: &D, identity: Identity, id: u64) -> Result<Option<Segment<D::File>>, WalError> {
    match segment::open(disk, identity, id) {
        Err(WalError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => Ok(None),
        opened => opened.map(Some),
    }
}
