//! One call: the wait for its worker, the answer, and what may go wrong with it. It must not know how it was set.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Either, Full};
use hyper::body::{Body, Frame, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::{Request, Response, StatusCode};
use tokio::time::Sleep;

use super::Shared;

const BODY: &[u8] = b"{\"served\":true}";
/// What one that has too much to do says; one that was told to fail says nothing.
const RETRY_AFTER_S: u64 = 1;

/// hyper breaks the connection off for it.
#[derive(Debug, thiserror::Error)]
#[error("broken off, as was asked for")]
pub(super) struct BrokenOff;

/// A call under way, counted until its drop: also one that its client has left.
struct UnderWay(Arc<Shared>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.state().tally.ended();
    }
}

/// What is to become of a call, settled when it comes.
enum Fate {
    Hang,
    BreakOff,
    /// There is no room in the line.
    Full,
    Answer {
        status: u16,
        at: Duration,
        trickle: Duration,
    },
}

pub(super) async fn answer(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<Either<Full<Bytes>, Trickle>>, BrokenOff> {
    let fate = fate(&shared, &request);
    let _counted = UnderWay(Arc::clone(&shared));
    // Half a body is answered too: the client that sent it will not read the answer.
    drop(request.into_body().collect().await);
    match fate {
        Fate::Hang => std::future::pending().await,
        Fate::BreakOff => Err(BrokenOff),
        Fate::Answer { status, at, trickle } => {
            tokio::time::sleep_until((shared.begun + at).into()).await;
            Ok(response(status, trickle))
        }
        Fate::Full => {
            let mut response = response(503, Duration::ZERO);
            response.headers_mut().insert(RETRY_AFTER, RETRY_AFTER_S.into());
            Ok(response)
        }
    }
}

fn fate(shared: &Shared, request: &Request<Incoming>) -> Fate {
    let now = shared.now();
    let mut state = shared.state();
    let state = &mut *state;
    let id = request.headers().get("x-request-id").map(HeaderValue::as_bytes);
    state.tally.began(request.uri().path(), id);
    let settings = &state.settings;
    let trickle = Duration::from_millis(settings.trickle_ms);
    if settings.hang {
        return Fate::Hang;
    }
    if settings.reset {
        return Fate::BreakOff;
    }
    if let Some(status) = settings.error(state.dice.f64()) {
        return Fate::Answer { status, at: now, trickle };
    }
    let service = settings.service(state.dice.f64());
    if let Some(at) = state.knee.arrive(now, settings.workers, settings.queue, service) {
        return Fate::Answer { status: settings.served(), at, trickle };
    }
    state.tally.refused();
    Fate::Full
}

fn response(status: u16, trickle: Duration) -> Response<Either<Full<Bytes>, Trickle>> {
    let body = Bytes::from_static(BODY);
    let body = if trickle.is_zero() {
        Either::Left(Full::new(body))
    } else {
        Either::Right(Trickle { left: body, pause: trickle, next: Box::pin(tokio::time::sleep(trickle)) })
    };
    let mut response = Response::new(body);
    // Proof: settings allow 200 to 599, all of which are statuses.
    *response.status_mut() = StatusCode::from_u16(status).expect("a status that was checked");
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A body that comes byte by byte.
pub(super) struct Trickle {
    left: Bytes,
    pause: Duration,
    next: Pin<Box<Sleep>>,
}

impl Body for Trickle {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.left.is_empty() {
            return Poll::Ready(None);
        }
        ready!(self.next.as_mut().poll(context));
        let next = tokio::time::Instant::now() + self.pause;
        self.next.as_mut().reset(next);
        Poll::Ready(Some(Ok(Frame::data(self.left.split_to(1)))))
    }
}
