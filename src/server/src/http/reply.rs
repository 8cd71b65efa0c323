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
    /// Of a connection that carries several.
    exchange: Option<Exchange>,
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
        Self { kind: Kind::Stream(Stream::new(pieces)), exchange: None }
    }

    /// A body that somebody else makes.
    pub fn relayed(body: Relayed) -> Self {
        Self { kind: Kind::Relayed(Stream::new(body)), exchange: None }
    }

    /// The answer goes to the client from here on.
    pub(super) fn begin(&mut self, watch: &Arc<Watch>) {
        match &mut self.kind {
            Kind::Whole(_) => watch.enter(Phase::Sending),
            Kind::Stream(stream) => stream.begin(watch),
            Kind::Relayed(stream) => stream.begin(watch),
        }
    }

    /// The exchange is over when this body is.
    pub(super) fn of_exchange(&mut self, exchange: Exchange) {
        self.exchange = Some(exchange);
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match &mut self.get_mut().kind {
            Kind::Whole(whole) => Pin::new(whole).poll_frame(cx).map_err(|never| match never {}),
            Kind::Stream(stream) => {
                let piece = ready!(stream.source.poll_recv(cx));
                if piece.is_none() {
                    stream.end();
                }
                Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
            }
            Kind::Relayed(stream) => {
                let frame = ready!(Pin::new(&mut stream.source).poll_frame(cx));
                if frame.is_none() || stream.source.is_end_stream() {
                    stream.end();
                }
                Poll::Ready(frame)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Whole(whole) => whole.is_end_stream(),
            Kind::Stream(_) => false,
            Kind::Relayed(stream) => stream.source.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Whole(whole) => whole.size_hint(),
            Kind::Stream(_) => SizeHint::default(),
            Kind::Relayed(stream) => stream.source.size_hint(),
        }
    }
}

impl<T: Into<Bytes>> From<T> for Body {
    fn from(whole: T) -> Self {
        Self { kind: Kind::Whole(Full::new(whole.into())), exchange: None }
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
