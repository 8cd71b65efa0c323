//! CSV turned into the JSON lines that the server takes: columns by the names in the header row,
//! an empty cell being an absent field. It checks that numbers are numbers, nothing more.

use std::io::{Chain, Read};

use ::csv::{ByteRecord, Reader, ReaderBuilder, Terminator};

use super::{ImportError, Line};

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
    /// A line end is chained on so that each record ends with one, see [`Self::read`].
    reader: Reader<Chain<R, &'static [u8]>>,
    columns: Vec<&'static Column>,
    record: ByteRecord,
}

impl<R: Read> Rows<R> {
    /// Reads the header row.
    pub(super) fn new(source: R) -> Result<Self, ImportError> {
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .terminator(Terminator::Any(b'\n'))
            .from_reader(source.chain(b"\n".as_slice()));
        let mut rows = Self { reader, columns: Vec::new(), record: ByteRecord::new() };
        if rows.read()?.is_none() {
            return Err(ImportError::NoHeader);
        }
        for cell in &rows.record {
            let column = named(cell)?;
            if rows.columns.iter().any(|seen| seen.name == column.name) {
                return Err(ImportError::RepeatedColumn { name: column.name });
            }
            rows.columns.push(column);
        }
        if !rows.columns.iter().any(|column| column.name == "sku") {
            return Err(ImportError::NoSkuColumn);
        }
        Ok(rows)
    }

    /// Reads the next record that is not a blank line, and says on which line it begins.
    ///
    /// The reader's own position of a record is that of the blank lines before it. But it counts
    /// line ends exactly, so the first line is counted back from the end.
    fn read(&mut self) -> Result<Option<u64>, ImportError> {
        loop {
            let more = self.reader.read_byte_record(&mut self.record);
            if !more.map_err(|error| ImportError::Read(error.into()))? {
                return Ok(None);
            }
            let is_blank = self.record.len() == 1 && self.record[0].trim_ascii().is_empty();
            if !is_blank {
                let inner_ends = memchr::memchr_iter(b'\n', self.record.as_slice()).count();
                let line = self.reader.position().line() - 1 - inner_ends as u64;
                return Ok(Some(line));
            }
        }
    }

    fn to_json(&self) -> Result<Vec<u8>, String> {
        let (cells, columns) = (self.record.len(), self.columns.len());
        if cells != columns {
            return Err(format!("{cells} cells, but the header has {columns}"));
        }
        let mut fields = serde_json::Map::new();
        for (column, cell) in self.columns.iter().zip(&self.record) {
            let cell = cell.trim_ascii();
            if !cell.is_empty() {
                fields.insert(column.name.to_owned(), column.value(cell)?);
            }
        }
        Ok(serde_json::Value::Object(fields).to_string().into_bytes())
    }
}

impl<R: Read> Iterator for Rows<R> {
    type Item = Result<Line, ImportError>;

    fn next(&mut self) -> Option<Self::Item> {
        let number = self.read().transpose()?;
        Some(number.map(|number| Line { number, json: self.to_json() }))
    }
}

impl Column {
    fn value(&self, cell: &[u8]) -> Result<serde_json::Value, String> {
        let name = self.name;
        let text = str::from_utf8(cell).map_err(|_| format!("column `{name}` is not UTF-8"))?;
        if !self.is_number {
            return Ok(text.into());
        }
        text.parse::<i64>().map(Into::into).map_err(|_| format!("column `{name}`: `{text}` is not a whole number"))
    }
}

fn named(cell: &[u8]) -> Result<&'static Column, ImportError> {
    let name = String::from_utf8_lossy(cell.trim_ascii());
    if let Some(column) = COLUMNS.iter().find(|column| column.name == name) {
        return Ok(column);
    }
    let distance = |column: &&Column| strsim::damerau_levenshtein(&name, column.name);
    let nearest = COLUMNS.iter().min_by_key(distance);
    Err(ImportError::UnknownColumn { nearest: nearest.map_or("sku", |column| column.name), name: name.into_owned() })
}
