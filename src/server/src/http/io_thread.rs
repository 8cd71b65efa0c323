//! A thread with a runtime of its own that serves the connections dealt to it. It knows the listener's handler only by
//! name.

use std::io;
use std::net::{IpAddr, TcpStream};
use std::sync::Arc;
use std::thread::JoinHandle;

use metrics::Counter;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::Handler;
use super::capacity::Permit;
use super::connection::{self, Limits};
use super::roll::Roll;

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
    roll: Arc<Roll>,
    handler: Arc<H>,
    thread: JoinHandle<()>,
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
        let roll = Arc::new(Roll::default());
        let (theirs, swept, serving) = (Arc::clone(&roll), Arc::clone(&roll), Arc::clone(&handler));
        let thread = std::thread::Builder::new().name(name).spawn(move || {
            runtime.block_on(async {
                tokio::spawn(background(Arc::clone(&serving)));
                tokio::spawn(async move { swept.sweep(limits.allowed(), timeouts).await });
                serve(dealt, &theirs, &serving).await;
            });
        })?;
        Ok(Self { arrivals, roll, handler, thread })
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

    /// Whether a client of this thread waits for an answer that has an end.
    pub fn has_in_flight(&self) -> bool {
        self.roll.has_in_flight()
    }

    /// Tells clients to go elsewhere: connections end with what is under way on them, and what has no end is ended.
    pub fn drain(&self) {
        self.roll.drain();
    }

    /// Closes all connections and waits for the thread to end.
    pub fn stop(self) {
        drop(self.arrivals);
        // A panic in the thread has ended the process already.
        let _ = self.thread.join();
    }
}

async fn serve<H: Handler>(mut arrivals: UnboundedReceiver<Arrival>, roll: &Arc<Roll>, handler: &Arc<H>) {
    while let Some(Arrival { socket, from, permit }) = arrivals.recv().await {
        // Fails when the client is gone, or when there is no descriptor left for the poller.
        let Ok(socket) = tokio::net::TcpStream::from_std(socket) else { continue };
        let handler = Arc::clone(handler);
        roll.spawn(|watch| connection::serve(socket, from, watch, permit, Arc::clone(roll), handler));
    }
}
