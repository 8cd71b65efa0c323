//! How many streams without an end there may be at once, over all upstreams: each keeps a connection of its own there for as
//! long as it likes, and the log needs descriptors too. It knows no upstream.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The streams that are open.
#[derive(Debug)]
pub struct Streams {
    open: AtomicUsize,
    most: usize,
}

/// Room for one, given back by its drop.
#[derive(Debug)]
pub struct Room(Arc<Streams>);

impl Streams {
    /// None open, and at most so many.
    pub fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { open: AtomicUsize::new(0), most })
    }

    /// Room for one more, if there is any.
    pub fn enter(self: &Arc<Self>) -> Option<Room> {
        let room = Room(Arc::clone(self));
        // Counted first: what is too much is given back by the drop.
        (self.open.fetch_add(1, Relaxed) < self.most).then_some(room)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::Streams;

    #[test]
    fn there_are_no_more_than_there_may_be() {
        let streams = Streams::new(2);
        let first = streams.enter();
        let second = streams.enter();
        assert!(first.is_some() && second.is_some());
        assert!(streams.enter().is_none() && streams.enter().is_none());
        drop(first);
        assert!(streams.enter().is_some());
    }
}
