//! What became of the lines, over all requests of an import.
//! It knows the source's line numbers, and nothing of its format.

use std::fmt;

use super::found::Origin;

/// What is kept for listing, so that a wholly wrong file does not fill the memory.
pub(super) const MAX_LISTED: usize = 10_000;

/// What became of the lines. A row that stands for several lines counts as so many.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Lines that took effect.
    pub applied: u64,
    /// Lines that were in error.
    pub refused: u64,
    /// Lines older than what the server has.
    pub stale: u64,
    /// Lines with nothing to do: deltas whose reference had been applied before, rows without SKU.
    pub skipped: u64,
    renamed: Vec<Renamed>,
    errors: Vec<LineError>,
}

/// Why a line was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineError {
    /// The line of the source, from 1.
    pub line: u64,
    /// A stable word, as in the HTTP contract.
    pub code: String,
    /// The reason for people.
    pub detail: String,
}

/// A location whose name in the source is no identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renamed {
    /// The name as written.
    pub name: String,
    /// What it is for the server.
    pub location: String,
}

impl Report {
    /// Locations that go by another name at the server, in the order of their appearance.
    pub fn renamed(&self) -> &[Renamed] {
        &self.renamed
    }

    /// The refused lines by their number, at most 10,000 of them.
    pub fn errors(&self) -> &[LineError] {
        &self.errors
    }

    /// Counts a line that is not worth sending.
    pub(super) fn refuse(&mut self, origin: &Origin, detail: String) {
        self.refused += 1;
        let detail = origin.explain(detail);
        self.list(LineError { line: origin.line, code: "invalid_request".to_owned(), detail });
    }

    /// Notes a location's other name. Whoever finds them sees to it that there are not too many.
    pub(super) fn rename(&mut self, renamed: Renamed) {
        self.renamed.push(renamed);
    }

    /// Lists a refused line in its place: a row refused while its chunk was being filled comes
    /// before the chunk's answer, whatever the numbers.
    pub(super) fn list(&mut self, error: LineError) {
        if self.errors.len() < MAX_LISTED {
            let place = self.errors.partition_point(|other| other.line <= error.line);
            self.errors.insert(place, error);
        }
    }
}

impl fmt::Display for LineError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}: {}", self.line, self.code, self.detail)
    }
}

impl fmt::Display for Renamed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "`{}` is location `{}`", self.name, self.location)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "applied {}, refused {}, stale {}, skipped {}",
            self.applied, self.refused, self.stale, self.skipped
        )?;
        match self.refused.saturating_sub(self.errors.len() as u64) {
            0 => Ok(()),
            unlisted => write!(out, " ({unlisted} refused lines not listed)"),
        }
    }
}
