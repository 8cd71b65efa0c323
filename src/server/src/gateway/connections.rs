//! The connections of one thread to all endpoints. Each carries one call at a time and is kept for the next; all of a call
//! happens on the thread of its client's connection. It knows no upstream, and not what an answer means.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::net::TcpStream;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::body::Sent;

/// How often connections that nobody has used are looked for.
const TICK: Duration = Duration::from_secs(1);

/// For how many ticks a connection is kept for the next call: shorter than most servers keep theirs.
const IDLE_TICKS: u32 = 4;

/// The connections that wait for a call.
#[derive(Debug, Default)]
pub struct Connections {
    ticks: AtomicU32,
    idle: Mutex<HashMap<SocketAddr, Vec<Idle>>>,
}

#[derive(Debug)]
struct Idle {
    sender: SendRequest<Sent>,
    /// The tick in which it was given back.
    since: u32,
}

/// A connection in use. With its drop it waits for the next call, if it can carry one.
#[derive(Debug)]
pub struct Connection {
    /// There until the drop.
    sender: Option<SendRequest<Sent>>,
    was_kept: bool,
    to: SocketAddr,
    home: Arc<Connections>,
}

impl Connections {
    /// A connection to this address: one that waits, or a new one, made within so long.
    pub async fn get(self: &Arc<Self>, to: SocketAddr, within: Duration) -> io::Result<Connection> {
        let kept = self.take(to);
        let was_kept = kept.is_some();
        let sender = match kept {
            Some(sender) => sender,
            None => open(to, within).await?,
        };
        Ok(Connection { sender: Some(sender), was_kept, to, home: Arc::clone(self) })
    }

    /// Closes what has waited for too long, until dropped.
    pub async fn tidy(&self) {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.tick();
        }
    }

    fn tick(&self) {
        let now = self.ticks.fetch_add(1, Relaxed).wrapping_add(1);
        self.idle.lock().retain(|_, waiting| {
            waiting.retain(|idle| now.wrapping_sub(idle.since) < IDLE_TICKS && idle.sender.is_ready());
            !waiting.is_empty()
        });
    }

    /// The one that was used last: the others may be let go.
    fn take(&self, to: SocketAddr) -> Option<SendRequest<Sent>> {
        let mut idle = self.idle.lock();
        let waiting = idle.get_mut(&to)?;
        // The other side may have closed it meanwhile.
        std::iter::from_fn(|| waiting.pop()).map(|idle| idle.sender).find(SendRequest::is_ready)
    }

    fn give_back(&self, to: SocketAddr, sender: SendRequest<Sent>) {
        let since = self.ticks.load(Relaxed);
        self.idle.lock().entry(to).or_default().push(Idle { sender, since });
    }
}

async fn open(to: SocketAddr, within: Duration) -> io::Result<SendRequest<Sent>> {
    let socket = timeout(within, TcpStream::connect(to)).await??;
    socket.set_nodelay(true)?;
    // A head and a small body are cheaper copied than written in parts.
    let made = Builder::new().writev(false).handshake(TokioIo::new(socket)).await;
    let (sender, connection) = made.map_err(io::Error::other)?;
    // How it ends is told to the call that it carries.
    tokio::spawn(async move { drop(connection.with_upgrades().await) });
    Ok(sender)
}

impl Connection {
    /// Whether it has carried a call before: the other side may have closed it meanwhile.
    pub fn was_kept(&self) -> bool {
        self.was_kept
    }

    /// Sends a request; the answer's body has the connection from here on.
    pub async fn ask(mut self, request: Request<Sent>) -> hyper::Result<Response<Arriving>> {
        let sender = self.sender.as_mut().expect("it is there until the drop");
        let answer = sender.send_request(request).await?;
        Ok(answer.map(|body| {
            let connection = Some(self).filter(|_| !body.is_end_stream());
            Arriving { body, connection }
        }))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // It is not ready while a request or an answer is on its way, and never again once it is closed.
        if let Some(sender) = self.sender.take().filter(SendRequest::is_ready) {
            self.home.give_back(self.to, sender);
        }
    }
}

/// An answer's body, which gives its connection back when it has ended.
#[derive(Debug)]
pub struct Arriving {
    body: Incoming,
    connection: Option<Connection>,
}

impl Body for Arriving {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        if matches!(frame, Poll::Ready(None)) || self.body.is_end_stream() {
            self.connection = None;
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests;
