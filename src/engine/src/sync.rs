//! Where the engine takes its locks, atomics, queue, map and parking from, each under one name.
//!
//! The tests of its interleavings (`interleavings/`) compile the engine's modules over stand-ins
//! of the same names, which a model checker sees into. It must not know what is built on them.

pub(crate) use crossbeam::queue::ArrayQueue;
pub(crate) use dashmap::DashMap;
pub(crate) use dashmap::mapref::entry::Entry as MapEntry;
pub(crate) use parking_lot::{Mutex, MutexGuard, RwLock};
pub(crate) use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
pub(crate) use std::thread;
