//! The header of Shopify's inventory export. Older exports have a column for each location, newer
//! ones a row; the newest add to a figure's name whether an import into Shopify would read it.
//! It knows nothing of rows.

use std::rc::Rc;

use ledger::Location;

use super::locations::Locations;
use crate::import::ImportError;
use crate::import::records::shown;

/// Columns that are no location, beside those of the options.
const ABOUT_THE_VARIANT: [&str; 6] = ["Handle", "Title", "SKU", "Barcode", "HS Code", "COO"];
const LOCATION: &str = "Location";
const AVAILABLE: &str = "Available";
/// The figures of a row for one location.
const FIGURES: [&str; 5] = ["Incoming", "Unavailable", "Committed", AVAILABLE, "On hand"];
/// After a figure's name: what Shopify has.
const AS_IT_IS: [&str; 3] = ["", " (not editable)", " (current)"];
/// After a figure's name: what Shopify is to be given, which is no stock yet.
const TO_BE: &str = " (new)";

/// Where the columns are that matter.
pub(super) struct Header {
    pub(super) sku: Column,
    pub(super) layout: Layout,
}

pub(super) enum Layout {
    /// Each of these columns is a location, and holds what is available there.
    ColumnPerLocation(Vec<(Column, Location)>),
    /// Each row names its location.
    RowPerLocation { location: Column, available: Column },
}

pub(super) struct Column {
    pub(super) index: usize,
    /// As written, for people.
    pub(super) name: Rc<str>,
}

/// Whether these are the columns of an inventory export of Shopify's.
pub(in crate::import) fn is_inventory(names: &[String]) -> bool {
    ["Handle", "Title", "SKU"].iter().all(|wanted| names.iter().any(|name| is(name, wanted)))
}

impl Header {
    pub(super) fn parse(names: &[String], locations: &mut Locations) -> Result<Self, ImportError> {
        // Any table has columns that are not known here: these three tell an export's by.
        for wanted in ["Handle", "Title"] {
            the(wanted, names, |name| is(name, wanted))?;
        }
        let sku = the("SKU", names, |name| is(name, "SKU"))?;
        let is_long = names.iter().any(|name| is(name, LOCATION) || is_figure(name));
        let layout =
            if is_long { Layout::row_per_location(names)? } else { Layout::column_per_location(names, locations)? };
        Ok(Self { sku, layout })
    }
}

impl Layout {
    fn row_per_location(names: &[String]) -> Result<Self, ImportError> {
        let is_available = |name: &str| AS_IT_IS.iter().any(|suffix| is(name, &format!("{AVAILABLE}{suffix}")));
        Ok(Self::RowPerLocation {
            location: the(LOCATION, names, |name| is(name, LOCATION))?,
            available: the(AVAILABLE, names, is_available)?,
        })
    }

    fn column_per_location(names: &[String], locations: &mut Locations) -> Result<Self, ImportError> {
        let mut columns = Vec::new();
        for (index, name) in names.iter().enumerate().filter(|(_, name)| !is_about_the_variant(name)) {
            let is_repeated = names[..index].contains(name);
            let named =
                if is_repeated { Err("an earlier column has that name".to_owned()) } else { locations.named(name) };
            let location =
                named.map_err(|why| ImportError::NotLocation { number: index + 1, name: shown(name), why })?;
            columns.push((Column::new(index, name), location));
        }
        if columns.is_empty() {
            return Err(ImportError::NotShopify { name: LOCATION });
        }
        Ok(Self::ColumnPerLocation(columns))
    }
}

impl Column {
    fn new(index: usize, name: &str) -> Self {
        Self { index, name: shown(name).into() }
    }
}

/// The one column that is meant; `wanted` is its plain name.
fn the(wanted: &'static str, names: &[String], is_meant: impl Fn(&str) -> bool) -> Result<Column, ImportError> {
    let mut found = names.iter().enumerate().filter(|(_, name)| is_meant(name));
    let (index, name) = found.next().ok_or(ImportError::NotShopify { name: wanted })?;
    match found.next() {
        None => Ok(Column::new(index, name)),
        Some(_) => Err(ImportError::RepeatedColumn { name: wanted }),
    }
}

fn is(name: &str, wanted: &str) -> bool {
    name.eq_ignore_ascii_case(wanted)
}

fn is_figure(name: &str) -> bool {
    let suffixes = AS_IT_IS.iter().chain([&TO_BE]);
    FIGURES.iter().any(|figure| suffixes.clone().any(|suffix| is(name, &format!("{figure}{suffix}"))))
}

fn is_about_the_variant(name: &str) -> bool {
    let is_of_an_option = || {
        let number = name.strip_prefix("Option")?;
        let number = number.strip_suffix(" Name").or_else(|| number.strip_suffix(" Value"))?;
        (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(())
    };
    ABOUT_THE_VARIANT.iter().any(|known| is(name, known)) || is_of_an_option().is_some()
}
