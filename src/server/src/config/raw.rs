//! The first stage: values as written, by key, each with its origin; a later source replaces an
//! earlier one. Names are checked here, values are not.

use std::collections::BTreeMap;
use std::path::Path;
use std::str::Utf8Error;

use serde::Deserialize;
use toml::de::{DeTable, DeValue, ValueDeserializer};
use toml::{Spanned, Value};

use super::Flags;
use super::error::{ConfigError, Origin};
use super::gateway::{Entry, ROUTES, UPSTREAMS};
use super::keys::{ENV_PREFIX, KEYS, Key};

/// A value as written.
#[derive(Clone)]
pub(super) struct Given {
    pub(super) value: Value,
    pub(super) origin: Origin,
}

/// What was given, by the key's path.
#[derive(Default)]
pub(super) struct Raw {
    given: BTreeMap<&'static str, Given>,
    upstreams: Vec<Entry>,
    routes: Vec<Entry>,
}

impl Raw {
    /// The value that a key has, be it the default.
    pub(super) fn in_force(&self, key: &Key) -> Given {
        let default = || Given { value: key.kind.default(), origin: Origin::Default };
        self.given.get(key.path).cloned().unwrap_or_else(default)
    }

    /// A key's value with its name and origin, for a message about several keys.
    pub(super) fn describe(&self, path: &'static str) -> String {
        Key::find(path).map_or_else(String::new, |key| {
            let Given { value, origin } = self.in_force(key);
            format!("`{path}` = {value} ({origin})")
        })
    }

    pub(super) fn add_file(&mut self, path: &Path) -> Result<(), ConfigError> {
        let bytes = std::fs::read(path).map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        let file = File::of(path, &bytes)?;
        let table = DeTable::parse(file.text).map_err(|source| file.syntax(source))?;
        self.add_table(&file, "", table.into_inner())
    }

    fn add_table(&mut self, file: &File<'_>, section: &str, table: DeTable<'_>) -> Result<(), ConfigError> {
        for (name, written) in table {
            let origin = file.origin(name.span().start);
            let path = match section {
                "" => name.get_ref().to_string(),
                _ => format!("{section}.{}", name.get_ref()),
            };
            if let Some(list) = self.list(&path) {
                *list = entries(file, written)?;
                continue;
            }
            let is_section = KEYS.iter().any(|key| key.section() == path);
            if let Some(key) = Key::find(&path) {
                let value = file.value(key, written)?;
                self.given.insert(key.path, Given { value, origin });
            } else if !is_section {
                return Err(unknown_in_file(path, written.get_ref(), origin));
            } else if let DeValue::Table(inner) = written.into_inner() {
                self.add_table(file, &path, inner)?;
            } else {
                return Err(ConfigError::NotASection { name: path, origin });
            }
        }
        Ok(())
    }

    fn list(&mut self, path: &str) -> Option<&mut Vec<Entry>> {
        match path {
            UPSTREAMS => Some(&mut self.upstreams),
            ROUTES => Some(&mut self.routes),
            _ => None,
        }
    }

    /// The upstreams as written.
    pub(super) fn upstreams(&self) -> &[Entry] {
        &self.upstreams
    }

    /// The routes as written.
    pub(super) fn routes(&self) -> &[Entry] {
        &self.routes
    }

    pub(super) fn add_environment(
        &mut self,
        variables: impl Iterator<Item = (String, String)>,
    ) -> Result<(), ConfigError> {
        for (name, text) in variables.filter(|(name, _)| name.starts_with(ENV_PREFIX)) {
            let Some(key) = KEYS.iter().find(|key| key.env_name() == name) else {
                return Err(unknown_in_environment(name));
            };
            let value = key.kind.parse(text);
            let origin = Origin::Environment(name);
            self.given.insert(key.path, Given { value, origin });
        }
        Ok(())
    }

    pub(super) fn add_flags(&mut self, flags: Flags) {
        let Flags { data_dir, api, admin, gateway } = flags;
        let named = [
            ("data_dir", "--data-dir", data_dir),
            ("listen.api", "--api", api),
            ("listen.admin", "--admin", admin),
            ("listen.gateway", "--gateway", gateway),
        ];
        for (path, flag, text) in named {
            if let Some(text) = text {
                let value = Value::String(text);
                let origin = Origin::Flag(flag);
                self.given.insert(path, Given { value, origin });
            }
        }
    }
}

/// A list of tables, each with the line where it begins.
fn entries(file: &File<'_>, written: Spanned<DeValue<'_>>) -> Result<Vec<Entry>, ConfigError> {
    let origin = file.origin(written.span().start);
    let DeValue::Array(list) = written.into_inner() else {
        let problem = "is a list of tables: write it in double brackets".to_owned();
        return Err(ConfigError::BadEntry { list: "gateway", origin, problem });
    };
    let entry = |written: Spanned<DeValue<'_>>| {
        let origin = file.origin(written.span().start);
        let value = Value::deserialize(ValueDeserializer::from(written)).map_err(|source| file.syntax(source))?;
        Ok(Entry { value, origin })
    };
    list.into_iter().map(entry).collect()
}

struct File<'a> {
    path: &'a Path,
    text: &'a str,
}

impl<'a> File<'a> {
    fn of(path: &'a Path, bytes: &'a [u8]) -> Result<Self, ConfigError> {
        let not_text = |wrong: Utf8Error| ConfigError::NotText { origin: after(path, &bytes[..wrong.valid_up_to()]) };
        std::str::from_utf8(bytes).map(|text| Self { path, text }).map_err(not_text)
    }

    fn origin(&self, offset: usize) -> Origin {
        after(self.path, &self.text.as_bytes()[..offset])
    }

    /// What is written for a key. Not all that TOML can write is a value here: no number beyond 64 bits is.
    fn value(&self, key: &Key, written: Spanned<DeValue<'_>>) -> Result<Value, ConfigError> {
        let span = written.span();
        Value::deserialize(ValueDeserializer::from(written)).map_err(|_| ConfigError::NotAllowed {
            key: key.path,
            given: self.text[span.clone()].to_owned(),
            allowed: key.kind.allowed(),
            origin: self.origin(span.start),
        })
    }

    fn syntax(&self, source: toml::de::Error) -> ConfigError {
        ConfigError::Syntax { path: self.path.to_owned(), source }
    }
}

/// The place in a file after what comes before it.
fn after(path: &Path, before: &[u8]) -> Origin {
    Origin::File { path: path.to_owned(), line: 1 + memchr::memchr_iter(b'\n', before).count() }
}

fn unknown_in_file(name: String, value: &DeValue<'_>, origin: Origin) -> ConfigError {
    let nearest = if value.is_table() {
        nearest(&name, KEYS.iter().map(Key::section))
    } else {
        nearest(&name, KEYS.iter().map(|key| key.path))
    };
    ConfigError::UnknownKey { nearest: nearest.to_owned(), name, origin }
}

fn unknown_in_environment(name: String) -> ConfigError {
    let dotted = name[ENV_PREFIX.len()..].to_lowercase().replace("__", ".");
    let path = nearest(&dotted, KEYS.iter().map(|key| key.path));
    let nearest = Key::find(path).map_or_else(String::new, Key::env_name);
    ConfigError::UnknownKey { origin: Origin::Environment(name.clone()), name, nearest }
}

/// The candidate closest to a name; the right key in the wrong section counts as close.
fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> &'a str {
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
