//! The crate's one error: what was attempted and on what, so that a person at a terminal can act on it.
//! It must not know which binary prints it.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Why a replay or a measurement could not be carried out. Refusals by the server are no errors: they are counted.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A line of the orders cannot be read; the file's author must mend it.
    #[error("{file}:{line}: {problem}")]
    Orders {
        /// The file as it was named.
        file: String,
        /// Where the record begins, counted from 1.
        line: u64,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// A text is empty or too long to become an identifier.
    #[error("{raw:?} makes no identifier: escaped it has {bytes} bytes, and 1 to 64 are allowed")]
    Identifier {
        /// The text as the shop wrote it.
        raw: String,
        /// Its length after escaping.
        bytes: usize,
    },
    /// The caller's URL is not one this client speaks.
    #[error("{0:?} is no address of the API: write it like http://127.0.0.1:7700")]
    Url(String),
    /// A file could not be read or written.
    #[error("cannot {attempt} {}: {source}", path.display())]
    File {
        /// The verb, as in "read".
        attempt: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A connection could not be made or broke; the same attempt may succeed later.
    #[error("{address}: {problem}")]
    Connection {
        /// Who was spoken to.
        address: String,
        /// What happened.
        problem: String,
    },
    /// The other side answered, but not as the contract says.
    #[error("cannot {attempt}: {answer}")]
    Answer {
        /// The verb, as in "import the stock".
        attempt: &'static str,
        /// The status and as much of the body as helps.
        answer: String,
    },
    /// A program that is to be compared is not there or did not start.
    #[error("cannot start {program}: {problem}")]
    Program {
        /// Its name.
        program: String,
        /// Why, and what to do about it.
        problem: String,
    },
    /// The server broke what it promises.
    #[error("a broken promise: {0}")]
    Promise(String),
    /// A client of the operating system's own facilities failed (event queue, runtime).
    #[error("cannot {attempt}: {source}")]
    System {
        /// The verb, as in "start a runtime".
        attempt: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

impl Error {
    /// Wraps a failure of a file, for `map_err`.
    pub fn file(attempt: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { attempt, path, source }
    }

    /// Wraps a failure of the operating system, for `map_err`.
    pub fn system(attempt: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::System { attempt, source }
    }

    /// Wraps whatever went wrong on a connection to `address`, for `map_err`.
    pub fn connection<E: std::fmt::Display>(address: SocketAddr) -> impl FnOnce(E) -> Self {
        move |problem| Self::Connection { address: address.to_string(), problem: problem.to_string() }
    }
}
