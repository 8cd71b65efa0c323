//! Fields of settings that hold many values: the shares of channels, and names of which each stands
//! there once. They say what would be right, and know no route.

use std::collections::HashSet;
use std::fmt;
use std::hash::Hash;
use std::ops::RangeInclusive;

use ledger::{Channel, ChannelQuota, MAX_CHANNEL_QUOTAS};
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use super::fields::{Figure, Name};
use crate::http::Problem;

/// A field that holds the shares of channels, at most [`MAX_CHANNEL_QUOTAS`], each channel once.
#[derive(Debug, Default)]
pub struct Quotas(pub Vec<ChannelQuota>);

impl<'de> Deserialize<'de> for Quotas {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        struct QuotasVisitor;
        impl<'de> Visitor<'de> for QuotasVisitor {
            type Value = Quotas;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(out, "an object of at most {MAX_CHANNEL_QUOTAS} channels and their units")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Quotas, A::Error> {
                let mut quotas = Vec::new();
                while let Some(text) = members.next_key::<String>()? {
                    if quotas.len() == MAX_CHANNEL_QUOTAS {
                        return Err(A::Error::invalid_length(MAX_CHANNEL_QUOTAS + 1, &self));
                    }
                    let channel = Channel::parse(&text)
                        .map_err(|error| A::Error::custom(format!("the name of a channel {error}: `{text}`")))?;
                    let units: Figure = members.next_value()?;
                    if quotas.iter().any(|known: &ChannelQuota| known.channel == channel) {
                        return Err(A::Error::custom(format!("the channel `{channel}` is there twice")));
                    }
                    // A figure's range fits.
                    quotas.push(ChannelQuota { channel, quota: units.0 as u32 });
                }
                Ok(Quotas(quotas))
            }
        }
        source.deserialize_map(QuotasVisitor)
    }
}

/// The names in a list that must have each of them once; `pointer` says which list it is.
pub fn distinct<T: Eq + Hash>(
    list: Vec<Name<T>>,
    length: RangeInclusive<usize>,
    pointer: &str,
) -> Result<Vec<T>, Problem> {
    if !length.contains(&list.len()) {
        let detail = format!("must have {} to {} entries, and has {}", length.start(), length.end(), list.len());
        return Err(Problem::invalid(pointer, detail));
    }
    let mut seen = HashSet::with_capacity(list.len());
    match list.iter().position(|Name(name)| !seen.insert(name)) {
        Some(index) => Err(Problem::invalid(&format!("{pointer}/{index}"), "is in the list already")),
        None => Ok(list.into_iter().map(|Name(name)| name).collect()),
    }
}
