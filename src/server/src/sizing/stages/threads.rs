//! The stages between two threads: a shard's queue, and the bell of an I/O thread. They know nothing of what is handed over.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use engine::{Port, stages};
use tokio::runtime::Runtime;
use tokio::sync::Notify;

use super::Run;
use crate::error::ServerError;

/// More than ever waits: one at a time.
const PLACES: usize = 64;

pub fn queue_hop() -> Result<Run, ServerError> {
    let holder = Holder::start().map_err(ServerError::system("start a thread"))?;
    Ok(Box::new(move |times| {
        let begun = Instant::now();
        for number in 0..times {
            holder.there_and_back(number);
        }
        Ok(begun.elapsed())
    }))
}

/// A thread that works a queue off, as who has a shard's lock does, and hands everything back.
struct Holder {
    hop: Arc<Hop>,
    thread: Option<JoinHandle<()>>,
}

struct Hop {
    there: stages::Queue,
    back: stages::Queue,
    stopping: AtomicBool,
}

impl Holder {
    fn start() -> std::io::Result<Self> {
        let queue = || stages::Queue::new(PLACES);
        let hop = Arc::new(Hop { there: queue(), back: queue(), stopping: AtomicBool::new(false) });
        let theirs = Arc::clone(&hop);
        let thread = thread::Builder::new().spawn(move || {
            while !theirs.stopping.load(Ordering::Relaxed) {
                match theirs.there.pop() {
                    Some(number) => assert!(theirs.back.push(number), "one at a time is under way"),
                    None => thread::yield_now(),
                }
            }
        })?;
        Ok(Self { hop, thread: Some(thread) })
    }

    fn there_and_back(&self, number: u64) {
        assert!(self.hop.there.push(number), "one at a time is under way");
        while self.hop.back.pop().is_none() {
            thread::yield_now();
        }
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        self.hop.stopping.store(true, Ordering::Relaxed);
        join(&mut self.thread);
    }
}

pub fn wake() -> Result<Run, ServerError> {
    let sleeper = Sleeper::start().map_err(ServerError::system("start a thread"))?;
    Ok(Box::new(move |times| Ok((0..times).map(|_| sleeper.wake()).sum())))
}

/// An I/O thread that has nothing to do but to hear its bell, and says when it has.
struct Sleeper {
    port: Arc<Port>,
    /// Absent once it is to end.
    heard: Option<Receiver<Instant>>,
    thread: Option<JoinHandle<()>>,
}

impl Sleeper {
    fn start() -> std::io::Result<Self> {
        let bell = Arc::new(Notify::new());
        let ring = Arc::clone(&bell);
        let port = Port::new(move || ring.notify_one());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (hears, heard) = channel();
        let thread = thread::Builder::new().spawn(move || listen(&runtime, &bell, &hears))?;
        Ok(Self { port, heard: Some(heard), thread: Some(thread) })
    }

    fn wake(&self) -> Duration {
        let begun = Instant::now();
        stages::wake(&self.port);
        let heard = self.heard.as_ref().and_then(|heard| heard.recv().ok());
        heard.expect("the thread hears until nobody listens to it").duration_since(begun)
    }
}

fn listen(runtime: &Runtime, bell: &Notify, hears: &Sender<Instant>) {
    runtime.block_on(async {
        loop {
            bell.notified().await;
            if hears.send(Instant::now()).is_err() {
                return;
            }
        }
    });
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        self.heard = None;
        stages::wake(&self.port);
        join(&mut self.thread);
    }
}

fn join(thread: &mut Option<JoinHandle<()>>) {
    // A panic there has been told where it happened.
    let _told = thread.take().map(JoinHandle::join);
}
