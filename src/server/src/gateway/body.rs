//! Bodies on their way through: a request's, of which a beginning is kept in case it must be sent again, and an answer's,
//! which holds its place at the upstream until its end. They are passed on piece by piece; nothing knows what they say.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::CONTENT_TYPE;
use hyper::{Response, StatusCode};
use parking_lot::Mutex;
use tokio::time::{Instant, Sleep, sleep};

use super::connections::Arriving;
use super::headers::upgrade;
use super::upstream::{Attempt, Place, Stream};
use crate::http::{BoxError, Permit, RequestBody};

/// What is kept of a request's body for a second try, in bytes.
const KEPT_BYTES: usize = 16 << 10;

/// A request's body, for as many tries as what is kept of it allows; none where there is nothing to send.
#[derive(Debug, Clone)]
pub struct Source(Option<Arc<Mutex<Inner>>>);

#[derive(Debug)]
struct Inner {
    body: RequestBody,
    has_ended: bool,
    passed: u64,
    waits_for_client: bool,
    /// Of the try that sends it: an earlier one takes no more of it away.
    generation: u32,
    /// What was passed on, unless it became too much.
    kept: Option<Vec<Bytes>>,
    kept_bytes: usize,
    limit: Option<Limit>,
}

/// How long a client may take for its next piece, where its connection does not bound that.
#[derive(Debug)]
struct Limit {
    each: Duration,
    sleep: Pin<Box<Sleep>>,
}

impl Source {
    /// A body of which nothing was read. `each`: how long each piece may take, unless the connection sees to it.
    pub fn new(body: RequestBody, each: Option<Duration>) -> Self {
        if body.is_end_stream() {
            return Self::empty();
        }
        let limit = each.map(|each| Limit { each, sleep: Box::pin(sleep(each)) });
        let inner = Inner {
            body,
            has_ended: false,
            passed: 0,
            waits_for_client: false,
            generation: 0,
            kept: Some(Vec::new()),
            kept_bytes: 0,
            limit,
        };
        Self(Some(Arc::new(Mutex::new(inner))))
    }

    /// The body of a request that has none.
    pub const fn empty() -> Self {
        Self(None)
    }

    /// Whether all of it that was read can be sent once more.
    pub fn can_repeat(&self) -> bool {
        self.0.as_ref().is_none_or(|inner| inner.lock().kept.is_some())
    }

    /// How much of it was passed on, in bytes.
    pub fn passed(&self) -> u64 {
        self.0.as_ref().map_or(0, |inner| inner.lock().passed)
    }

    /// Whether the next piece is the client's to send.
    pub fn waits_for_client(&self) -> bool {
        self.0.as_ref().is_some_and(|inner| inner.lock().waits_for_client)
    }

    /// The body from its beginning, for one more try; whoever sent it before has lost it.
    pub fn open(&self) -> Sent {
        let generation = self.0.as_ref().map_or(0, |inner| {
            let mut inner = inner.lock();
            inner.generation += 1;
            inner.generation
        });
        Sent { source: self.clone(), generation, next: 0 }
    }
}

/// A request's body as one try sends it.
#[derive(Debug)]
pub struct Sent {
    source: Source,
    generation: u32,
    /// The next of the kept pieces.
    next: usize,
}

impl Body for Sent {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        let Some(source) = &this.source.0 else { return Poll::Ready(None) };
        let mut inner = source.lock();
        if inner.generation != this.generation {
            return Poll::Ready(Some(Err("another try sends this body".into())));
        }
        if let Some(piece) = inner.kept.as_ref().and_then(|kept| kept.get(this.next)) {
            this.next += 1;
            return Poll::Ready(Some(Ok(Frame::data(piece.clone()))));
        }
        if inner.has_ended {
            return Poll::Ready(None);
        }
        let frame = ready!(inner.poll(cx))?;
        match &frame {
            None => inner.has_ended = true,
            Some(frame) => {
                inner.passed += frame.data_ref().map_or(0, Bytes::len) as u64;
                inner.keep(frame.data_ref());
                this.next += 1;
            }
        }
        Poll::Ready(frame.map(Ok))
    }

    fn is_end_stream(&self) -> bool {
        let Some(source) = &self.source.0 else { return true };
        let inner = source.lock();
        inner.has_ended && inner.kept.as_ref().is_none_or(|kept| kept.len() == self.next)
    }

    fn size_hint(&self) -> SizeHint {
        let Some(source) = &self.source.0 else { return SizeHint::with_exact(0) };
        let inner = source.lock();
        let unsent: usize = inner.kept.iter().flatten().skip(self.next).map(Bytes::len).sum();
        match (inner.has_ended, inner.body.size_hint().exact()) {
            (true, _) => SizeHint::with_exact(unsent as u64),
            (false, Some(unread)) => SizeHint::with_exact(unread + unsent as u64),
            (false, None) => SizeHint::default(),
        }
    }
}

impl Inner {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Frame<Bytes>>, BoxError>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        self.waits_for_client = frame.is_pending();
        if let Poll::Ready(frame) = frame {
            if let Some(limit) = &mut self.limit {
                limit.sleep.as_mut().reset(Instant::now() + limit.each);
            }
            return Poll::Ready(frame.transpose());
        }
        match &mut self.limit {
            Some(limit) => {
                ready!(limit.sleep.as_mut().poll(cx));
                Poll::Ready(Err("the client takes too long over its body".into()))
            }
            None => Poll::Pending,
        }
    }

    fn keep(&mut self, data: Option<&Bytes>) {
        let bytes = data.map_or(KEPT_BYTES, Bytes::len);
        self.kept_bytes = self.kept_bytes.saturating_add(bytes);
        // Trailers are not kept, and what they end is not repeated.
        match (&mut self.kept, data) {
            (Some(kept), Some(data)) if self.kept_bytes <= KEPT_BYTES => kept.push(data.clone()),
            _ => self.kept = None,
        }
    }
}

/// What an answer's body holds until its end.
#[derive(Debug)]
pub enum Held {
    /// A call.
    Call(Place, Attempt),
    /// A stream without an end, or a connection that leaves HTTP, counted as long as this lives.
    Stream { _counted: Stream, _room: Permit },
}

/// An answer's body on its way from the upstream.
#[derive(Debug)]
pub struct Received {
    /// What was read already, to be passed on before the rest.
    begun: VecDeque<Frame<Bytes>>,
    body: Arriving,
    held: Option<Held>,
    /// How long the next piece may take.
    each: Option<Duration>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Received {
    /// An answer whose body holds its place. Each piece may take so long, unless it is a stream without an end, which has
    /// this room.
    pub fn open(
        answer: Response<Arriving>,
        place: Place,
        attempt: Attempt,
        each: Duration,
        room: Option<Permit>,
    ) -> Response<Self> {
        answer.map(|body| {
            let each = Some(each).filter(|_| room.is_none());
            let held = match room {
                Some(room) => Some(Held::Stream { _counted: place.into_stream(), _room: room }),
                // An empty body gives its place back here: nobody may look at it again.
                None => Some(Held::Call(place, attempt)).filter(|_| !body.is_end_stream()),
            };
            Self { begun: VecDeque::new(), body, held, each, sleep: None }
        })
    }

    /// The body as it was before these pieces were read of it.
    #[must_use]
    pub fn with_begun(self, begun: VecDeque<Frame<Bytes>>) -> Self {
        Self { begun, ..self }
    }

    /// Whether it has no end of its own.
    pub fn is_endless(&self) -> bool {
        matches!(self.held, Some(Held::Stream { .. }))
    }

    /// The body broke off: that is the upstream's failure.
    fn break_off(&mut self) {
        if let Some(Held::Call(mut place, mut attempt)) = self.held.take() {
            place.broke_off();
            attempt.note(admission::breaker::Verdict::Failed);
        }
    }

    fn poll_limit(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(each) = self.each else { return Poll::Pending };
        self.sleep.get_or_insert_with(|| Box::pin(sleep(each))).as_mut().poll(cx)
    }
}

impl Body for Received {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        if let Some(frame) = this.begun.pop_front() {
            return Poll::Ready(Some(Ok(frame)));
        }
        match Pin::new(&mut this.body).poll_frame(cx) {
            Poll::Ready(frame) => {
                this.sleep = None;
                if matches!(frame, Some(Err(_))) {
                    this.break_off();
                }
                if frame.is_none() || this.body.is_end_stream() {
                    this.held = None;
                }
                Poll::Ready(frame.map(|frame| frame.map_err(BoxError::from)))
            }
            Poll::Pending => {
                ready!(this.poll_limit(cx));
                this.break_off();
                Poll::Ready(Some(Err("the upstream takes too long over its body".into())))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.begun.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let begun: usize = self.begun.iter().filter_map(Frame::data_ref).map(Bytes::len).sum();
        let rest = self.body.size_hint();
        let mut whole = SizeHint::new();
        whole.set_lower(rest.lower() + begun as u64);
        if let Some(upper) = rest.upper() {
            whole.set_upper(upper + begun as u64);
        }
        whole
    }
}

/// Whether an answer has no end of its own: its place is not what it takes.
pub fn is_stream(answer: &Response<Arriving>) -> bool {
    let headers = answer.headers();
    let leaves_http = answer.status() == StatusCode::SWITCHING_PROTOCOLS && upgrade(headers).is_some();
    let is_event_stream =
        headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
    leaves_http || is_event_stream
}

#[cfg(test)]
mod tests;
