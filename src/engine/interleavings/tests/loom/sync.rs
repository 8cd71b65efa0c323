//! The engine's `sync` over loom: every lock, atomic and park is a point where another thread may go
//! on, and a relaxed read may be as late as the memory model lets it be.

use loom::sync as raw;

#[path = "../../stand_ins/locks.rs"]
mod locks;
#[path = "../../stand_ins/map.rs"]
mod map;
#[path = "../../stand_ins/queue.rs"]
mod queue;
#[path = "thread.rs"]
pub(crate) mod thread;

pub(crate) use locks::{Mutex, MutexGuard};
pub(crate) use loom::sync::atomic::{Ordering, fence};
pub(crate) use map::{DashMap, MapEntry};
pub(crate) use queue::ArrayQueue;

/// Loom weakens sequentially consistent accesses to acquire and release, but keeps fences: a fence
/// on either side gives back their one order.
///
/// It also forgets that nothing comes between what an exchange reads and what it writes, and so lets
/// a plain store of another thread seem older than an exchange before it. Such stores are exchanges
/// here: beside those fences that orders nothing else.
fn ordered<T>(order: Ordering, access: impl FnOnce() -> T) -> T {
    let is_total = order == Ordering::SeqCst;
    if is_total {
        fence(Ordering::SeqCst);
    }
    let got = access();
    if is_total {
        fence(Ordering::SeqCst);
    }
    got
}

macro_rules! atomic {
    ($name:ident, $value:ty) => {
        #[derive(Debug)]
        pub(crate) struct $name(raw::atomic::$name);

        impl $name {
            pub(crate) fn new(value: $value) -> Self {
                Self(raw::atomic::$name::new(value))
            }

            pub(crate) fn load(&self, order: Ordering) -> $value {
                ordered(order, || self.0.load(order))
            }

            pub(crate) fn store(&self, value: $value, order: Ordering) {
                if order == Ordering::SeqCst {
                    ordered(order, || self.0.swap(value, order));
                } else {
                    self.0.store(value, order);
                }
            }
        }
    };
}

macro_rules! number {
    ($name:ident, $value:ty) => {
        atomic!($name, $value);

        impl $name {
            pub(crate) fn fetch_add(&self, value: $value, order: Ordering) -> $value {
                ordered(order, || self.0.fetch_add(value, order))
            }

            pub(crate) fn fetch_sub(&self, value: $value, order: Ordering) -> $value {
                ordered(order, || self.0.fetch_sub(value, order))
            }
        }
    };
}

atomic!(AtomicBool, bool);
number!(AtomicUsize, usize);
number!(AtomicU64, u64);

impl AtomicBool {
    pub(crate) fn swap(&self, value: bool, order: Ordering) -> bool {
        ordered(order, || self.0.swap(value, order))
    }

    pub(crate) fn compare_exchange(
        &self,
        current: bool,
        new: bool,
        success: Ordering,
        failure: Ordering,
    ) -> Result<bool, bool> {
        ordered(success, || self.0.compare_exchange(current, new, success, failure))
    }
}
