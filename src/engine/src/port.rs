//! The way back: answers for one I/O thread, handed over in batches with one wake a batch.
//!
//! The protocol that loses no wake: who puts an answer raises `waiting`, who wants to hear of the
//! mark itself raises `listening`, and each then looks at the durable mark; who moves the mark stores
//! it and then looks at both. One of them sees the other, and wakes.

use crate::Answer;
use crate::sync::{AtomicBool, AtomicUsize, Mutex, Ordering};
use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use wal::Lsn;

/// The caller's own number for a request in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ticket(pub u32);

struct Waiting {
    gate: Lsn,
    ticket: Ticket,
    answer: Answer,
}

/// The inbox of one I/O thread.
pub struct Port {
    inbox: Mutex<VecDeque<Waiting>>,
    waiting: AtomicUsize,
    listening: AtomicBool,
    wake: Box<dyn Fn() + Send + Sync>,
}

impl fmt::Debug for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Port").field("waiting", &self.waiting).finish_non_exhaustive()
    }
}

impl Port {
    /// A port whose owner is told by `wake` that answers may be ready. `wake` is called from
    /// other threads and must not block.
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Arc<Self> {
        let wake = Box::new(wake);
        Arc::new(Self {
            inbox: Mutex::default(),
            waiting: AtomicUsize::new(0),
            listening: AtomicBool::new(false),
            wake,
        })
    }

    /// Wakes the owner at the next move of the durable mark, once, whether answers wait or not; maybe
    /// earlier. The owner must look at the mark after the call and before it sleeps.
    pub fn listen(&self) {
        self.listening.store(true, Ordering::SeqCst);
    }

    /// Puts an answer that may be given once `gate` is durable.
    pub(crate) fn put(&self, gate: Lsn, ticket: Ticket, answer: Answer) {
        let mut inbox = self.inbox.lock();
        inbox.push_back(Waiting { gate, ticket, answer });
        self.waiting.store(inbox.len(), Ordering::SeqCst);
    }

    /// Tells the owner, if anything waits or the owner listens.
    pub(crate) fn wake(&self) {
        let listening = self.listening.load(Ordering::SeqCst) && self.listening.swap(false, Ordering::SeqCst);
        if listening || self.waiting.load(Ordering::SeqCst) > 0 {
            (self.wake)();
        }
    }

    /// Takes what may be given now. An answer may wait behind one with a higher gate: it is
    /// given with that one, at the latest.
    pub(crate) fn take(&self, may_give: impl Fn(Lsn) -> bool, mut deliver: impl FnMut(Lsn, Ticket, Answer)) {
        // Delivery runs the owner's code: never under the lock.
        let ready: VecDeque<Waiting> = {
            let mut inbox = self.inbox.lock();
            let count = inbox.iter().take_while(|waiting| may_give(waiting.gate)).count();
            let rest = inbox.split_off(count);
            let ready = std::mem::replace(&mut *inbox, rest);
            self.waiting.store(inbox.len(), Ordering::SeqCst);
            ready
        };
        for waiting in ready {
            deliver(waiting.gate, waiting.ticket, waiting.answer);
        }
    }
}
