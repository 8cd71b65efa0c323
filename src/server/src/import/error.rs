//! Why an import stopped, and with which exit code the program then ends.
//! Lines that were refused one by one are no error, they stand in the report.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why an import stopped before the end.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be opened.
    #[error("cannot open {}: {source}", path.display())]
    Unreadable {
        /// The file as named.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Reading failed halfway.
    #[error("cannot read on: {0}")]
    Read(io::Error),
    /// Neither the extension nor a flag says how the file is written.
    #[error("cannot tell the format of {source_name} from its name: give --format ndjson, csv or shopify-csv")]
    UnknownFormat {
        /// The file as named.
        source_name: String,
    },
    /// A line so long that this is no NDJSON.
    #[error("line {line} is longer than 1 MiB: is this NDJSON?")]
    LineTooLong {
        /// The line's number, from 1.
        line: u64,
    },
    /// A CSV source with nothing in it.
    #[error("no header row: the first line names the columns, `sku` and what is to be set")]
    NoHeader,
    /// A header without the one column that must be there.
    #[error("the header row has no column `sku`")]
    NoSkuColumn,
    /// A header that names a column that does not exist.
    #[error("unknown column `{name}`; did you mean `{nearest}`?")]
    UnknownColumn {
        /// As written.
        name: String,
        /// The closest that exists.
        nearest: &'static str,
    },
    /// A header that names a column twice.
    #[error("the header row names column `{name}` twice")]
    RepeatedColumn {
        /// The column.
        name: &'static str,
    },
    /// A CSV source that is Shopify's.
    #[error("this looks like Shopify's inventory export: give --format shopify-csv")]
    IsShopify,
    /// Not the header of Shopify's inventory export.
    #[error(
        "the header row has no column `{name}`: Shopify's inventory export has `Handle`, `Title`, the options, `SKU`, \
         and then either a column for each location or the columns `Location` and `Available`"
    )]
    NotShopify {
        /// The column that is missing.
        name: &'static str,
    },
    /// A column of Shopify's that cannot be a location.
    #[error("column {number}, `{name}`, cannot be a location: {why}; rename it in the header row")]
    NotLocation {
        /// Which column, from 1.
        number: usize,
        /// Its name.
        name: String,
        /// What is in the way.
        why: String,
    },
    /// The server could not be reached, or was not ready, for too long. Try again later from the
    /// line given.
    #[error("gave up after {waited:?} at line {line}: {why}")]
    Unavailable {
        /// The first line of the source that was not sent, from 1.
        line: u64,
        /// What was in the way the last time.
        why: String,
        /// How long it was tried.
        waited: Duration,
    },
    /// The connection broke while lines were under way: some may have been applied.
    #[error(
        "the connection broke while lines {first} to {last} were under way, and some of them may \
         have been applied: {source}; import again from line {first} (a delta whose reference was \
         applied is skipped)"
    )]
    Broken {
        /// The first line under way, from 1.
        first: u64,
        /// The last line under way.
        last: u64,
        /// What happened to the connection.
        source: Box<ureq::Error>,
    },
    /// The server refused the request as a whole.
    #[error("the server refused lines {first} to {last} with {status}: {detail}")]
    Rejected {
        /// The first line of the request, from 1.
        first: u64,
        /// The last line of the request.
        last: u64,
        /// The HTTP status.
        status: u16,
        /// The server's reason.
        detail: String,
    },
    /// An answer in a form that the contract does not know.
    #[error("what answers for lines {first} to {last} is no tidegate server: {source}")]
    Foreign {
        /// The first line of the request, from 1.
        first: u64,
        /// The last line of the request.
        last: u64,
        /// Where its answer departs from the contract.
        source: serde_json::Error,
    },
}

impl ImportError {
    /// How the program ends: 1 when the server's side failed, 2 when usage or the file did.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Unavailable { .. } | Self::Broken { .. } | Self::Rejected { .. } | Self::Foreign { .. } => 1,
            Self::Unreadable { .. }
            | Self::Read(_)
            | Self::UnknownFormat { .. }
            | Self::LineTooLong { .. }
            | Self::NoHeader
            | Self::NoSkuColumn
            | Self::UnknownColumn { .. }
            | Self::RepeatedColumn { .. }
            | Self::IsShopify
            | Self::NotShopify { .. }
            | Self::NotLocation { .. } => 2,
        }
    }
}
