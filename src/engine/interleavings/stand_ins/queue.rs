//! A bounded queue in the stead of crossbeam's, which promises less: `is_empty` and a `pop` that
//! finds nothing order nothing. What the lanes' fences do not order, a model sees go wrong.

use super::{AtomicUsize, Mutex, Ordering};
use std::collections::VecDeque;

pub(crate) struct ArrayQueue<T> {
    capacity: usize,
    items: Mutex<VecDeque<T>>,
    /// Read without the lock: whoever reads it may be late.
    len: AtomicUsize,
}

impl<T> ArrayQueue<T> {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { capacity, items: Mutex::new(VecDeque::new()), len: AtomicUsize::new(0) }
    }

    pub(crate) fn push(&self, item: T) -> Result<(), T> {
        let mut items = self.items.lock();
        if items.len() == self.capacity {
            return Err(item);
        }
        items.push_back(item);
        self.len.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    pub(crate) fn pop(&self) -> Option<T> {
        if self.is_empty() {
            return None;
        }
        let mut items = self.items.lock();
        let item = items.pop_front()?;
        self.len.fetch_sub(1, Ordering::Relaxed);
        Some(item)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn len(&self) -> usize {
        self.len.load(Ordering::Relaxed)
    }

    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }
}
