//! The engine's `sync` over shuttle: every lock, atomic and park is a point where another thread
//! may go on. Sequentially consistent, and time never passes: a park has no timeout here.

use shuttle::sync as raw;
use std::sync::PoisonError;

mod locks;
mod map;
mod queue;

pub(crate) use locks::{Mutex, MutexGuard};
pub(crate) use map::{DashMap, MapEntry};
pub(crate) use queue::ArrayQueue;
pub(crate) use raw::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
pub(crate) use shuttle::thread;

#[derive(Debug, Default)]
pub(crate) struct RwLock<T>(raw::RwLock<T>);

impl<T> RwLock<T> {
    pub(crate) fn read(&self) -> raw::RwLockReadGuard<'_, T> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> raw::RwLockWriteGuard<'_, T> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}
