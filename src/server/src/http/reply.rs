//! An answer, its body in memory or made piece by piece while it is sent. It knows no route.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Frame, SizeHint};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use tokio::sync::mpsc::Receiver;

use super::watch::{Phase, Watch};

/// An answer.
pub type Reply = Response<Body>;

/// An answer's body.
#[derive(Debug)]
pub enum Body {
    /// In memory.
    Whole(Full<Bytes>),
    /// Not there yet.
    Stream(Stream),
}

/// A body's pieces, taken as fast as the client reads them; it ends where their sender is dropped.
#[derive(Debug)]
pub struct Stream {
    pieces: Receiver<Bytes>,
    /// Told when the last piece was taken; absent until the answer is sent.
    watch: Option<Arc<Watch>>,
}

impl Body {
    /// A body that is whatever comes.
    pub fn stream(pieces: Receiver<Bytes>) -> Self {
        Self::Stream(Stream { pieces, watch: None })
    }

    /// The answer goes to the client from here on.
    pub(super) fn begin(&mut self, watch: &Arc<Watch>) {
        match self {
            Self::Whole(_) => watch.enter(Phase::Sending),
            Self::Stream(stream) => {
                stream.watch = Some(Arc::clone(watch));
                watch.enter(Phase::Streaming);
            }
        }
    }
}

impl Stream {
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let piece = ready!(self.pieces.poll_recv(cx));
        if let (None, Some(watch)) = (&piece, &self.watch) {
            watch.enter(Phase::Sending);
        }
        Poll::Ready(piece)
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Self::Whole(whole) => Pin::new(whole).poll_frame(cx),
            Self::Stream(stream) => stream.poll_piece(cx).map(|piece| piece.map(|piece| Ok(Frame::data(piece)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(whole) => whole.is_end_stream(),
            Self::Stream(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(whole) => whole.size_hint(),
            Self::Stream(_) => SizeHint::default(),
        }
    }
}

impl<T: Into<Bytes>> From<T> for Body {
    fn from(whole: T) -> Self {
        Self::Whole(Full::new(whole.into()))
    }
}

impl Default for Body {
    fn default() -> Self {
        Self::Whole(Full::default())
    }
}

/// The type of every answer that is no problem.
pub const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// An answer with a JSON body.
pub fn json(status: StatusCode, body: Vec<u8>) -> Reply {
    let mut reply = Reply::new(body.into());
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, JSON);
    reply
}
