//! The overlay in force with those before it, and the file in the data directory that keeps them over a restart. It knows
//! no key, and nothing of what is done with them.

use std::collections::VecDeque;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::{ConfigError, Overlay};
use crate::durable;

/// How many patches can be taken back.
const STEPS: usize = 16;

/// What was patched, up to now.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// Rises with each change; an overlay that is put back gets a version of its own.
    pub version: u64,
    /// In force.
    pub overlay: Overlay,
    /// In force before, the latest last, with the versions that they had.
    before: VecDeque<(u64, Overlay)>,
}

impl Default for History {
    fn default() -> Self {
        Self { version: 1, overlay: Overlay::default(), before: VecDeque::new() }
    }
}

/// As it is kept.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    version: u64,
    overlay: Value,
    before: Vec<Step>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    version: u64,
    overlay: Value,
}

impl History {
    /// What comes of putting this overlay in force.
    pub fn with(&self, overlay: Overlay) -> Self {
        let mut next = self.clone();
        next.version += 1;
        next.before.push_back((self.version, std::mem::replace(&mut next.overlay, overlay)));
        if next.before.len() > STEPS {
            next.before.pop_front();
        }
        next
    }

    /// What comes of taking the latest patch back, and the version that is put back; nothing where there is no patch.
    pub fn back(&self) -> Option<(Self, u64)> {
        let mut next = self.clone();
        let (restored, overlay) = next.before.pop_back()?;
        next.version += 1;
        next.overlay = overlay;
        Some((next, restored))
    }

    /// What comes of a change below the overlay.
    pub fn beneath(&self) -> Self {
        Self { version: self.version + 1, ..self.clone() }
    }

    /// The versions that can be gone back to, the latest last.
    pub fn versions(&self) -> impl Iterator<Item = u64> {
        self.before.iter().map(|(version, _)| *version)
    }

    /// What is kept in a file; the beginning where there is none.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let unusable = |reason: String| ConfigError::Overlay { path: path.to_owned(), reason };
        let bytes = match fs::read(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            read => read.map_err(|error| unusable(error.to_string()))?,
        };
        let Kept { version, overlay, before } =
            serde_json::from_slice(&bytes).map_err(|error| unusable(error.to_string()))?;
        let parse = |tree: &Value| Overlay::default().patched(tree);
        let overlay = parse(&overlay).map_err(|error| unusable(error.to_string()))?;
        // What another build kept and this one does not know cannot be put back; it is in nobody's way.
        let before = before.iter().filter_map(|step| parse(&step.overlay).ok().map(|overlay| (step.version, overlay)));
        Ok(Self { version, overlay, before: before.collect() })
    }

    /// Keeps it durably: the file is this one or the one before, whatever happens.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let step = |(version, overlay): &(u64, Overlay)| Step { version: *version, overlay: overlay.to_json() };
        let before = self.before.iter().map(step).collect();
        let kept = Kept { version: self.version, overlay: self.overlay.to_json(), before };
        durable::replace(path, &serde_json::to_vec_pretty(&kept)?)
    }
}

#[cfg(test)]
mod tests {
    use super::{History, STEPS};
    use crate::config::Overlay;
    use serde_json::json;

    fn rate(rate: usize) -> Overlay {
        let patch = json!({"gateway": {"client_rate_per_s": rate}});
        Overlay::default().patched(&patch).expect("a live key")
    }

    #[test]
    fn what_is_kept_is_read_again_and_goes_on() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("overlay.json");
        assert_eq!(History::read(&path).expect("none is the beginning"), History::default());
        let history = History::default().with(rate(1)).with(rate(2));
        history.write(&path).expect("writable");
        assert_eq!(History::read(&path).expect("it was written"), history);
        let (back, restored) = history.back().expect("two patches");
        assert_eq!((back.version, restored, back.overlay), (4, 2, rate(1)));
    }

    #[test]
    fn so_many_patches_can_be_taken_back_and_no_more() {
        let mut history = (1..=STEPS + 5).fold(History::default(), |history, step| history.with(rate(step)));
        assert_eq!(history.versions().count(), STEPS);
        let mut steps = 0;
        while let Some((back, _)) = history.back() {
            assert!(back.version > history.version, "a version is never given twice");
            history = back;
            steps += 1;
        }
        assert_eq!((steps, history.overlay), (STEPS, rate(5)));
    }

    #[test]
    fn a_file_that_is_damaged_is_named_with_what_to_do() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("overlay.json");
        for bytes in ["{\"version\":1", "[]", "{\"version\":1,\"overlay\":{\"gateway\":{\"no\":1}},\"before\":[]}"] {
            std::fs::write(&path, bytes).expect("writable");
            let said = History::read(&path).expect_err("it is none").to_string();
            assert!(said.contains("overlay.json") && said.contains("move it away"), "{said}");
        }
    }
}
