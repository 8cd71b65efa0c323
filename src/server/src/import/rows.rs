//! CSV turned into the JSON lines that the server takes: columns by the names in the header row,
//! an empty cell being an absent field. It checks that numbers are numbers, nothing more.

use std::io::Read;

use super::found::{Found, Origin};
use super::records::{Records, shown};
use super::{ImportError, shopify};

/// A column that a header may name; the field of the same name.
struct Column {
    name: &'static str,
    is_number: bool,
}

const COLUMNS: &[Column] = &[
    text("sku"),
    text("location"),
    number("on_hand"),
    number("available"),
    number("delta"),
    text("reference"),
    number("safety_stock"),
    number("backorder_limit"),
    number("unavailable"),
    number("source_ts_ms"),
];

const fn text(name: &'static str) -> Column {
    Column { name, is_number: false }
}

const fn number(name: &'static str) -> Column {
    Column { name, is_number: true }
}

/// The rows of a CSV source.
pub(super) struct Rows<R> {
    records: Records<R>,
    columns: Vec<&'static Column>,
}

impl<R: Read> Rows<R> {
    /// Reads the header row.
    pub(super) fn new(source: R) -> Result<Self, ImportError> {
        let (records, names) = Records::new(source)?;
        if shopify::is_inventory(&names) {
            return Err(ImportError::IsShopify);
        }
        let mut columns: Vec<&Column> = Vec::new();
        for name in names {
            let column = named(name)?;
            if columns.iter().any(|seen| seen.name == column.name) {
                return Err(ImportError::RepeatedColumn { name: column.name });
            }
            columns.push(column);
        }
        if !columns.iter().any(|column| column.name == "sku") {
            return Err(ImportError::NoSkuColumn);
        }
        Ok(Self { records, columns })
    }

    fn to_json(&self) -> Result<Vec<u8>, String> {
        let mut fields = serde_json::Map::new();
        for (column, cell) in self.columns.iter().zip(self.records.cells()?) {
            let cell = cell.trim_ascii();
            if !cell.is_empty() {
                fields.insert(column.name.to_owned(), column.value(cell)?);
            }
        }
        Ok(serde_json::Value::Object(fields).to_string().into_bytes())
    }
}

impl<R: Read> Iterator for Rows<R> {
    type Item = Result<Found, ImportError>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.records.read().transpose()?;
        Some(line.map(|line| Found::of(Origin::line(line), self.to_json())))
    }
}

impl Column {
    fn value(&self, cell: &[u8]) -> Result<serde_json::Value, String> {
        let name = self.name;
        let text = str::from_utf8(cell).map_err(|_| format!("column `{name}` is not UTF-8"))?;
        if !self.is_number {
            return Ok(text.into());
        }
        text.parse::<i64>()
            .map(Into::into)
            .map_err(|_| format!("column `{name}`: `{}` is not a whole number", shown(text)))
    }
}

fn named(name: String) -> Result<&'static Column, ImportError> {
    if let Some(column) = COLUMNS.iter().find(|column| column.name == name) {
        return Ok(column);
    }
    let distance = |column: &&Column| strsim::damerau_levenshtein(&name, column.name);
    let nearest = COLUMNS.iter().min_by_key(distance);
    Err(ImportError::UnknownColumn { nearest: nearest.map_or("sku", |column| column.name), name })
}
