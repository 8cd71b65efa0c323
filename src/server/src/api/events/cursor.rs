//! The opaque cursor: a place in the stream of events, and whose stream it is. It knows nothing of
//! what is there.

use wal::Lsn;

use crate::api::opaque;

/// The layout below; another one gets another number.
const VERSION: u8 = 1;

/// Version, epoch, partition, LSN.
const BYTES: usize = 1 + 4 + 4 + 8;

/// The length of every cursor's text.
pub const CHARACTERS: usize = opaque::characters(BYTES);

/// The place right after a record. Clients are given it as a text that means nothing to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The epoch of the log.
    pub epoch: u32,
    /// Its partition.
    pub partition: u32,
    /// The record; 0 is the place before the first.
    pub lsn: Lsn,
}

impl Cursor {
    /// The text for clients.
    pub fn encode(self) -> String {
        let mut bytes = Vec::with_capacity(BYTES);
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.epoch.to_be_bytes());
        bytes.extend_from_slice(&self.partition.to_be_bytes());
        bytes.extend_from_slice(&self.lsn.0.to_be_bytes());
        opaque::seal(bytes)
    }

    /// The cursor that a text is; nothing if it is none that was ever given out.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = opaque::open(text, BYTES)?;
        let (&VERSION, rest) = bytes.split_first()? else { return None };
        let (epoch, rest) = rest.split_first_chunk()?;
        let (partition, rest) = rest.split_first_chunk()?;
        let lsn = Lsn(u64::from_be_bytes(rest.try_into().ok()?));
        Some(Self { epoch: u32::from_be_bytes(*epoch), partition: u32::from_be_bytes(*partition), lsn })
    }
}

#[cfg(test)]
mod tests {
    use super::{BYTES, Cursor};
    use crate::api::opaque::seal;
    use wal::Lsn;

    #[test]
    fn a_cursor_comes_back_from_its_text() {
        for (epoch, partition, lsn) in [(0, 0, 0), (0, 0, 42), (3, 7, u64::MAX), (u32::MAX, u32::MAX, 1 << 40)] {
            let cursor = Cursor { epoch, partition, lsn: Lsn(lsn) };
            assert_eq!(Cursor::parse(&cursor.encode()), Some(cursor));
        }
    }

    #[test]
    fn a_text_stays_readable_for_ever() {
        let cursor = Cursor { epoch: 1, partition: 2, lsn: Lsn(3) };
        assert_eq!(cursor.encode(), GOLDEN);
    }

    const GOLDEN: &str = "AQAAAAEAAAACAAAAAAAAAAMpsAvk";

    #[test]
    fn what_is_no_cursor_is_refused_though_its_checksum_is_right() {
        for bytes in [vec![], vec![1; BYTES - 1], vec![2; BYTES], vec![1; BYTES + 1]] {
            assert_eq!(Cursor::parse(&seal(bytes)), None);
        }
        assert_eq!(Cursor::parse("latest"), None);
    }
}
