//! An answer, its body in memory or made piece by piece while it is sent. It knows no route.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body_util::Full;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::{Frame, SizeHint};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use tokio::sync::mpsc::Receiver;

use super::portions::Portions;
use super::watch::{Exchange, Phase, Watch};

/// An answer.
pub type Reply = Response<Body>;

/// Why a relayed body broke off. It is not told to the client but by the break itself.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Somebody else's body, handed on as it comes.
pub type Relayed = UnsyncBoxBody<Bytes, BoxError>;

/// An answer's body.
#[derive(Debug)]
pub struct Body {
    kind: Kind,
    /// On a connection that carries several.
    portions: Option<Portions>,
    /// It goes on until somebody has enough.
    is_endless: bool,
}

#[derive(Debug)]
enum Kind {
    /// In memory.
    Whole(Full<Bytes>),
    /// Not there yet.
    Stream(Stream<Receiver<Bytes>>),
    /// Not ours.
    Relayed(Stream<Relayed>),
}

/// A body's pieces, taken as fast as the client reads them; it ends where their source does.
#[derive(Debug)]
struct Stream<S> {
    source: S,
    /// Told when the last piece was taken; absent until the answer is sent.
    watch: Option<Arc<Watch>>,
}

impl<S> Stream<S> {
    fn new(source: S) -> Self {
        Self { source, watch: None }
    }

    fn begin(&mut self, watch: &Arc<Watch>) {
        self.watch = Some(Arc::clone(watch));
        watch.enter(Phase::Streaming);
    }

    fn end(&self) {
        if let Some(watch) = &self.watch {
            watch.enter(Phase::Sending);
        }
    }
}

impl Body {
    /// A body that is whatever comes, until the sender is dropped.
    pub fn stream(pieces: Receiver<Bytes>) -> Self {
        Self { kind: Kind::Stream(Stream::new(pieces)), portions: None, is_endless: false }
    }

    /// A body that somebody else makes.
    pub fn relayed(body: Relayed) -> Self {
        Self { kind: Kind::Relayed(Stream::new(body)), portions: None, is_endless: false }
    }

    /// The same, with no end of its own: nobody waits for it to end.
    #[must_use]
    pub fn endless(self) -> Self {
        Self { is_endless: true, ..self }
    }

    /// The answer goes to the client from here on.
    pub(super) fn begin(&mut self, watch: &Arc<Watch>) {
        watch.set_endless(self.is_endless);
        match &mut self.kind {
            Kind::Whole(_) => watch.enter(Phase::Sending),
            Kind::Stream(stream) => stream.begin(watch),
            Kind::Relayed(stream) => stream.begin(watch),
        }
    }

    /// The answer goes to the client from here on, beside others; the exchange is over when this body is.
    pub(super) fn begin_beside(&mut self, exchange: Exchange) {
        exchange.watch().set_endless(self.is_endless);
        self.portions = Some(Portions::new(exchange));
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Self { kind, portions, .. } = self.get_mut();
        match portions {
            Some(portions) => portions.poll(Pin::new(kind), cx),
            None => Pin::new(kind).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.portions.as_ref().is_none_or(|portions| portions.rest() == 0) && self.kind.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        // It is asked before the first portion.
        self.kind.size_hint()
    }
}

impl hyper::body::Body for Kind {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.get_mut() {
            Self::Whole(whole) => Pin::new(whole).poll_frame(cx).map_err(|never| match never {}),
            Self::Stream(stream) => {
                let piece = ready!(stream.source.poll_recv(cx));
                if piece.is_none() {
                    stream.end();
                }
                Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
            }
            Self::Relayed(stream) => {
                let frame = ready!(Pin::new(&mut stream.source).poll_frame(cx));
                if frame.is_none() || stream.source.is_end_stream() {
                    stream.end();
                }
                Poll::Ready(frame)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(whole) => whole.is_end_stream(),
            Self::Stream(_) => false,
            Self::Relayed(stream) => stream.source.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(whole) => whole.size_hint(),
            Self::Stream(_) => SizeHint::default(),
            Self::Relayed(stream) => stream.source.size_hint(),
        }
    }
}

impl<T: Into<Bytes>> From<T> for Body {
    fn from(whole: T) -> Self {
        Self { kind: Kind::Whole(Full::new(whole.into())), portions: None, is_endless: false }
    }
}

impl Default for Body {
    fn default() -> Self {
        Self::from(Bytes::new())
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
