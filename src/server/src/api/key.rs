//! Names made from keys: reservation ids from `Idempotency-Key` or from chance, and the texts
//! under which the ledger knows an adjustment again. Equal keys make equal names, for ever.

use std::fs::File;
use std::io::{self, Read};
use std::sync::atomic::{AtomicU64, Ordering};

use hyper::header::{HeaderMap, HeaderName};
use ledger::{ReservationId, Text};
use sha2::{Digest, Sha256};

use super::input;
use crate::http::Problem;

/// The header of a key.
pub const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
const POINTER: &str = "/headers/idempotency-key";
/// The longest key, in bytes.
pub const KEY_BYTES: usize = 255;

/// The partition of every id made here, so that another node can tell whose it is.
const PARTITION: &str = "0-";

/// 64 characters, all of them allowed in an identifier.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-";

/// 128 bits, six a character.
const ID_CHARACTERS: u32 = 22;

/// Makes ids that nobody can guess.
#[derive(Debug)]
pub struct Keys {
    seed: [u8; 32],
    made: AtomicU64,
}

impl Keys {
    /// Seeds itself from the system, once.
    pub fn new() -> io::Result<Self> {
        let mut seed = [0; 32];
        File::open("/dev/urandom")?.read_exact(&mut seed)?;
        Ok(Self { seed, made: AtomicU64::new(0) })
    }

    /// An id that was never made before.
    pub fn fresh(&self) -> ReservationId {
        let count = self.made.fetch_add(1, Ordering::Relaxed);
        id_from(Sha256::new().chain_update(self.seed).chain_update(count.to_le_bytes()))
    }
}

/// The id of a reserve with this key.
pub fn reservation_id(key: &str) -> ReservationId {
    id_from(Sha256::new().chain_update(b"reserve\0").chain_update(key))
}

fn id_from(hash: Sha256) -> ReservationId {
    let mut first = [0; 16];
    first.copy_from_slice(&hash.finalize()[..16]);
    let bits = u128::from_be_bytes(first);
    let mut id = String::with_capacity(PARTITION.len() + ID_CHARACTERS as usize);
    id.push_str(PARTITION);
    for character in 0..ID_CHARACTERS {
        id.push(char::from(ALPHABET[(bits >> (6 * character)) as usize & 63]));
    }
    ReservationId::parse(&id).expect("24 characters of the alphabet of identifiers")
}

/// The request's key, if it has one.
pub fn given(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let key = input::header(headers, &HEADER, POINTER)?;
    match key.map(str::len) {
        None | Some(1..=KEY_BYTES) => Ok(key),
        Some(_) => Err(Problem::invalid(POINTER, "must be 1 to 255 bytes long")),
    }
}

/// The text under which an adjustment with a key is known.
pub fn of_adjustment(key: &str) -> Text {
    text('k', key)
}

/// The text under which an adjustment with a reference is known.
pub fn of_reference(reference: &Text) -> Text {
    text('r', reference.as_str())
}

/// A prefixed text may be too long; its hash is not.
fn text(prefix: char, key: &str) -> Text {
    Text::parse(&format!("{prefix}:{key}")).unwrap_or_else(|_| {
        let hash = id_from(Sha256::new().chain_update(key));
        Text::parse(&format!("{prefix}#{hash}")).expect("26 characters without control characters")
    })
}

#[cfg(test)]
mod tests {
    use super::{Keys, given, of_adjustment, of_reference, reservation_id};
    use hyper::header::HeaderMap;
    use ledger::Text;

    #[test]
    fn an_id_is_the_same_for_the_same_key_for_ever() {
        // Computed apart from this code; another value would forget every key across an upgrade.
        assert_eq!(reservation_id("k-1").as_str(), GOLDEN);
        assert_ne!(reservation_id("k-2").as_str(), GOLDEN);
    }

    const GOLDEN: &str = "0-zmqTzTBbRCTxiW5VbY14EA";

    #[test]
    fn fresh_ids_differ_between_calls_and_between_threads() {
        let (one, other) = (Keys::new().expect("random bytes"), Keys::new().expect("random bytes"));
        let mut ids: Vec<_> = (0..100).flat_map(|_| [one.fresh(), other.fresh()]).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 200);
    }

    #[test]
    fn keys_and_references_are_kept_apart_even_when_too_long_to_be_prefixed() {
        let long = "x".repeat(255);
        let reference = Text::parse(&long).expect("255 bytes are a text");
        assert_ne!(of_adjustment(&long), of_reference(&reference));
        assert_ne!(of_adjustment(&long), of_adjustment(&long[1..]));
        assert_eq!(of_adjustment("a").as_str(), "k:a");
    }

    #[test]
    fn a_key_must_be_given_once_and_have_a_length() {
        let headers = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append("idempotency-key", value.parse().expect("a header value"));
            }
            headers
        };
        assert_eq!(given(&headers(&[])).ok(), Some(None));
        assert_eq!(given(&headers(&["a"])).ok(), Some(Some("a")));
        assert!(given(&headers(&[""])).is_err());
        assert!(given(&headers(&["a", "a"])).is_err());
        assert!(given(&headers(&[&"x".repeat(256)])).is_err());
    }
}
