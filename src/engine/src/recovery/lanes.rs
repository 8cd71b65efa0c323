//! All shards' lanes: in the caller's thread as long as there is little to put, and a thread a lane
//! once there is much, beside the thread that reads and decodes.

use super::lane::{Batch, Finished, Lane};
use crate::Options;
use crate::claims::Directory;
use crate::routing::Routing;
use crossbeam::channel::{Receiver, Sender, bounded};
use ledger::{Event, Millis};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use wal::Lsn;

/// Events that go to the lanes together.
const BATCH_EVENTS: usize = 1_024;
/// Batches that wait for the slowest lane: what is read ahead is bounded.
const BATCHES_AHEAD: usize = 8;

enum Message {
    Put(Arc<Batch>),
    Digest(Sender<u64>),
}

struct Worker {
    sender: Sender<Message>,
    thread: JoinHandle<Finished>,
}

enum Place {
    Here(Vec<Lane>),
    Threads(Vec<Worker>),
}

pub(super) struct Lanes {
    place: Place,
    batch: Batch,
    directory: Arc<Directory>,
}

impl Lanes {
    pub(super) fn new(routing: Routing, options: &Options) -> Self {
        let lanes = (0..routing.shards()).map(|shard| Lane::new(shard, routing, options)).collect();
        Self { place: Place::Here(lanes), batch: Batch::default(), directory: Arc::default() }
    }

    /// Notes the time that has come by now.
    pub(super) fn advance(&mut self, time: Millis) {
        self.batch.time = self.batch.time.max(time);
    }

    /// The latest time noted.
    pub(super) fn time(&self) -> Millis {
        self.batch.time
    }

    pub(super) fn push(&mut self, lsn: Lsn, event: Event) {
        self.advance(event.at);
        self.batch.events.push((lsn, event));
        if self.batch.events.len() == BATCH_EVENTS {
            self.spread();
        }
    }

    /// The digest of all that was pushed so far.
    pub(super) fn digest(&mut self) -> u64 {
        self.spread();
        match &self.place {
            Place::Here(lanes) => lanes.iter().map(Lane::digest).fold(0, u64::wrapping_add),
            Place::Threads(workers) => {
                let (sender, digests) = bounded(workers.len());
                for worker in workers {
                    worker.send(Message::Digest(sender.clone()));
                }
                drop(sender);
                digests.iter().fold(0, u64::wrapping_add)
            }
        }
    }

    /// Puts what is left and gives the books, in the order of their shards.
    pub(super) fn finish(mut self) -> (Vec<Finished>, Arc<Directory>) {
        self.spread();
        let directory = self.directory;
        let finished = match self.place {
            Place::Here(lanes) => lanes.into_iter().map(|lane| lane.finish(&directory)).collect(),
            Place::Threads(workers) => {
                // All are told to end before the first is waited for.
                let threads: Vec<_> = workers.into_iter().map(|worker| worker.thread).collect();
                threads.into_iter().map(joined).collect()
            }
        };
        (finished, directory)
    }

    fn spread(&mut self) {
        if self.batch.events.is_empty() {
            return;
        }
        let time = self.batch.time;
        let batch = std::mem::replace(&mut self.batch, Batch { events: Vec::with_capacity(BATCH_EVENTS), time });
        if batch.events.len() == BATCH_EVENTS
            && let Place::Here(lanes) = &mut self.place
        {
            self.place = Place::Threads(lanes.drain(..).map(|lane| spawn(lane, &self.directory)).collect());
        }
        match &mut self.place {
            Place::Here(lanes) => lanes.iter_mut().for_each(|lane| lane.put(&batch)),
            Place::Threads(workers) => {
                let batch = Arc::new(batch);
                for worker in workers {
                    worker.send(Message::Put(Arc::clone(&batch)));
                }
            }
        }
    }
}

impl Worker {
    fn send(&self, message: Message) {
        self.sender.send(message).expect("a lane ends when its sender is dropped, or its panic is told there");
    }
}

fn spawn(lane: Lane, directory: &Arc<Directory>) -> Worker {
    let (sender, receiver) = bounded(BATCHES_AHEAD);
    let directory = Arc::clone(directory);
    let thread = thread::spawn(move || run(lane, &receiver, &directory));
    Worker { sender, thread }
}

fn run(mut lane: Lane, messages: &Receiver<Message>, directory: &Directory) -> Finished {
    for message in messages {
        match message {
            Message::Put(batch) => lane.put(&batch),
            Message::Digest(sender) => {
                // Who asked waits for it.
                let _ = sender.send(lane.digest());
            }
        }
    }
    lane.finish(directory)
}

fn joined(thread: JoinHandle<Finished>) -> Finished {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
