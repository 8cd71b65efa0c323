//! A value that one kind of write replaces as a whole: the last that was acknowledged, and those that
//! may have replaced it since.

use crate::Broken;
use std::fmt::Debug;

#[derive(Debug)]
pub(super) struct Told<T> {
    known: T,
    open: Vec<T>,
}

impl<T: Debug + Clone + PartialEq> Told<T> {
    pub fn new(known: T) -> Self {
        Self { known, open: Vec::new() }
    }

    pub fn send(&mut self, value: T) {
        self.open.push(value);
    }

    /// The answer says that it is this now. Answers come in the order of the writes.
    pub fn hear(&mut self, value: &T) {
        if let Some(at) = self.open.iter().position(|open| open == value) {
            self.open.drain(..=at);
        }
        self.known = value.clone();
    }

    /// The answer says that this was not done.
    pub fn close(&mut self, value: &T) {
        if let Some(at) = self.open.iter().position(|open| open == value) {
            self.open.remove(at);
        }
    }

    /// Nothing is under way any more: what is there was acknowledged, or sent since.
    pub fn rest(&mut self, found: T) -> Result<(), Broken> {
        if found != self.known && !self.open.contains(&found) {
            return Err(Broken::Changed(format!("{found:?}; {self:?}")));
        }
        self.known = found;
        self.open.clear();
        Ok(())
    }
}
