//! Leaving HTTP: what becomes of a connection after the answer `101 Switching Protocols`.
//! It knows neither protocol.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::watch::Watched;

/// A connection that has left HTTP, with what the client had sent already.
#[derive(Debug)]
pub struct Taken {
    sent: Bytes,
    socket: Watched,
}

impl Taken {
    pub(super) fn new(sent: Bytes, socket: Watched) -> Self {
        Self { sent, socket }
    }
}

impl AsyncRead for Taken {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.sent.is_empty() {
            return Pin::new(&mut self.socket).poll_read(cx, into);
        }
        let count = self.sent.len().min(into.remaining());
        into.put_slice(&self.sent[..count]);
        self.sent.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Taken {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(ready!(Pin::new(&mut self.socket).poll_shutdown(cx)))
    }
}

type Use = Box<dyn FnOnce(Taken) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>;

/// What is done with a connection that leaves HTTP; an extension of the answer that lets it go.
#[derive(Clone)]
pub struct Takeover(Arc<Mutex<Option<Use>>>);

impl Takeover {
    /// The connection belongs to `using` once the answer is on its way.
    pub fn new<F: Future<Output = ()> + Send + 'static>(using: impl FnOnce(Taken) -> F + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(Some(Box::new(move |taken| Box::pin(using(taken)))))))
    }

    pub(super) async fn take(self, taken: Taken) {
        let using = self.0.lock().take();
        if let Some(using) = using {
            using(taken).await;
        }
    }
}

impl fmt::Debug for Takeover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Takeover")
    }
}
