//! From the sources of a configuration to the one in force: read once, and as often as an overlay changes.
//! It knows nothing of who uses it, nor when.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::error::ConfigError;
use super::gateway::{self, ROUTES, UPSTREAMS};
use super::keys::{ENV_PREFIX, KEYS, Key};
use super::overlay::{Overlay, insert, live_paths};
use super::raw::{Given, Raw};
use super::{Config, Flags};

/// Where a configuration comes from, by rising priority: defaults, file, environment, flags. An overlay goes above.
#[derive(Clone, Debug)]
pub struct Sources {
    file: Option<PathBuf>,
    env: Vec<(String, String)>,
    flags: Flags,
}

/// What the sources say, as it is written.
#[derive(Clone, Debug)]
pub struct Base(Raw);

/// A configuration that holds.
#[derive(Clone, Debug)]
pub struct Settled {
    /// To run with.
    pub config: Config,
    /// The same as a tree: every key, and the lists.
    tree: Value,
}

impl Sources {
    /// No file is read unless one is named; of `env` what begins with `TIDEGATE_` counts.
    pub fn new(file: Option<&Path>, env: impl Iterator<Item = (String, String)>, flags: Flags) -> Self {
        let env = env.filter(|(name, _)| name.starts_with(ENV_PREFIX)).collect();
        Self { file: file.map(Path::to_owned), env, flags }
    }

    /// Reads all of them. Names are checked, values are not.
    pub fn read(&self) -> Result<Base, ConfigError> {
        let mut raw = Raw::default();
        if let Some(path) = &self.file {
            raw.add_file(path)?;
        }
        raw.add_environment(self.env.iter().cloned())?;
        raw.add_flags(self.flags.clone());
        Ok(Base(raw))
    }
}

impl Base {
    /// The configuration that these sources come to below an overlay.
    pub fn settle(&self, overlay: &Overlay) -> Result<Settled, ConfigError> {
        let mut raw = self.0.clone();
        raw.add_overlay(overlay)?;
        let tree = tree(&raw)?;
        let mut config: Config = tree
            .clone()
            .try_into()
            // Every key is present, of its type and in range; that `KEYS` and this struct name the
            // same keys with the same types does not depend on the input, and any load shows it.
            .expect("the table of keys matches the struct");
        config.gateway.upstreams = gateway::upstreams(raw.upstreams())?;
        config.gateway.routes = gateway::routes(raw.routes(), &config.gateway.upstreams)?;
        config.check_relations(&raw)?;
        config.engine.use_cores();
        Ok(Settled { tree: shown(&tree, &config.gateway), config })
    }

    /// These sources, but for what a serving server cannot change: that as `before` says it.
    #[must_use]
    pub fn with_fixed_of(&self, before: &Self) -> Self {
        let mut raw = self.0.clone();
        KEYS.iter().filter(|key| !key.is_live()).for_each(|key| raw.take_over(key, &before.0));
        Self(raw)
    }
}

impl Settled {
    /// Every key with its value, and the lists, with all their fields that have one.
    pub fn tree(&self) -> &Value {
        &self.tree
    }

    /// The names of what is not the same: first what is live, then what is not.
    pub fn differs(&self, other: &Self) -> (Vec<&'static str>, Vec<&'static str>) {
        let is_other = |path: &&'static str| self.find(path) != other.find(path);
        let fixed = KEYS.iter().filter(|key| !key.is_live()).map(|key| key.path);
        (live_paths().filter(is_other).collect(), fixed.filter(is_other).collect())
    }

    fn find(&self, path: &str) -> Option<&Value> {
        path.split('.').try_fold(&self.tree, |tree, name| tree.get(name))
    }
}

/// The whole tree, sections nested: each value given and allowed, or the default.
fn tree(raw: &Raw) -> Result<toml::Table, ConfigError> {
    let mut tree = toml::Table::new();
    for key in KEYS {
        let value = settle_key(raw, key)?;
        match key.path.split_once('.') {
            None => {
                tree.insert(key.path.to_owned(), value);
            }
            Some((section, name)) => {
                let section = tree.entry(section).or_insert_with(|| toml::Table::new().into());
                if let Some(section) = section.as_table_mut() {
                    section.insert(name.to_owned(), value);
                }
            }
        }
    }
    Ok(tree)
}

fn settle_key(raw: &Raw, key: &Key) -> Result<toml::Value, ConfigError> {
    let Given { value, origin } = raw.in_force(key);
    key.kind.settle(&value).ok_or_else(|| ConfigError::NotAllowed {
        key: key.path,
        given: value.to_string(),
        allowed: key.kind.allowed(),
        origin,
    })
}

/// The tree as it is told: with the lists, and without fields that have no value.
fn shown(tree: &toml::Table, gateway: &super::Gateway) -> Value {
    // Texts, whole numbers and lists of them always serialise.
    let json = |value: serde_json::Result<Value>| without_nulls(value.unwrap_or_default());
    let mut shown = json(serde_json::to_value(tree)).as_object().cloned().unwrap_or_else(Map::new);
    insert(&mut shown, UPSTREAMS, json(serde_json::to_value(&gateway.upstreams)));
    insert(&mut shown, ROUTES, json(serde_json::to_value(&gateway.routes)));
    shown.into()
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Array(list) => list.into_iter().map(without_nulls).collect(),
        Value::Object(members) => {
            let kept = members.into_iter().filter(|(_, value)| !value.is_null());
            kept.map(|(name, value)| (name, without_nulls(value))).collect()
        }
        plain => plain,
    }
}
