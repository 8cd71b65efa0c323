//! The names of a disk's files, as the process sees them and as a power cut would leave them. It must
//! not know what the files hold.

use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub(super) struct Names {
    seen: BTreeMap<String, u64>,
    /// What a power cut leaves at worst.
    synced: BTreeMap<String, u64>,
    /// What was done since, in order.
    unsynced: Vec<NameChange>,
}

#[derive(Debug)]
pub(super) enum NameChange {
    Set(String, u64),
    Rename(String, String),
    Remove(String),
}

impl Names {
    pub fn find(&self, name: &str) -> Option<u64> {
        self.seen.get(name).copied()
    }

    pub fn list(&self) -> Vec<String> {
        self.seen.keys().cloned().collect()
    }

    pub fn files(&self) -> impl Iterator<Item = u64> {
        self.seen.values().copied()
    }

    pub fn change(&mut self, change: NameChange) {
        change.apply(&mut self.seen);
        self.unsynced.push(change);
    }

    pub fn set_durably(&mut self, name: &str, file: u64) {
        self.seen.insert(name.to_owned(), file);
        self.synced.insert(name.to_owned(), file);
    }

    pub fn sync(&mut self) {
        for change in self.unsynced.drain(..) {
            change.apply(&mut self.synced);
        }
    }

    /// Of what was not synced, a random prefix survives.
    pub fn crash(&mut self, random: &mut fastrand::Rng) {
        self.unsynced.truncate(random.usize(..=self.unsynced.len()));
        self.sync();
        self.seen = self.synced.clone();
    }
}

impl NameChange {
    fn apply(&self, names: &mut BTreeMap<String, u64>) {
        match self {
            Self::Set(name, file) => {
                names.insert(name.clone(), *file);
            }
            Self::Rename(from, to) => {
                if let Some(file) = names.remove(from) {
                    names.insert(to.clone(), file);
                }
            }
            Self::Remove(name) => {
                names.remove(name);
            }
        }
    }
}
