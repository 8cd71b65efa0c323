//! NDJSON as it is: each line with its number, blank ones left out.
//! It does not look into a line; the server judges it.

use std::io::{BufRead, Read};

use super::ImportError;
use super::found::{Found, Origin};

/// Longer than any line that could be meant: past it the file is something else.
pub(super) const MAX_LINE_BYTES: u64 = 1024 * 1024;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The lines of an NDJSON source.
pub(super) struct Lines<R> {
    reader: R,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, number: 0 }
    }

    /// The next line without its end, blank or not; nothing at the end of the source.
    fn read(&mut self) -> Result<Option<Vec<u8>>, ImportError> {
        let mut line = Vec::new();
        let read = Read::by_ref(&mut self.reader)
            .take(MAX_LINE_BYTES)
            .read_until(b'\n', &mut line)
            .map_err(ImportError::Read)?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        if read as u64 == MAX_LINE_BYTES && !line.ends_with(b"\n") {
            return Err(ImportError::LineTooLong { line: self.number });
        }
        if self.number == 1 && line.starts_with(BYTE_ORDER_MARK) {
            line.drain(..BYTE_ORDER_MARK.len());
        }
        line.truncate(line.trim_ascii_end().len());
        Ok(Some(line))
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = Result<Found, ImportError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.read().transpose()? {
                Ok(line) if line.is_empty() => {}
                Ok(line) => {
                    return Some(Ok(Found::Json(Origin::line(self.number), line)));
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }
}
