//! The opaque cursor: a place in the stream of events, and whose stream it is. It knows nothing of
//! what is there.

use wal::Lsn;
use xxhash_rust::xxh3::xxh3_64;

/// The layout below; another one gets another number.
const VERSION: u8 = 1;

/// Version, epoch, partition, LSN, checksum: a multiple of three, so that no text needs padding.
const BYTES: usize = 1 + 4 + 4 + 8 + CHECKSUM_BYTES;
const CHECKSUM_BYTES: usize = 4;

/// The length of every cursor's text.
pub const CHARACTERS: usize = BYTES / 3 * 4;
const _: () = assert!(BYTES.is_multiple_of(3));

/// Base64 as in RFC 4648, section 5: no character needs an escape in a URL or an event's id.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

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
        let mut text = String::with_capacity(CHARACTERS);
        for group in self.to_bytes().chunks_exact(3) {
            let bits = group.iter().fold(0, |bits, &byte| bits << 8 | usize::from(byte));
            text.extend([18, 12, 6, 0].map(|shift| char::from(ALPHABET[bits >> shift & 63])));
        }
        text
    }

    /// The cursor that a text is; nothing if it is none that was ever given out.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != CHARACTERS {
            return None;
        }
        let mut bytes = [0; BYTES];
        for (characters, group) in text.as_bytes().chunks_exact(4).zip(bytes.chunks_exact_mut(3)) {
            let mut bits = 0;
            for &character in characters {
                bits = bits << 6 | ALPHABET.iter().position(|&known| known == character)? as u32;
            }
            group.copy_from_slice(&bits.to_be_bytes()[1..]);
        }
        Self::from_bytes(&bytes)
    }

    fn to_bytes(self) -> [u8; BYTES] {
        let mut bytes = [0; BYTES];
        bytes[0] = VERSION;
        bytes[1..5].copy_from_slice(&self.epoch.to_be_bytes());
        bytes[5..9].copy_from_slice(&self.partition.to_be_bytes());
        bytes[9..17].copy_from_slice(&self.lsn.0.to_be_bytes());
        let sum = checksum(&bytes);
        bytes[BYTES - CHECKSUM_BYTES..].copy_from_slice(&sum);
        bytes
    }

    /// Any change of a byte comes out as another cursor's bytes: one comparison checks everything.
    fn from_bytes(bytes: &[u8; BYTES]) -> Option<Self> {
        let (epoch, rest) = bytes[1..].split_first_chunk()?;
        let (partition, rest) = rest.split_first_chunk()?;
        let lsn = Lsn(u64::from_be_bytes(*rest.first_chunk()?));
        let cursor = Self { epoch: u32::from_be_bytes(*epoch), partition: u32::from_be_bytes(*partition), lsn };
        (cursor.to_bytes() == *bytes).then_some(cursor)
    }
}

/// Against typing errors and other servers' cursors; it keeps no secret.
fn checksum(bytes: &[u8; BYTES]) -> [u8; CHECKSUM_BYTES] {
    let hash = xxh3_64(&bytes[..BYTES - CHECKSUM_BYTES]);
    (hash as u32).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::{ALPHABET, Cursor};
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
    fn garbage_and_every_typing_error_is_refused() {
        let text = Cursor { epoch: 0, partition: 0, lsn: Lsn(42) }.encode();
        for garbage in ["", "0", "42", "latest", "null", &text[1..], &format!("{text}="), &"A".repeat(text.len())] {
            assert_eq!(Cursor::parse(garbage), None, "{garbage}");
        }
        for place in 0..text.len() {
            for &other in ALPHABET.iter().chain(b" =.").filter(|&&other| other != text.as_bytes()[place]) {
                let mut typed = text.clone().into_bytes();
                typed[place] = other;
                let typed = String::from_utf8(typed).expect("ASCII");
                assert_eq!(Cursor::parse(&typed), None, "{typed}");
            }
        }
    }
}
