//! What a seed did, as one number to compare two runs by, and in words for who wants to read along.

use std::fmt::Display;
use std::hash::{DefaultHasher, Hash, Hasher};

/// The steps of one seed. The hasher's keys are fixed: the same steps give the same number anywhere.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    hasher: DefaultHasher,
    verbose: bool,
    step: u64,
}

impl Trace {
    pub fn new(verbose: bool) -> Self {
        Self { verbose, ..Self::default() }
    }

    /// Notes something that must be the same in every run of the seed.
    pub fn note(&mut self, what: &'static str, value: impl Hash) {
        self.step += 1;
        what.hash(&mut self.hasher);
        value.hash(&mut self.hasher);
    }

    /// Tells it too, if somebody reads along.
    pub fn tell<T: Display>(&self, words: impl FnOnce() -> T) {
        if self.verbose {
            println!("{:>6} {}", self.step, words());
        }
    }

    pub fn hash(&self) -> u64 {
        self.hasher.finish()
    }
}
