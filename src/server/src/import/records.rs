//! The records of a CSV source under their header, each with the line it begins on.
//! It does not know what a column means.

use std::io::{Chain, Read};

use ::csv::{ByteRecord, Reader, ReaderBuilder, Terminator};

use super::ImportError;

/// How much of a cell an error repeats: thousands of errors are kept.
const SHOWN_CHARACTERS: usize = 80;

/// The records of a CSV source.
pub(super) struct Records<R> {
    /// A line end is chained on so that each record ends with one, see [`Self::read`].
    reader: Reader<Chain<R, &'static [u8]>>,
    record: ByteRecord,
    columns: usize,
}

impl<R: Read> Records<R> {
    /// Reads the header row, and gives the names in it.
    pub(super) fn new(source: R) -> Result<(Self, Vec<String>), ImportError> {
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .terminator(Terminator::Any(b'\n'))
            .from_reader(source.chain(b"\n".as_slice()));
        let mut records = Self { reader, record: ByteRecord::new(), columns: 0 };
        if records.read()?.is_none() {
            return Err(ImportError::NoHeader);
        }
        records.columns = records.record.len();
        let name = |cell: &[u8]| String::from_utf8_lossy(cell.trim_ascii()).into_owned();
        let names = records.record.iter().map(name).collect();
        Ok((records, names))
    }

    /// Reads the next record that is not a blank line, and says on which line it begins.
    ///
    /// The reader's own position of a record is that of the blank lines before it. But it counts
    /// line ends exactly, so the first line is counted back from the end.
    pub(super) fn read(&mut self) -> Result<Option<u64>, ImportError> {
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

    /// The record that was read last: a cell for each name of the header.
    pub(super) fn cells(&self) -> Result<&ByteRecord, String> {
        let (cells, columns) = (self.record.len(), self.columns);
        if cells == columns { Ok(&self.record) } else { Err(format!("{cells} cells, but the header has {columns}")) }
    }
}

/// A cell's text as an error may repeat it: on one line and not for long.
pub(super) fn shown(text: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let mut shown: String = text.chars().take(SHOWN_CHARACTERS).map(plain).collect();
    if text.chars().nth(SHOWN_CHARACTERS).is_some() {
        shown.push_str("...");
    }
    shown
}
