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

/// Loom weakens sequentially consistent accesses to acquire and release, but keeps fences: one after
/// each such store gives back the order of a store and a later load, and no more than that. What
/// else is asked for in that order is weaker here than it is.
fn totally_ordered(order: Ordering) {
    if order == Ordering::SeqCst {
        fence(Ordering::SeqCst);
    }
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
                self.0.load(order)
            }

            pub(crate) fn store(&self, value: $value, order: Ordering) {
                // An exchange, because loom lets a plain store come between what another thread's
                // exchange read and what it wrote.
                let store_order = if order == Ordering::SeqCst { Ordering::Release } else { order };
                self.0.swap(value, store_order);
                totally_ordered(order);
            }
        }
    };
}

macro_rules! number {
    ($name:ident, $value:ty) => {
        atomic!($name, $value);

        impl $name {
            pub(crate) fn fetch_add(&self, value: $value, order: Ordering) -> $value {
                self.0.fetch_add(value, order)
            }

            pub(crate) fn fetch_sub(&self, value: $value, order: Ordering) -> $value {
                self.0.fetch_sub(value, order)
            }
        }
    };
}

atomic!(AtomicBool, bool);
number!(AtomicUsize, usize);
number!(AtomicU64, u64);

impl AtomicBool {
    pub(crate) fn swap(&self, value: bool, order: Ordering) -> bool {
        let was = self.0.swap(value, order);
        totally_ordered(order);
        was
    }

    pub(crate) fn compare_exchange(
        &self,
        current: bool,
        new: bool,
        success: Ordering,
        failure: Ordering,
    ) -> Result<bool, bool> {
        self.0.compare_exchange(current, new, success, failure)
    }
}
