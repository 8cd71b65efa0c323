//! Names that come from outside: parsed once at the edge, trusted ever after.
//! Short names (up to 24 bytes) live inline, so that copying one allocates nothing.

use compact_str::CompactString;
use std::fmt;

/// Why a text is not a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing there.
    #[error("must not be empty")]
    Empty,
    /// Longer than the kind of name allows; the limit in bytes.
    #[error("must be at most {0} bytes long")]
    TooLong(usize),
    /// A byte outside the alphabet of identifiers.
    #[error("may only hold the characters A-Z a-z 0-9 . _ : -")]
    Alphabet,
    /// A control character in a text.
    #[error("must not hold control characters")]
    Control,
}

/// The longest identifier, in bytes.
pub const MAX_IDENTIFIER_BYTES: usize = 64;

/// The longest text, in bytes.
pub const MAX_TEXT_BYTES: usize = 255;

fn check_identifier(text: &str) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.len() > MAX_IDENTIFIER_BYTES {
        return Err(NameError::TooLong(MAX_IDENTIFIER_BYTES));
    }
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b':' | b'-');
    if text.bytes().all(known) { Ok(()) } else { Err(NameError::Alphabet) }
}

fn check_text(text: &str) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.len() > MAX_TEXT_BYTES {
        return Err(NameError::TooLong(MAX_TEXT_BYTES));
    }
    if text.chars().any(char::is_control) { Err(NameError::Control) } else { Ok(()) }
}

/// A name that the ledger has kept as text: it was checked when it came in.
pub(crate) trait Kept {
    /// The text to keep.
    fn text(&self) -> &str;

    /// The name of a text that was kept.
    fn from_kept(text: &str) -> Self;
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $check:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(CompactString);

        impl $name {
            /// Parses the text, or says what is wrong with it.
            pub fn parse(text: &str) -> Result<Self, NameError> {
                $check(text)?;
                Ok(Self(CompactString::from(text)))
            }

            /// The name as it was written.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl Kept for $name {
            fn text(&self) -> &str {
                self.as_str()
            }

            fn from_kept(text: &str) -> Self {
                Self(CompactString::from(text))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", self.as_str())
            }
        }
    };
}

name!(
    /// A stock keeping unit: 1 to 64 bytes of `[A-Za-z0-9._:-]`.
    Sku, check_identifier
);
name!(
    /// Where stock lies: 1 to 64 bytes of `[A-Za-z0-9._:-]`.
    Location, check_identifier
);
name!(
    /// Who buys: 1 to 64 bytes of `[A-Za-z0-9._:-]`.
    Customer, check_identifier
);
name!(
    /// Through what a reservation came: 1 to 64 bytes of `[A-Za-z0-9._:-]`.
    Channel, check_identifier
);
name!(
    /// A campaign: 1 to 64 bytes of `[A-Za-z0-9._:-]`.
    SaleId, check_identifier
);
name!(
    /// A reservation's own name: 1 to 64 bytes of `[A-Za-z0-9._:-]`.
    ReservationId, check_identifier
);
name!(
    /// The platform's order that a confirmed reservation belongs to: text as that of [`Text`].
    Order, check_text
);
name!(
    /// Free text of 1 to 255 bytes without control characters: a reason, a reference, a key.
    Text, check_text
);

impl Location {
    /// The location of a stock line that names none.
    pub fn default_location() -> Self {
        Self(CompactString::const_new("default"))
    }
}
