//! The names of Shopify's locations, which are free text, as identifiers: one each, so that the
//! stock of two is never mistaken for that of one. It knows nothing of rows.

use std::collections::{HashMap, VecDeque};

use ledger::{Location, NameError};

use crate::import::records::shown;
use crate::import::report::Renamed;

/// Far more than any shop has: past it the column holds something else.
pub(super) const MAX_NAMES: usize = 10_000;
const MAX_NAME_BYTES: usize = 255;

/// The locations named so far.
#[derive(Default)]
pub(super) struct Locations {
    names: HashMap<Location, String>,
    renamed: VecDeque<Renamed>,
}

impl Locations {
    /// The location of that name, the same each time; or why there can be none.
    pub(super) fn named(&mut self, name: &str) -> Result<Location, String> {
        let location = identifier(name)?;
        match self.names.get(&location) {
            Some(known) if known == name => return Ok(location),
            Some(known) => {
                return Err(format!("`{}` and `{}` would both be location `{location}`", shown(known), shown(name)));
            }
            None => {}
        }
        if self.names.len() == MAX_NAMES {
            return Err(format!("`{}` would be one location more than {MAX_NAMES}", shown(name)));
        }
        if location.as_str() != name {
            self.renamed.push_back(Renamed { name: shown(name), location: location.to_string() });
        }
        self.names.insert(location.clone(), name.to_owned());
        Ok(location)
    }

    /// The next location whose name had to be changed, each once.
    pub(super) fn next_renamed(&mut self) -> Option<Renamed> {
        self.renamed.pop_front()
    }
}

/// The name with one `-` for each run of characters that no identifier has, and none at its ends.
fn identifier(name: &str) -> Result<Location, String> {
    if name.len() > MAX_NAME_BYTES {
        return Err(format!("`{}` is longer than {MAX_NAME_BYTES} bytes", shown(name)));
    }
    let mut identifier = String::with_capacity(name.len());
    let mut in_run = false;
    for c in name.chars() {
        let is_known = Location::parse(c.encode_utf8(&mut [0; 4])).is_ok();
        if is_known {
            identifier.push(c);
        } else if !in_run {
            identifier.push('-');
        }
        in_run = !is_known;
    }
    Location::parse(identifier.trim_matches('-')).map_err(|error| match error {
        NameError::Empty => format!("`{}` has none of the characters A-Z a-z 0-9 . _ :", shown(name)),
        error => format!("`{}` becomes an identifier that {error}", shown(name)),
    })
}
