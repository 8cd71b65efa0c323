//! The first stage: values as written, by key, each with its origin; a later source replaces an
//! earlier one. Names are checked here, values are not.

use std::collections::BTreeMap;
use std::path::Path;
use std::str::Utf8Error;

use serde::Deserialize;
use toml::de::{DeTable, DeValue, ValueDeserializer};
use toml::{Spanned, Value};

use super::Flags;
use super::error::{ConfigError, Origin, Side, nearest};
use super::gateway::{Entry, ROUTES, UPSTREAMS};
use super::keys::{ENV_PREFIX, KEYS, Key};
use super::overlay::Overlay;

/// A value as written.
#[derive(Clone, Debug)]
pub(super) struct Given {
    pub(super) value: Value,
    pub(super) origin: Origin,
}

/// What was given, by the key's path.
#[derive(Clone, Debug, Default)]
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
    pub(super) fn describe(&self, path: &'static str) -> Side {
        let given = Key::find(path).map(|key| self.in_force(key));
        let Given { value, origin } = given.unwrap_or(Given { value: "".into(), origin: Origin::Default });
        Side { path, value: value.to_string(), origin }
    }

    /// Lets a key have what it has elsewhere.
    pub(super) fn take_over(&mut self, key: &Key, other: &Self) {
        match other.given.get(key.path) {
            Some(given) => self.given.insert(key.path, given.clone()),
            None => self.given.remove(key.path),
        };
    }

    /// What an overlay sets wins over all that was added before.
    pub(super) fn add_overlay(&mut self, overlay: &Overlay) -> Result<(), ConfigError> {
        for (path, value, origin) in overlay.values() {
            if let Some(list) = self.list(path) {
                *list = overlay_entries(path, value, origin)?;
            } else if let Some(key) = Key::find(path) {
                let value = to_toml(value).ok_or_else(|| ConfigError::NotAllowed {
                    key: key.path,
                    given: value.to_string(),
                    allowed: key.kind.allowed(),
                    origin: origin.clone(),
                })?;
                self.given.insert(key.path, Given { value, origin });
            }
        }
        Ok(())
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

/// A list of tables of an overlay, each with where it stands.
fn overlay_entries(list: &'static str, value: &serde_json::Value, origin: Origin) -> Result<Vec<Entry>, ConfigError> {
    let wrong = |origin| ConfigError::BadEntry { list, origin, problem: "are JSON objects".to_owned() };
    let Some(written) = value.as_array() else {
        return Err(wrong(origin));
    };
    let entry = |(index, written): (usize, &serde_json::Value)| {
        let origin = origin.item(index);
        let value = Some(written).filter(|written| written.is_object()).and_then(to_toml);
        value.map(|value| Entry { value, origin: origin.clone() }).ok_or_else(|| wrong(origin))
    };
    written.iter().enumerate().map(entry).collect()
}

/// A value of JSON as one of TOML, which has no null: a member that is null is none.
fn to_toml(json: &serde_json::Value) -> Option<Value> {
    use serde_json::Value as Json;
    Some(match json {
        Json::Null => return None,
        Json::Bool(truth) => Value::Boolean(*truth),
        Json::Number(number) => number.as_i64().map(Value::Integer).or_else(|| number.as_f64().map(Value::Float))?,
        Json::String(text) => Value::String(text.clone()),
        Json::Array(list) => Value::Array(list.iter().map(to_toml).collect::<Option<_>>()?),
        Json::Object(members) => {
            let kept = members.iter().filter(|(_, value)| !value.is_null());
            Value::Table(kept.map(|(name, value)| Some((name.clone(), to_toml(value)?))).collect::<Option<_>>()?)
        }
    })
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
    if value.is_table() {
        ConfigError::unknown(name, KEYS.iter().map(Key::section), origin)
    } else {
        ConfigError::unknown(name, KEYS.iter().map(|key| key.path), origin)
    }
}

fn unknown_in_environment(name: String) -> ConfigError {
    let dotted = name[ENV_PREFIX.len()..].to_lowercase().replace("__", ".");
    let path = nearest(&dotted, KEYS.iter().map(|key| key.path));
    let nearest = Key::find(path).map_or_else(String::new, Key::env_name);
    ConfigError::UnknownKey { origin: Origin::Environment(name.clone()), name, nearest }
}
