//! Threads over loom, with a park of our own: loom's unpark wakes a thread out of whatever it waits
//! for, a mutex too. A token under a lock, and no timeout: a wake that is lost is a deadlock.

pub(crate) use loom::thread::spawn;

use loom::sync::{Condvar, Mutex};
use std::fmt;
use std::sync::{Arc, PoisonError};

#[derive(Default)]
struct Token {
    is_there: Mutex<bool>,
    came: Condvar,
}

loom::thread_local! {
    static TOKEN: Arc<Token> = Arc::new(Token::default());
}

/// A thread that may be parked.
pub(crate) struct Thread(Arc<Token>);

impl fmt::Debug for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Thread")
    }
}

impl Thread {
    pub(crate) fn unpark(&self) {
        *self.0.is_there.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.came.notify_one();
    }
}

pub(crate) fn current() -> Thread {
    Thread(TOKEN.with(Arc::clone))
}

pub(crate) fn park() {
    let token = current().0;
    let mut is_there = token.is_there.lock().unwrap_or_else(PoisonError::into_inner);
    while !*is_there {
        is_there = token.came.wait(is_there).unwrap_or_else(PoisonError::into_inner);
    }
    *is_there = false;
}
