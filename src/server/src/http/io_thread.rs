//! A thread with a runtime of its own that serves the connections dealt to it, and closes those
//! whose client takes too long. It knows the listener's handler only by name.

use std::io;
use std::net::{IpAddr, TcpStream};
use std::sync::Arc;
use std::thread::JoinHandle;

use metrics::Counter;
use parking_lot::Mutex;
use slab::Slab;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::AbortHandle;

use super::Handler;
use super::capacity::Permit;
use super::connection::{self, Limits};
use super::watch::{Ticks, Watch};

/// A connection on its way to a thread; the permits bound how many there are.
#[derive(Debug)]
pub struct Arrival {
    pub(super) socket: TcpStream,
    pub(super) from: IpAddr,
    pub(super) permit: Permit,
}

/// A running I/O thread.
#[derive(Debug)]
pub struct IoThread<H> {
    arrivals: UnboundedSender<Arrival>,
    connections: Arc<Connections>,
    handler: Arc<H>,
    thread: JoinHandle<()>,
}

#[derive(Debug)]
struct Open {
    watch: Arc<Watch>,
    /// Absent for the moment between the slot and the task.
    task: Option<AbortHandle>,
}

#[derive(Debug, Default)]
struct Connections {
    ticks: Arc<Ticks>,
    open: Mutex<Slab<Open>>,
}

impl<H: Handler> IoThread<H> {
    /// Starts a thread. `background` runs beside the connections, on the same runtime.
    pub fn start<B>(
        name: String,
        limits: Limits,
        timeouts: Counter,
        handler: Arc<H>,
        background: impl FnOnce(Arc<H>) -> B + Send + 'static,
    ) -> io::Result<Self>
    where
        B: Future<Output = ()> + Send + 'static,
    {
        // What must block, such as reading events from the log, waits in line for one more thread.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(1).build()?;
        let (arrivals, dealt) = unbounded_channel();
        let connections = Arc::new(Connections::default());
        let (theirs, serving) = (Arc::clone(&connections), Arc::clone(&handler));
        let thread = std::thread::Builder::new().name(name).spawn(move || {
            runtime.block_on(async {
                tokio::spawn(background(Arc::clone(&serving)));
                tokio::spawn(sweep(Arc::clone(&theirs), limits, timeouts));
                serve(dealt, &theirs, &serving).await;
            });
        })?;
        Ok(Self { arrivals, connections, handler, thread })
    }

    /// Gives the thread a connection.
    pub fn deal(&self, arrival: Arrival) {
        // The receiver lives until `stop`, which takes the sender with it.
        let _ = self.arrivals.send(arrival);
    }

    /// What serves the requests.
    pub fn handler(&self) -> &Arc<H> {
        &self.handler
    }

    /// Whether a client of this thread waits for an answer.
    pub fn has_in_flight(&self) -> bool {
        self.connections.open.lock().iter().any(|(_, open)| open.watch.is_in_flight())
    }

    /// Closes all connections and waits for the thread to end.
    pub fn stop(self) {
        drop(self.arrivals);
        // A panic in the thread has ended the process already.
        let _ = self.thread.join();
    }
}

async fn serve<H: Handler>(mut arrivals: UnboundedReceiver<Arrival>, connections: &Arc<Connections>, handler: &Arc<H>) {
    while let Some(Arrival { socket, from, permit }) = arrivals.recv().await {
        // Fails when the client is gone, or when there is no descriptor left for the poller.
        let Ok(socket) = tokio::net::TcpStream::from_std(socket) else { continue };
        let watch = Arc::new(Watch::new(Arc::clone(&connections.ticks)));
        let slot = Slot::new(connections, &watch);
        let (handler, key) = (Arc::clone(handler), slot.key);
        let capacity = Arc::clone(permit.capacity());
        let task = tokio::spawn(async move {
            let _held = (slot, permit);
            connection::serve(socket, from, watch, capacity, handler).await;
        });
        if let Some(open) = connections.open.lock().get_mut(key) {
            open.task = Some(task.abort_handle());
        }
    }
}

/// A place in the list of open connections, given back by its drop.
struct Slot {
    connections: Arc<Connections>,
    key: usize,
}

impl Slot {
    fn new(connections: &Arc<Connections>, watch: &Arc<Watch>) -> Self {
        let open = Open { watch: Arc::clone(watch), task: None };
        Self { connections: Arc::clone(connections), key: connections.open.lock().insert(open) }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.connections.open.lock().remove(self.key);
    }
}

/// Closes what is overdue, once a tick.
async fn sweep(connections: Arc<Connections>, limits: Limits, timeouts: Counter) {
    let allowed = limits.allowed();
    let mut ticks = tokio::time::interval(allowed.tick);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        connections.ticks.advance();
        for (_, open) in connections.open.lock().iter() {
            if let (Some(_), Some(task)) = (open.watch.overdue(&allowed), &open.task) {
                timeouts.increment(1);
                task.abort();
            }
        }
    }
}
