//! A request's body: whole and bounded, or chunk by chunk. It knows no format.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use parking_lot::Mutex;

use super::watch::{Phase, Watch};
use super::{BoxError, Problem};

/// How much of a body that nobody wanted is read, and how long it is waited for, so that the connection can go on behind it.
const LEFTOVER_BYTES: u64 = 64 * 1024;
const LEFTOVER_WAIT: Duration = Duration::from_millis(100);

/// The body of a request that is being answered.
#[derive(Debug)]
pub struct RequestBody {
    /// There until it is read.
    incoming: Option<Incoming>,
    watch: Arc<Watch>,
    /// Where what is not read goes, if anybody asks for it.
    leftover: Option<Arc<Leftover>>,
}

/// What is unread of a request's body when it is answered: the next request on the connection comes behind it, and hyper
/// goes on only once it is read or dropped.
#[derive(Debug, Default)]
pub(super) struct Leftover(Mutex<Unread>);

#[derive(Debug, Default)]
pub(super) enum Unread {
    /// Somebody may read on.
    #[default]
    Reading,
    /// All was read.
    Nothing,
    /// Nobody wanted it.
    Left(Incoming),
    /// The answer is given: what is dropped from here on is nobody's.
    Answered,
}

impl Leftover {
    /// The answer is given: what was unread then.
    pub(super) fn answered(&self) -> Unread {
        std::mem::replace(&mut *self.0.lock(), Unread::Answered)
    }

    fn put(&self, unread: Unread) {
        let mut now = self.0.lock();
        if !matches!(*now, Unread::Answered) {
            *now = unread;
        }
    }
}

/// Reads what was left and throws it away, if it is little and comes soon; whether all of it is gone.
pub(super) async fn discard(mut left: Incoming) -> bool {
    if left.size_hint().lower() > LEFTOVER_BYTES {
        return false;
    }
    let read = async {
        let mut bytes = 0;
        while let Some(Ok(frame)) = left.frame().await {
            bytes += frame.data_ref().map_or(0, Bytes::len) as u64;
            if bytes > LEFTOVER_BYTES {
                return false;
            }
        }
        left.is_end_stream()
    };
    tokio::time::timeout(LEFTOVER_WAIT, read).await.unwrap_or(false)
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        if let (Some(left), Some(leftover)) = (self.incoming.take(), self.leftover.take()) {
            leftover.put(if left.is_end_stream() { Unread::Nothing } else { Unread::Left(left) });
        }
    }
}

impl RequestBody {
    pub(super) fn new(incoming: Incoming, watch: Arc<Watch>, leftover: Option<Arc<Leftover>>) -> Self {
        Self { incoming: Some(incoming), watch, leftover }
    }

    /// Refuses a body whose announced length is over the limit, before a byte of it is read.
    pub fn check_announced(&self, limit: u64) -> Result<(), Problem> {
        let announced = self.incoming.as_ref().map_or(0, |incoming| incoming.size_hint().lower());
        if announced > limit { Err(Problem::too_large(limit)) } else { Ok(()) }
    }

    /// The whole body, in the time for one; nearly always it is one chunk, which is not copied.
    pub async fn collect(mut self, limit: u64) -> Result<Bytes, Problem> {
        self.check_announced(limit)?;
        self.watch.enter(Phase::Body);
        let whole = self.read_all(limit).await;
        self.watch.enter(Phase::Busy);
        whole
    }

    /// The next bytes of a body too long to hold, each chunk in its own time; nothing at the end.
    pub async fn next_chunk(&mut self) -> Result<Option<Bytes>, Problem> {
        self.watch.enter(Phase::Body);
        let chunk = self.read_chunk().await;
        self.watch.enter(Phase::Busy);
        chunk
    }

    async fn read_all(&mut self, limit: u64) -> Result<Bytes, Problem> {
        let announced = self.incoming.as_ref().and_then(|incoming| incoming.size_hint().exact());
        let Some(first) = self.read_chunk().await? else { return Ok(Bytes::new()) };
        if announced == Some(first.len() as u64) {
            return Ok(first);
        }
        let mut whole = BytesMut::from(first);
        loop {
            if whole.len() as u64 > limit {
                return Err(Problem::too_large(limit));
            }
            let Some(chunk) = self.read_chunk().await? else { return Ok(whole.freeze()) };
            whole.extend_from_slice(&chunk);
        }
    }

    /// All of it is read.
    fn end(&mut self) {
        self.incoming = None;
        if let Some(leftover) = self.leftover.take() {
            leftover.put(Unread::Nothing);
        }
    }

    async fn read_chunk(&mut self) -> Result<Option<Bytes>, Problem> {
        let Some(incoming) = &mut self.incoming else { return Ok(None) };
        loop {
            match incoming.frame().await {
                None => {
                    self.end();
                    return Ok(None);
                }
                // Trailers say nothing that we need.
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) if !data.is_empty() => return Ok(Some(data)),
                    _ => {}
                },
                Some(Err(_)) => {
                    return Err(Problem::invalid("", "the body broke off or its chunks are not valid").closing());
                }
            }
        }
    }
}

#[cfg(test)]
impl RequestBody {
    /// One whose connection nobody watches.
    pub fn unwatched(incoming: Incoming) -> Self {
        Self::new(incoming, Arc::new(Watch::new(Arc::default())), None)
    }
}

/// To be passed on to somebody else, piece by piece; the time for a piece runs while it is waited for.
impl Body for RequestBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        let Some(incoming) = &mut this.incoming else { return Poll::Ready(None) };
        let frame = Pin::new(incoming).poll_frame(cx);
        // An answer may have begun before the request's end: then it is the answer that is waited for.
        if matches!(this.watch.phase(), Phase::Body | Phase::Busy) {
            this.watch.enter(if frame.is_pending() { Phase::Body } else { Phase::Busy });
        }
        let is_read = matches!(frame, Poll::Ready(None)) || this.is_end_stream();
        if is_read {
            this.end();
        }
        frame.map_err(BoxError::from)
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}
