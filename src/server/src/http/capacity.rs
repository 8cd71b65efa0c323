//! How many of something there may be at once, such as a listener's connections: a permit each,
//! returned by its drop. It knows nothing of sockets.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// One of so many is kept free, as far as that goes without refusing anybody.
const KEPT_FREE: usize = 10;

/// How many may be open at once.
#[derive(Debug)]
pub struct Capacity {
    open: AtomicUsize,
    most: usize,
}

/// The right to one of them.
#[derive(Debug)]
pub struct Permit(Arc<Capacity>);

impl Capacity {
    /// Room for `most`.
    pub fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { open: AtomicUsize::new(0), most })
    }

    /// A permit, unless all are out.
    pub fn try_acquire(self: &Arc<Self>) -> Option<Permit> {
        let more = |open| (open < self.most).then_some(open + 1);
        self.open.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        Some(Permit(Arc::clone(self)))
    }

    /// Whether so few are left that those who have done with theirs should give them back.
    pub fn is_nearly_used_up(&self) -> bool {
        let left = self.most.saturating_sub(self.open());
        left < self.most / KEPT_FREE
    }

    /// Permits that are out.
    pub fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }
}

impl Permit {
    /// What it is a permit of.
    pub fn capacity(&self) -> &Arc<Capacity> {
        &self.0
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::Capacity;

    #[test]
    fn a_tenth_is_kept_free() {
        let capacity = Capacity::new(20);
        let mut permits: Vec<_> = (0..18).map(|_| capacity.try_acquire()).collect();
        assert!(!capacity.is_nearly_used_up());
        permits.push(capacity.try_acquire());
        assert!(capacity.is_nearly_used_up());
        permits.truncate(18);
        assert!(!capacity.is_nearly_used_up());
    }

    #[test]
    fn a_dropped_permit_makes_room() {
        let capacity = Capacity::new(2);
        let first = capacity.try_acquire();
        let second = capacity.try_acquire();
        assert!(first.is_some() && second.is_some());
        assert!(capacity.try_acquire().is_none());
        drop(first);
        assert_eq!(capacity.open(), 1);
        assert!(capacity.try_acquire().is_some());
    }
}
