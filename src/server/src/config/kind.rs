//! What values a key of the configuration takes: the range in words, the default, and what a written value comes to.
//! It knows no key by name.

use std::net::ToSocketAddrs;

use toml::Value;

/// What values a key takes, and which one stands when none is given.
#[derive(Debug)]
pub enum Kind {
    /// A whole number, both ends of the range included.
    Number {
        /// The least allowed.
        min: i64,
        /// The most allowed.
        max: i64,
        /// What it must be a multiple of.
        step: i64,
        /// What is counted.
        unit: &'static str,
        /// When none is given.
        default: i64,
    },
    /// One word of a list.
    Choice {
        /// The words.
        of: &'static [&'static str],
        /// When none is given.
        default: &'static str,
    },
    /// `HOST:PORT`; the host is an address or a name.
    Address {
        /// When none is given.
        default: &'static str,
    },
    /// `HOST:PORT`, or nothing.
    OptionalAddress {
        /// When none is given.
        default: &'static str,
    },
    /// A name of at most so many bytes as headers and cookies have them, or nothing.
    Name {
        /// The most bytes.
        most: usize,
    },
    /// A path, relative to the directory that the server was started in.
    Path {
        /// When none is given.
        default: &'static str,
    },
}

impl Kind {
    /// What is allowed, in words and with the unit.
    pub fn allowed(&self) -> String {
        match self {
            Self::Number { min, max, step: 1, unit, .. } => format!("{min} to {max} {unit}"),
            Self::Number { min, max, step, unit, .. } => format!("{min} to {max} {unit}, a multiple of {step}"),
            Self::Choice { of, .. } => format!("one of {}", of.join(", ")),
            Self::Address { .. } => "HOST:PORT with a host that resolves".to_owned(),
            Self::OptionalAddress { .. } => "HOST:PORT with a host that resolves, or empty".to_owned(),
            Self::Name { most } => format!("up to {most} letters, digits and !#$%&'*+-.^_`|~"),
            Self::Path { .. } => "a path".to_owned(),
        }
    }

    /// The value that stands when none is given.
    pub fn default(&self) -> Value {
        match self {
            Self::Number { default, .. } => (*default).into(),
            Self::Name { .. } => "".into(),
            Self::Choice { default, .. }
            | Self::Address { default }
            | Self::OptionalAddress { default }
            | Self::Path { default } => (*default).into(),
        }
    }

    /// The value that plain text stands for, as variables and flags carry it. Text that is no number where one
    /// belongs stays text, and [`Kind::settle`] refuses it.
    pub(super) fn parse(&self, text: String) -> Value {
        match self {
            Self::Number { .. } => text.parse().map_or(Value::String(text), Value::Integer),
            _ => Value::String(text),
        }
    }

    /// The value to run with, host names resolved; nothing when it is not allowed.
    pub(super) fn settle(&self, value: &Value) -> Option<Value> {
        match self {
            Self::Number { min, max, step, .. } => value
                .as_integer()
                .filter(|number| (*min..=*max).contains(number) && number % step == 0)
                .map(Value::from),
            Self::Choice { of, .. } => value.as_str().filter(|word| of.contains(word)).map(Value::from),
            Self::Address { .. } => {
                let resolved = value.as_str()?.to_socket_addrs().ok()?.next()?;
                Some(resolved.to_string().into())
            }
            Self::OptionalAddress { .. } if value.as_str() == Some("") => Some("".into()),
            Self::OptionalAddress { default } => Self::Address { default }.settle(value),
            Self::Name { most } => {
                value.as_str().filter(|name| name.len() <= *most && name.bytes().all(is_token)).map(Value::from)
            }
            Self::Path { .. } => value.as_str().filter(|path| !path.is_empty()).map(Value::from),
        }
    }
}

/// Whether a name in HTTP may hold it (RFC 9110, 5.6.2).
pub(super) fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
