//! The types of the contract's fields: each parses itself and says what would be right.
//! They carry ledger values, which are not checked again.

mod schema;

use std::fmt;
use std::marker::PhantomData;

use ledger::{
    Channel, Customer, IfExpired, Location, MAX_LINES, Mode, NameError, Order, Quantity, ReservationId, SaleId, Sku,
    Text, Want,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Unexpected, Visitor};

use crate::http::Problem;

/// What a name may be made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alphabet {
    /// A few characters that need no escape anywhere.
    Identifier,
    /// All but control characters.
    Text,
}

/// A ledger name, made from text.
pub trait FromText: Sized {
    /// What it may be made of.
    const ALPHABET: Alphabet;

    /// Parses the text.
    fn from_text(text: &str) -> Result<Self, NameError>;
}

macro_rules! from_text {
    ($alphabet:ident: $($name:ident)*) => {
        $(impl FromText for $name {
            const ALPHABET: Alphabet = Alphabet::$alphabet;

            fn from_text(text: &str) -> Result<Self, NameError> {
                Self::parse(text)
            }
        })*
    };
}

from_text!(Identifier: Sku Location Customer Channel SaleId ReservationId);
from_text!(Text: Order Text);

/// A field that holds a name.
#[derive(Debug, Clone)]
pub struct Name<T>(pub T);

impl<'de, T: FromText> Deserialize<'de> for Name<T> {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        struct TextVisitor<T>(PhantomData<T>);
        impl<T: FromText> Visitor<'_> for TextVisitor<T> {
            type Value = Name<T>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a string")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Name<T>, E> {
                T::from_text(text).map(Name).map_err(E::custom)
            }
        }
        source.deserialize_str(TextVisitor(PhantomData))
    }
}

/// The name in a field that may be left out.
pub fn name<T>(field: Option<Name<T>>) -> Option<T> {
    field.map(|Name(name)| name)
}

/// A field that holds a whole number of a range, both ends included.
#[derive(Debug, Clone, Copy)]
pub struct Whole<const MIN: i64, const MAX: i64>(pub i64);

impl<'de, const MIN: i64, const MAX: i64> Deserialize<'de> for Whole<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        struct WholeVisitor<const MIN: i64, const MAX: i64>;
        impl<const MIN: i64, const MAX: i64> Visitor<'_> for WholeVisitor<MIN, MAX> {
            type Value = Whole<MIN, MAX>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(out, "an integer from {MIN} to {MAX}")
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
                match i64::try_from(number) {
                    Ok(number) => self.visit_i64(number),
                    Err(_) => Err(E::invalid_value(Unexpected::Unsigned(number), &self)),
                }
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
                if (MIN..=MAX).contains(&number) {
                    Ok(Whole(number))
                } else {
                    Err(E::invalid_value(Unexpected::Signed(number), &self))
                }
            }
        }
        source.deserialize_any(WholeVisitor::<MIN, MAX>)
    }
}

/// A stock figure.
pub type Figure = Whole<0, { ledger::MAX_QUANTITY as i64 }>;

/// Units of a line.
pub type Units = Whole<1, { ledger::MAX_QUANTITY as i64 }>;

/// A time to live or a grace, in milliseconds.
pub type Ttl = Whole<1, { i64::MAX }>;

/// A version or a point in time.
pub type Count = Whole<0, { i64::MAX }>;

/// A difference; that it is not 0 is checked by [`difference`].
pub type Delta = Whole<{ -(ledger::MAX_QUANTITY as i64) }, { ledger::MAX_QUANTITY as i64 }>;

impl<const MAX: i64> Whole<0, MAX> {
    /// The number, which is not negative.
    pub const fn get(self) -> u64 {
        self.0 as u64
    }
}

impl Ttl {
    /// The milliseconds, which are not negative.
    pub const fn millis(self) -> ledger::Millis {
        ledger::Millis(self.0 as u64)
    }
}

/// A stock figure that may be left out, in units.
pub fn units(field: Option<Figure>) -> Option<u32> {
    // A figure's range fits.
    field.map(|figure| figure.0 as u32)
}

/// A difference that makes one.
pub fn difference(field: Delta) -> Result<i64, Problem> {
    match field.0 {
        0 => Err(Problem::invalid("/delta", "must not be 0")),
        delta => Ok(delta),
    }
}

/// Something that the contract writes as one of a few words.
pub trait Words: Copy + 'static {
    /// Each word, and what it means.
    const WORDS: &'static [(&'static str, Self)];
}

impl Words for Mode {
    const WORDS: &'static [(&'static str, Self)] =
        &[(Self::AllOrNothing.as_str(), Self::AllOrNothing), (Self::BestEffort.as_str(), Self::BestEffort)];
}

impl Words for IfExpired {
    const WORDS: &'static [(&'static str, Self)] =
        &[(Self::Refuse.as_str(), Self::Refuse), (Self::Reacquire.as_str(), Self::Reacquire)];
}

/// A field that holds one of a few words.
#[derive(Debug, Clone, Copy)]
pub struct Word<T>(pub T);

impl<'de, T: Words> Deserialize<'de> for Word<T> {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        struct WordVisitor<T>(PhantomData<T>);
        impl<T: Words> Visitor<'_> for WordVisitor<T> {
            type Value = Word<T>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                let words: Vec<_> = T::WORDS.iter().map(|(word, _)| *word).collect();
                write!(out, "one of {}", words.join(", "))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Word<T>, E> {
                let found = T::WORDS.iter().find(|(word, _)| *word == text);
                found.map(|(_, value)| Word(*value)).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
            }
        }
        source.deserialize_str(WordVisitor(PhantomData))
    }
}

/// The word in a field that may be left out.
pub fn word<T: Words + Default>(field: Option<Word<T>>) -> T {
    field.map(|Word(value)| value).unwrap_or_default()
}

/// An object and nothing else: serde would also take a list, field after field.
#[derive(Debug)]
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        struct ObjectVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
            type Value = Object<T>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Object<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(members)).map(Object)
            }
        }
        source.deserialize_map(ObjectVisitor(PhantomData))
    }
}

/// Units of a SKU, at a location or wherever they are.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Line")]
#[serde(deny_unknown_fields)]
struct WantFields {
    /// The SKU.
    sku: Name<Sku>,
    /// The location; any, and several if need be, when left out.
    location: Option<Name<Location>>,
    /// Units.
    quantity: Units,
}

/// The lines of a reserve, or parts of a reservation: 1 to [`MAX_LINES`].
#[derive(Debug)]
pub struct Wants(pub ledger::Wants);

impl Wants {
    /// The same lines in the same order have the same bytes, however their JSON was written: no
    /// name holds a slash or a newline. An absent location is not the location `default`.
    pub fn canonical(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(64 * self.0.len());
        for Want { sku, location, quantity } in &self.0 {
            let location = location.as_ref().map_or("", |location| location.as_str());
            let mut number = itoa::Buffer::new();
            for part in [sku.as_str(), "/", location, "/", number.format(quantity.units()), "\n"] {
                bytes.extend_from_slice(part.as_bytes());
            }
        }
        bytes
    }
}

impl<'de> Deserialize<'de> for Wants {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        struct WantsVisitor;
        impl<'de> Visitor<'de> for WantsVisitor {
            type Value = Wants;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(out, "a list of 1 to {MAX_LINES} lines")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut lines: A) -> Result<Wants, A::Error> {
                let mut wants = ledger::Wants::new();
                while let Some(Object(fields)) = lines.next_element::<Object<WantFields>>()? {
                    if wants.len() == MAX_LINES {
                        return Err(A::Error::invalid_length(MAX_LINES + 1, &self));
                    }
                    let quantity = Quantity::new(fields.quantity.0 as u64).map_err(A::Error::custom)?;
                    wants.push(Want { sku: fields.sku.0, location: name(fields.location), quantity });
                }
                if wants.is_empty() { Err(A::Error::invalid_length(0, &self)) } else { Ok(Wants(wants)) }
            }
        }
        source.deserialize_seq(WantsVisitor)
    }
}
