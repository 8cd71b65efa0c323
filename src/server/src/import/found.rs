//! What reading a source finds, one thing at a time, and where. It knows no format.

use std::rc::Rc;

use super::report::Renamed;

/// What there is to do or to say about a piece of the source: a line, a row, or a cell of one.
pub(super) enum Found {
    /// JSON to send, without a line end.
    Json(Origin, Vec<u8>),
    /// An error, and why it is one.
    Bad(Origin, String),
    /// A row with nothing to send.
    Nothing,
    /// A location that goes by another name at the server; each is found once.
    Renamed(Renamed),
}

/// Where something stands in the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// The line it begins on, from 1.
    pub(super) line: u64,
    /// The column, where a row comes to several lines.
    column: Option<Rc<str>>,
}

impl Found {
    pub(super) fn of(origin: Origin, json: Result<Vec<u8>, String>) -> Self {
        match json {
            Ok(json) => Self::Json(origin, json),
            Err(detail) => Self::Bad(origin, detail),
        }
    }
}

impl Origin {
    pub(super) fn line(line: u64) -> Self {
        Self { line, column: None }
    }

    pub(super) fn cell(line: u64, column: &Rc<str>) -> Self {
        Self { line, column: Some(Rc::clone(column)) }
    }

    /// What is wrong there, said so that the cell is found.
    pub(super) fn explain(&self, detail: String) -> String {
        match &self.column {
            Some(column) => format!("column `{column}`: {detail}"),
            None => detail,
        }
    }
}
