//! Texts that mean nothing to anybody but the server: bytes with a checksum, in base64 as in RFC 4648,
//! section 5, without padding: no character needs an escape in a URL. It does not know what the bytes say.

use xxhash_rust::xxh3::xxh3_64;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const CHECKSUM_BYTES: usize = 4;

/// The length of the text of so many bytes.
pub const fn characters(bytes: usize) -> usize {
    (4 * (bytes + CHECKSUM_BYTES)).div_ceil(3)
}

/// The text for clients.
pub fn seal(mut bytes: Vec<u8>) -> String {
    // Against typing errors and other servers' texts; it keeps no secret.
    let hash = xxh3_64(&bytes) as u32;
    let mut text = String::with_capacity(characters(bytes.len()));
    bytes.extend_from_slice(&hash.to_be_bytes());
    for group in bytes.chunks(3) {
        let bits = (0..3).fold(0, |bits, at| bits << 8 | usize::from(group.get(at).copied().unwrap_or_default()));
        let shifts = [18, 12, 6, 0].into_iter().take(group.len() + 1);
        text.extend(shifts.map(|shift| char::from(ALPHABET[bits >> shift & 63])));
    }
    text
}

/// The bytes that a text was made of, at most so many; nothing if it is none that was ever given out.
pub fn open(text: &str, most_bytes: usize) -> Option<Vec<u8>> {
    if text.len() > characters(most_bytes) {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len());
    for group in text.as_bytes().chunks(4) {
        let mut bits = 0;
        for at in 0..4 {
            let known = |character: &u8| ALPHABET.iter().position(|known| known == character);
            bits = bits << 6 | group.get(at).map_or(Some(0), known)? as u32;
        }
        // Of n characters the first n - 1 bytes are whole.
        bytes.extend_from_slice(&bits.to_be_bytes()[1..group.len()]);
    }
    bytes.truncate(bytes.len().checked_sub(CHECKSUM_BYTES)?);
    // Any change of a character comes out as another text: one comparison checks everything.
    (seal(bytes.clone()) == text).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::{ALPHABET, characters, open, seal};

    #[test]
    fn bytes_of_every_length_come_back_from_their_text() {
        for length in 0..100_u8 {
            let bytes: Vec<_> = (0..length).map(|byte| byte.wrapping_mul(37)).collect();
            let text = seal(bytes.clone());
            assert_eq!(text.len(), characters(bytes.len()));
            assert_eq!(open(&text, bytes.len()), Some(bytes.clone()));
            assert_eq!(open(&text, bytes.len().saturating_sub(3)).is_some(), length == 0, "longer than allowed");
        }
    }

    #[test]
    fn garbage_and_every_typing_error_is_refused() {
        for length in [9, 10, 11] {
            let text = seal(vec![7; length]);
            for garbage in ["", "0", "42", "latest", "null", "\u{e4}", &text[1..], &format!("{text}=")] {
                assert_eq!(open(garbage, 64), None, "{garbage}");
            }
            for place in 0..text.len() {
                for &other in ALPHABET.iter().chain(b" =.").filter(|&&other| other != text.as_bytes()[place]) {
                    let mut typed = text.clone().into_bytes();
                    typed[place] = other;
                    let typed = String::from_utf8(typed).expect("ASCII");
                    assert_eq!(open(&typed, 64), None, "{typed}");
                }
            }
        }
    }
}
