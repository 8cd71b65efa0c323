//! A request's body: whole and bounded, or chunk by chunk. It knows no format.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};

use super::watch::{Phase, Watch};
use super::{BoxError, Problem};

/// The body of a request that is being answered.
#[derive(Debug)]
pub struct RequestBody {
    incoming: Incoming,
    watch: Arc<Watch>,
}

impl RequestBody {
    pub(super) fn new(incoming: Incoming, watch: Arc<Watch>) -> Self {
        Self { incoming, watch }
    }

    /// Refuses a body whose announced length is over the limit, before a byte of it is read.
    pub fn check_announced(&self, limit: u64) -> Result<(), Problem> {
        if self.incoming.size_hint().lower() > limit { Err(Problem::too_large(limit)) } else { Ok(()) }
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
        let announced = self.incoming.size_hint().exact();
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

    async fn read_chunk(&mut self) -> Result<Option<Bytes>, Problem> {
        loop {
            match self.incoming.frame().await {
                None => return Ok(None),
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

/// To be passed on to somebody else, piece by piece; the time for a piece runs while it is waited for.
impl Body for RequestBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        let frame = Pin::new(&mut this.incoming).poll_frame(cx);
        // An answer may have begun before the request's end: then it is the answer that is waited for.
        if matches!(this.watch.phase(), Phase::Body | Phase::Busy) {
            this.watch.enter(if frame.is_pending() { Phase::Body } else { Phase::Busy });
        }
        frame.map_err(BoxError::from)
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
