//! The bytes of format version 1: the header of a segment and the header of a frame, little endian.
//! It must not know how they get to the disk, nor what follows from a header that is not sound.

use crate::{Lsn, Options};

/// The format that this release writes, and the highest that it reads.
pub const FORMAT_VERSION: u16 = 1;
/// Frames start at multiples of this many bytes: the sector that a disk writes whole or not at all.
pub const FRAME_ALIGN: usize = 512;
/// The size of a frame's header in bytes.
pub const FRAME_HEADER_BYTES: usize = 66;
/// The size of the largest frame in bytes, its header and padding included.
pub const MAX_FRAME_BYTES: usize = 1 << 20;
/// A segment's header fills one sector; its checksum stays in the last four bytes in every version,
/// so that a later version is told from a damaged one.
pub(crate) const SEGMENT_HEADER_BYTES: u64 = FRAME_ALIGN as u64;

const _: () = assert!(MAX_FRAME_BYTES.is_multiple_of(FRAME_ALIGN) && FRAME_HEADER_BYTES < FRAME_ALIGN);

/// No segment begins after a record or a frame of a higher number, so that counting on from one cannot overflow.
const MAX_NUMBER: u64 = u64::MAX >> 1;

const SEGMENT_MAGIC: [u8; 4] = *b"TGSG";
const FRAME_MAGIC: [u8; 4] = *b"TGFR";
const CRC_BYTES: usize = 4;

/// Whose log a segment or a frame belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The partition that the records belong to.
    pub partition: u32,
    /// The epoch that they were written in.
    pub epoch: u32,
}

impl From<&Options> for Identity {
    fn from(options: &Options) -> Self {
        Self { partition: options.partition, epoch: options.epoch }
    }
}

/// The end of the chain: what the next frame, or the next segment, must name as its predecessor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Link {
    pub last_lsn: Lsn,
    pub number: u64,
    pub checksum: u32,
}

impl Link {
    /// Whether the sound frame with this header is the next in the chain; if not, why.
    pub fn check_next(&self, header: &FrameHeader, segment: u64, identity: Identity) -> Result<(), &'static str> {
        if header.identity != identity {
            return Err("the frame belongs to another partition or epoch");
        }
        if header.segment != segment {
            return Err("the frame belongs to another segment");
        }
        if header.number != self.number + 1 || header.previous != self.checksum {
            return Err("the frame does not follow the one before it");
        }
        if header.first_lsn != self.last_lsn.next() {
            return Err("the frame's records do not follow those before them");
        }
        Ok(())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    pub version: u16,
    pub identity: Identity,
    pub segment: u64,
    pub predecessor: u64,
    pub link: Link,
}

impl SegmentHeader {
    /// The first record that the segment holds; where it is empty, the first that it will hold.
    pub fn oldest(&self) -> Lsn {
        self.link.last_lsn.next()
    }

    pub fn encode(&self) -> [u8; SEGMENT_HEADER_BYTES as usize] {
        let mut block = [0; SEGMENT_HEADER_BYTES as usize];
        let mut fields = Fields::over(&mut block);
        fields.put(SEGMENT_MAGIC);
        fields.put(self.version.to_le_bytes());
        fields.put(self.identity.partition.to_le_bytes());
        fields.put(self.identity.epoch.to_le_bytes());
        fields.put(self.segment.to_le_bytes());
        fields.put(self.predecessor.to_le_bytes());
        fields.put(self.link.last_lsn.0.to_le_bytes());
        fields.put(self.link.number.to_le_bytes());
        fields.put(self.link.checksum.to_le_bytes());
        close(&mut block);
        block
    }

    /// `None` unless the bytes are one whole sound header, of whatever version.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut fields = checked(bytes, SEGMENT_HEADER_BYTES as usize, SEGMENT_MAGIC)?;
        let header = Self {
            version: u16::from_le_bytes(fields.take()),
            identity: fields.take_identity(),
            segment: u64::from_le_bytes(fields.take()),
            predecessor: u64::from_le_bytes(fields.take()),
            link: Link {
                last_lsn: Lsn(u64::from_le_bytes(fields.take())),
                number: u64::from_le_bytes(fields.take()),
                checksum: u32::from_le_bytes(fields.take()),
            },
        };
        // What the fields of a later version mean is not known.
        let fits = header.link.last_lsn.0 <= MAX_NUMBER && header.link.number <= MAX_NUMBER;
        (fits || header.version > FORMAT_VERSION).then_some(header)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FrameHeader {
    pub version: u16,
    pub identity: Identity,
    pub segment: u64,
    pub number: u64,
    pub first_lsn: Lsn,
    pub record_count: u32,
    pub payload_bytes: u32,
    /// The checksum of the header before this one.
    pub previous: u32,
    pub time_ms: u64,
    /// Over the payload and its padding, so that no byte of a frame's sectors goes unchecked.
    pub payload_crc: u32,
}

impl FrameHeader {
    /// Fills in the first [`FRAME_HEADER_BYTES`] of a frame and returns the header's checksum.
    pub fn encode(&self, frame: &mut [u8]) -> u32 {
        let header = &mut frame[..FRAME_HEADER_BYTES];
        let mut fields = Fields::over(header);
        fields.put(FRAME_MAGIC);
        fields.put(self.version.to_le_bytes());
        fields.put(self.identity.partition.to_le_bytes());
        fields.put(self.identity.epoch.to_le_bytes());
        fields.put(self.segment.to_le_bytes());
        fields.put(self.number.to_le_bytes());
        fields.put(self.first_lsn.0.to_le_bytes());
        fields.put(self.record_count.to_le_bytes());
        fields.put(self.payload_bytes.to_le_bytes());
        fields.put(self.previous.to_le_bytes());
        fields.put(self.time_ms.to_le_bytes());
        fields.put(self.payload_crc.to_le_bytes());
        close(header)
    }

    /// The header and its checksum; `None` unless the bytes begin with a sound header.
    pub fn decode(bytes: &[u8]) -> Option<(Self, u32)> {
        let mut fields = checked(bytes, FRAME_HEADER_BYTES, FRAME_MAGIC)?;
        let header = Self {
            version: u16::from_le_bytes(fields.take()),
            identity: fields.take_identity(),
            segment: u64::from_le_bytes(fields.take()),
            number: u64::from_le_bytes(fields.take()),
            first_lsn: Lsn(u64::from_le_bytes(fields.take())),
            record_count: u32::from_le_bytes(fields.take()),
            payload_bytes: u32::from_le_bytes(fields.take()),
            previous: u32::from_le_bytes(fields.take()),
            time_ms: u64::from_le_bytes(fields.take()),
            payload_crc: u32::from_le_bytes(fields.take()),
        };
        let checksum = u32::from_le_bytes(fields.take());
        let fits = header.payload_bytes as usize <= MAX_FRAME_BYTES - FRAME_HEADER_BYTES;
        fits.then_some((header, checksum))
    }

    /// Where the chain ends once this frame, whose header has `checksum`, is part of it.
    pub fn link(&self, checksum: u32) -> Link {
        // A first LSN is its predecessor's last plus one, so at least 1; a seal adds none.
        let last_lsn = Lsn(self.first_lsn.0 - 1 + u64::from(self.record_count));
        Link { last_lsn, number: self.number, checksum }
    }

    /// What the frame takes up on disk.
    pub fn frame_bytes(&self) -> usize {
        frame_bytes(self.payload_bytes as usize)
    }
}

/// What a frame with so long a payload takes up on disk, header and padding included.
pub(crate) fn frame_bytes(payload_bytes: usize) -> usize {
    (FRAME_HEADER_BYTES + payload_bytes).next_multiple_of(FRAME_ALIGN)
}

/// Puts the checksum of all that comes before them into the last four bytes.
fn close(block: &mut [u8]) -> u32 {
    let (covered, crc) = block.split_at_mut(block.len() - CRC_BYTES);
    let checksum = crc32c::crc32c(covered);
    crc.copy_from_slice(&checksum.to_le_bytes());
    checksum
}

/// The fields after the magic, if magic and checksum are right.
fn checked(bytes: &[u8], block_bytes: usize, magic: [u8; 4]) -> Option<Fields<&[u8]>> {
    if !bytes.starts_with(&magic) {
        return None;
    }
    let (covered, crc) = bytes.get(..block_bytes)?.split_at(block_bytes - CRC_BYTES);
    if crc != crc32c::crc32c(covered).to_le_bytes() {
        return None;
    }
    Some(Fields { bytes: &bytes[..block_bytes], at: magic.len() })
}

/// Fixed-width fields, one after the other. The blocks above are longer than their fields, so that
/// no step leaves the block.
struct Fields<B> {
    bytes: B,
    at: usize,
}

impl<'a> Fields<&'a mut [u8]> {
    fn over(bytes: &'a mut [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    fn put<const N: usize>(&mut self, field: [u8; N]) {
        self.bytes[self.at..self.at + N].copy_from_slice(&field);
        self.at += N;
    }
}

impl Fields<&[u8]> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let mut field = [0; N];
        field.copy_from_slice(&self.bytes[self.at..self.at + N]);
        self.at += N;
        field
    }

    fn take_identity(&mut self) -> Identity {
        let partition = u32::from_le_bytes(self.take());
        Identity { partition, epoch: u32::from_le_bytes(self.take()) }
    }
}
