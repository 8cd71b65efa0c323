//! A model checker's mutex with the face of `parking_lot`'s. It must not know which checker's it is.

use super::raw;
use std::sync::PoisonError;

pub(crate) use raw::MutexGuard;

#[derive(Debug, Default)]
pub(crate) struct Mutex<T>(raw::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(raw::Mutex::new(value))
    }

    /// A panic with the lock held has failed the model already: poison tells nothing more.
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        self.0.try_lock().ok()
    }
}
