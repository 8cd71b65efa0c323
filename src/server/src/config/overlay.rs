//! Values that an operator has set while the server served: by key, above every other source. A JSON tree as an overlay is
//! told and kept, and RFC 7396 says how a patch changes it. Values are not checked here, names are.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::error::{ConfigError, Origin};
use super::gateway::{ROUTES, UPSTREAMS};
use super::keys::{KEYS, Key};

/// What is set, by the dotted name of a live key or list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overlay(BTreeMap<&'static str, Value>);

impl Overlay {
    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// This overlay after a merge patch: what is null gives a key back to the other sources, a list is replaced as a
    /// whole. A name that is none, or that is not live, is refused.
    pub fn patched(&self, patch: &Value) -> Result<Self, ConfigError> {
        let mut patched = self.clone();
        let sections = patch.as_object().ok_or(ConfigError::NoTree { pointer: String::new() })?;
        for (section, members) in sections {
            patched.patch_section(section, members)?;
        }
        Ok(patched)
    }

    fn patch_section(&mut self, section: &str, members: &Value) -> Result<(), ConfigError> {
        if !KEYS.iter().any(|key| !key.section().is_empty() && key.section() == section) {
            return Err(refused(section.to_owned()));
        }
        match members {
            Value::Null => self.0.retain(|path, _| !path.starts_with(&format!("{section}."))),
            Value::Object(members) => {
                for (name, value) in members {
                    self.set(format!("{section}.{name}"), value)?;
                }
            }
            _ => return Err(ConfigError::NoTree { pointer: pointer(section) }),
        }
        Ok(())
    }

    fn set(&mut self, path: String, value: &Value) -> Result<(), ConfigError> {
        let Some(path) = live_paths().find(|live| *live == path) else { return Err(refused(path)) };
        if value.is_null() {
            self.0.remove(path);
        } else {
            self.0.insert(path, value.clone());
        }
        Ok(())
    }

    /// What is set, with where in the tree it stands.
    pub(super) fn values(&self) -> impl Iterator<Item = (&'static str, &Value, Origin)> {
        self.0.iter().map(|(path, value)| (*path, value, Origin::Overlay { pointer: pointer(path) }))
    }

    /// The tree.
    pub fn to_json(&self) -> Value {
        let mut tree = Map::new();
        for (path, value) in &self.0 {
            insert(&mut tree, path, value.clone());
        }
        tree.into()
    }
}

/// Puts a value where its dotted name says.
pub(super) fn insert(tree: &mut Map<String, Value>, path: &str, value: Value) {
    let (section, name) = path.split_once('.').unwrap_or(("", path));
    let into = match section {
        "" => Some(tree),
        _ => tree.entry(section).or_insert_with(|| Map::new().into()).as_object_mut(),
    };
    if let Some(into) = into {
        into.insert(name.to_owned(), value);
    }
}

/// Every name that may be set while the server serves: those of lists as well.
pub fn live_paths() -> impl Iterator<Item = &'static str> {
    let keys = KEYS.iter().filter(|key| key.is_live()).map(|key| key.path);
    keys.chain([UPSTREAMS, ROUTES])
}

/// Where a dotted name stands in the tree (RFC 6901).
fn pointer(path: &str) -> String {
    let token = |part: &str| format!("/{}", part.replace('~', "~0").replace('/', "~1"));
    match path.split_once('.') {
        Some((section, name)) => token(section) + &token(name),
        None => token(path),
    }
}

fn refused(path: String) -> ConfigError {
    let origin = Origin::Overlay { pointer: pointer(&path) };
    if Key::find(&path).is_some() {
        return ConfigError::NotLive { key: path, origin };
    }
    ConfigError::unknown(path, live_paths(), origin)
}

#[cfg(test)]
mod tests {
    use super::{Overlay, live_paths};
    use serde_json::{Value, json};

    fn patched(patches: &[Value]) -> Value {
        let all = patches.iter().try_fold(Overlay::default(), |overlay, patch| overlay.patched(patch));
        all.expect("names of live keys").to_json()
    }

    #[test]
    fn a_patch_adds_replaces_and_gives_back() {
        let first = json!({"gateway": {"client_rate_per_s": 5, "route": [{"path": "/a"}]}});
        let second = json!({"gateway": {"client_rate_per_s": null, "route": []}, "telemetry": {"log_level": "warn"}});
        let both = json!({"gateway": {"route": []}, "telemetry": {"log_level": "warn"}});
        assert_eq!(patched(&[first.clone(), second.clone()]), both);
        assert_eq!(patched(&[first.clone(), json!({"gateway": null})]), json!({}));
        assert_eq!(patched(&[first.clone(), json!({})]), first);
    }

    #[test]
    fn a_name_is_a_live_key_even_where_it_is_given_back() {
        for (patch, says, pointer) in [
            (
                json!({"gateway": {"client_rates_per_s": null}}),
                "did you mean `gateway.client_rate_per_s`",
                "/gateway/client_rates_per_s",
            ),
            (json!({"gateways": {}}), "unknown key `gateways`", "/gateways"),
            (json!({"": 1}), "unknown key", "/"),
            (json!({"data_dir": "x"}), "takes a restart", "/data_dir"),
            (json!({"gateway": {"max_clients": 5000}}), "takes a restart", "/gateway/max_clients"),
            (json!({"engine": {"shards": 1}}), "takes a restart", "/engine/shards"),
            (json!({"gateway": 5}), "a JSON object", "/gateway"),
            (json!([]), "a JSON object", ""),
            (json!({"gateway": {"a/b": 1}}), "unknown key", "/gateway/a~1b"),
        ] {
            let error = Overlay::default().patched(&patch).expect_err("it is refused");
            assert!(error.to_string().contains(says), "{patch}: {error}");
            assert_eq!(error.pointer(), Some(pointer), "{patch}");
        }
    }

    #[test]
    fn what_is_live_is_admission_the_gateway_and_how_much_is_told() {
        let sections: std::collections::BTreeSet<_> = live_paths().filter_map(|path| path.split('.').next()).collect();
        assert_eq!(sections.into_iter().collect::<Vec<_>>(), ["admission", "gateway", "telemetry"]);
    }
}
