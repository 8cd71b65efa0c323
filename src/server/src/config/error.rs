//! What can be wrong with a configuration, and where each value came from.
//! It knows no key by name.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Where a value was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nowhere: the default stands.
    Default,
    /// In a file.
    File {
        /// Its path as given.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// In an environment variable of that name.
    Environment(String),
    /// In a flag of that name.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => write!(out, "default"),
            Self::File { path, line } => write!(out, "{}:{line}", path.display()),
            Self::Environment(name) => write!(out, "environment variable {name}"),
            Self::Flag(name) => write!(out, "flag {name}"),
        }
    }
}

/// Why there is no configuration to run with. The operator's to mend; a retry does not help.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration file {}: {source}", path.display())]
    Unreadable {
        /// The file as named.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not text.
    #[error("{origin}: the line is not UTF-8")]
    NotText {
        /// The first such line.
        origin: Origin,
    },
    /// The file is not TOML.
    #[error("{} is not valid TOML: {source}", path.display())]
    Syntax {
        /// The file as named.
        path: PathBuf,
        /// Line, column and what was expected.
        source: toml::de::Error,
    },
    /// A key, section or variable that does not exist.
    #[error("{origin}: unknown key `{name}`; did you mean `{nearest}`?")]
    UnknownKey {
        /// As written.
        name: String,
        /// The valid name that is closest to it.
        nearest: String,
        /// Where it was written.
        origin: Origin,
    },
    /// A value of the wrong type or outside its range.
    #[error("{origin}: `{key}` = {given} is not allowed; allowed is {allowed}")]
    NotAllowed {
        /// The key's dotted name.
        key: &'static str,
        /// The value as written.
        given: String,
        /// The range, with its unit.
        allowed: String,
        /// Where it was given.
        origin: Origin,
    },
    /// A plain value where a section belongs.
    #[error("{origin}: `{name}` is a section, write [{name}]")]
    NotASection {
        /// The section's name.
        name: String,
        /// Where the value was written.
        origin: Origin,
    },
    /// An entry of a list that cannot be.
    #[error("{origin}: in [[{list}]] {problem}")]
    BadEntry {
        /// The list's dotted name.
        list: &'static str,
        /// Where the entry begins.
        origin: Origin,
        /// What is wrong, and what is allowed.
        problem: String,
    },
    /// Two values, each allowed, that do not go together.
    #[error("{left} must {rule} {right}")]
    Conflict {
        /// The value that breaks the rule, with its key and origin.
        left: String,
        /// What the one must be to the other.
        rule: &'static str,
        /// The value that it is measured against, with its key and origin.
        right: String,
    },
}
