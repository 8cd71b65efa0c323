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
    /// In the overlay, or in the patch that was to become part of it.
    Overlay {
        /// The JSON pointer to it.
        pointer: String,
    },
}

impl Origin {
    /// Where an item of the list that is here stands.
    pub(super) fn item(&self, index: usize) -> Self {
        match self {
            Self::Overlay { pointer } => Self::Overlay { pointer: format!("{pointer}/{index}") },
            other => other.clone(),
        }
    }

    fn pointer(&self) -> Option<&str> {
        match self {
            Self::Overlay { pointer } => Some(pointer),
            _ => None,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => write!(out, "default"),
            Self::File { path, line } => write!(out, "{}:{line}", path.display()),
            Self::Environment(name) => write!(out, "environment variable {name}"),
            Self::Flag(name) => write!(out, "flag {name}"),
            Self::Overlay { pointer } => write!(out, "overlay {pointer}"),
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
        /// The value that breaks the rule.
        left: Box<Side>,
        /// What the one must be to the other.
        rule: &'static str,
        /// The value that it is measured against.
        right: Box<Side>,
    },
    /// A key that only a start can change.
    #[error("{origin}: `{key}` takes a restart: set it in the file, the environment or a flag")]
    NotLive {
        /// The dotted name of the key or section.
        key: String,
        /// Where it was written.
        origin: Origin,
    },
    /// Something else where a section, or the whole tree, belongs.
    #[error("overlay {pointer}: write a JSON object here, as {{\"gateway\": {{\"client_rate_per_s\": 5}}}}")]
    NoTree {
        /// The JSON pointer to it.
        pointer: String,
    },
    /// The overlay that was kept cannot be used any more.
    #[error(
        "the overlay of patched settings in {path} cannot be used: {reason}. Mend it there, or move it away to start \
         with file, environment and flags alone",
        path = path.display()
    )]
    Overlay {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl ConfigError {
    /// A name that is none, with the closest of those that are.
    pub(super) fn unknown<'a>(name: String, known: impl Iterator<Item = &'a str>, origin: Origin) -> Self {
        Self::UnknownKey { nearest: nearest(&name, known).to_owned(), name, origin }
    }

    /// The JSON pointer to what is wrong, where it is in an overlay.
    pub fn pointer(&self) -> Option<&str> {
        match self {
            Self::UnknownKey { origin, .. }
            | Self::NotAllowed { origin, .. }
            | Self::NotASection { origin, .. }
            | Self::BadEntry { origin, .. }
            | Self::NotLive { origin, .. } => origin.pointer(),
            Self::Conflict { left, right, .. } => left.origin.pointer().or_else(|| right.origin.pointer()),
            Self::NoTree { pointer } => Some(pointer),
            Self::Unreadable { .. } | Self::NotText { .. } | Self::Syntax { .. } | Self::Overlay { .. } => None,
        }
    }
}

/// One of two values that do not go together.
#[derive(Debug)]
pub struct Side {
    /// Its key.
    pub path: &'static str,
    /// As written.
    pub value: String,
    /// Where.
    pub origin: Origin,
}

impl fmt::Display for Side {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "`{}` = {} ({})", self.path, self.value, self.origin)
    }
}

/// The candidate closest to a name; the right key in the wrong section counts as close.
pub(super) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> &'a str {
    let last = |path: &'a str| path.rsplit('.').next().unwrap_or(path);
    let name_last = name.rsplit('.').next().unwrap_or(name);
    candidates
        .filter(|candidate| !candidate.is_empty())
        .min_by_key(|candidate| {
            let whole = strsim::damerau_levenshtein(name, candidate);
            let tail = strsim::damerau_levenshtein(name_last, last(candidate));
            whole.min(tail + 1)
        })
        .unwrap_or_default()
}
