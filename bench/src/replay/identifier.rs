//! The shop's own codes as identifiers of the contract, and back: what the alphabet lacks becomes `:xx`, two hex digits.
//! It must not know what a code stands for.

use std::fmt;

use serde::Serialize;

use crate::Error;

/// The contract's limit for every identifier, in bytes.
const LONGEST: usize = 64;

/// 1 to 64 bytes of `[A-Za-z0-9._:-]`, in which `:` only ever begins an escape.
///
/// ```
/// let code = bench::replay::Identifier::escape("BANK CHARGES")?;
/// assert_eq!(code.as_str(), "BANK:20CHARGES");
/// assert_eq!(code.unescape(), "BANK CHARGES");
/// # Ok::<(), bench::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Identifier(String);

impl Identifier {
    /// Escapes a code; an empty one, or one that is longer than 64 bytes afterwards, is refused.
    pub fn escape(raw: &str) -> Result<Self, Error> {
        let mut escaped = String::with_capacity(raw.len());
        for byte in raw.bytes() {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-') {
                escaped.push(char::from(byte));
            } else {
                escaped.push(':');
                escaped.push(hex_digit(byte >> 4));
                escaped.push(hex_digit(byte & 0xF));
            }
        }
        if (1..=LONGEST).contains(&escaped.len()) {
            Ok(Self(escaped))
        } else {
            Err(Error::Identifier { raw: raw.to_owned(), bytes: escaped.len() })
        }
    }

    /// As it goes over the wire; needs no further escaping in a path or in JSON.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The code as the shop wrote it.
    pub fn unescape(&self) -> String {
        let mut bytes = Vec::with_capacity(self.0.len());
        let mut rest = self.0.bytes();
        while let Some(byte) = rest.next() {
            if byte == b':' {
                let high = rest.next().map_or(0, hex_value);
                let low = rest.next().map_or(0, hex_value);
                bytes.push(high << 4 | low);
            } else {
                bytes.push(byte);
            }
        }
        // Lossless: only `escape` makes identifiers, and it was given UTF-8.
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

fn hex_digit(nibble: u8) -> char {
    char::from(b"0123456789abcdef"[usize::from(nibble & 0xF)])
}

fn hex_value(digit: u8) -> u8 {
    if digit.is_ascii_digit() { digit - b'0' } else { digit - b'a' + 10 }
}
