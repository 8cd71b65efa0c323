//! One request at an upstream: an endpoint, a deadline, and perhaps another try. It knows no route and no class; what
//! may be sent twice, and what an answer says of the upstream, is decided here.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;

use admission::Nanos;
use admission::breaker::Verdict;
use hyper::header::{RETRY_AFTER, UPGRADE};
use hyper::http::request::Parts;
use hyper::{Method, Request, Response, StatusCode, Version};
use tokio::time::timeout;

use super::body::{Sent, Source};
use super::connections::{Arriving, Connections};
use super::headers::Onward;
use super::rules::Target;
use super::upstream::{Attempt, Place};
use crate::shedding::duration;

/// Tries of one request, the first among them.
const TRIES: u32 = 3;

/// A request's body that passes more slowly is none that an answer waits for.
const LEAST_BYTES_PER_S: f64 = 1_024.0;

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoAnswer {
    /// No connection could be made, or there is nobody to connect to.
    Connection,
    /// The connection broke before an answer, or what came was none.
    Broken,
    /// The answer did not come in time.
    Timeout,
    /// The client broke its own request off.
    Client,
}

/// A request that is being sent.
pub struct Call<'c> {
    /// Through which connections.
    pub connections: &'c Arc<Connections>,
    /// Where.
    pub target: &'c Target,
    /// The client's head; its path is in its one form.
    pub head: &'c Parts,
    /// What its headers become on the way.
    pub onward: &'c Onward,
    /// The body.
    pub body: &'c Source,
    /// The client's own deadline, from now.
    pub deadline: Option<Nanos>,
}

impl Call<'_> {
    /// Sends it, and once more where that is safe and within the budget; `retries` hears of each. The place is told how
    /// it went.
    pub async fn send(&self, place: &mut Place, retries: impl Fn()) -> Result<(Response<Arriving>, Attempt), NoAnswer> {
        let Target { upstream, settings, .. } = self.target;
        let limit = self.deadline.map_or(settings.timeout, |own| own.min(settings.timeout));
        let mut except = None;
        for tried in 1.. {
            let left = limit.since(place.elapsed().min(limit));
            if left == Nanos(0) {
                if self.is_patient() {
                    place.dropped();
                }
                return Err(NoAnswer::Timeout);
            }
            let Some(mut attempt) = upstream.choose(settings, except) else {
                place.failed();
                return Err(NoAnswer::Connection);
            };
            let answer = self.attempt(attempt.address(), left).await;
            self.judge(&answer, place, &mut attempt);
            let may_repeat = tried < TRIES && is_worth_another_try(&answer) && self.can_repeat();
            if may_repeat && upstream.may_retry(settings) {
                retries();
                except = Some(attempt.address());
                continue;
            }
            return answer.map(|answer| (answer, attempt));
        }
        unreachable!("the last try returns")
    }

    async fn attempt(&self, address: SocketAddr, left: Nanos) -> Result<Response<Arriving>, NoAnswer> {
        let least = left.as_secs_f64() * LEAST_BYTES_PER_S;
        let mut answer = pin!(self.ask(address, left));
        let mut passed = 0;
        loop {
            if let Ok(answer) = timeout(duration(left), &mut answer).await {
                return answer;
            }
            // As long as a body is on its way, its upstream has nothing to answer.
            let before = std::mem::replace(&mut passed, self.body.passed());
            if self.deadline.is_some() || ((passed - before) as f64) < least {
                return Err(NoAnswer::Timeout);
            }
        }
    }

    async fn ask(&self, address: SocketAddr, left: Nanos) -> Result<Response<Arriving>, NoAnswer> {
        loop {
            let made = self.connections.get(address, self.target.connect_timeout).await;
            let connection = made.map_err(|_| NoAnswer::Connection)?;
            let was_kept = connection.was_kept();
            match connection.ask(self.request(left)).await {
                // It was closed while it waited, and nothing was sent: the next is another one that waits, or new.
                Err(error) if error.is_canceled() && was_kept => {}
                // A body of the request's own that cannot be read is the client's affair.
                Err(error) if error.is_user() => return Err(NoAnswer::Client),
                Err(_) => return Err(NoAnswer::Broken),
                Ok(answer) => return Ok(answer),
            }
        }
    }

    /// Whether the upstream has all the time that it may take.
    fn is_patient(&self) -> bool {
        self.deadline.is_none_or(|own| own >= self.target.settings.timeout)
    }

    fn request(&self, left: Nanos) -> Request<Sent> {
        let mut request = Request::new(self.body.open());
        *request.method_mut() = self.head.method.clone();
        *request.uri_mut() = self.head.uri.clone();
        *request.version_mut() = Version::HTTP_11;
        *request.headers_mut() = self.onward.headers(&self.head.headers, left);
        request
    }

    fn judge(&self, answer: &Result<Response<Arriving>, NoAnswer>, place: &mut Place, attempt: &mut Attempt) {
        match answer {
            Ok(answer) => match answer.status() {
                StatusCode::SERVICE_UNAVAILABLE if has_too_much_to_do(answer) => {
                    place.dropped();
                    attempt.note(Verdict::Failed);
                }
                status if status.is_server_error() && !is_of_the_request(status) => {
                    place.failed();
                    attempt.note(Verdict::Failed);
                }
                _ => {
                    place.served();
                    attempt.note(Verdict::Succeeded);
                }
            },
            Err(NoAnswer::Timeout) if self.is_patient() && !self.body.waits_for_client() => {
                place.dropped();
                attempt.note(Verdict::Failed);
            }
            Err(NoAnswer::Connection | NoAnswer::Broken) => {
                place.failed();
                attempt.note(Verdict::Failed);
            }
            // The client was in a hurry, or broke off, or is slow with its body: that says nothing of the upstream.
            Err(NoAnswer::Timeout | NoAnswer::Client) => {}
        }
    }

    /// What was done twice must be as if it was done once.
    fn can_repeat(&self) -> bool {
        let is_idempotent = self.head.method.is_idempotent() || self.head.headers.contains_key("idempotency-key");
        let may_leave_http = self.head.headers.contains_key(UPGRADE) || self.head.method == Method::CONNECT;
        is_idempotent && self.body.can_repeat() && !may_leave_http
    }
}

/// Whether an upstream that refuses says that this is for now: less is what helps it. One that says nothing may as well be
/// broken, and with less to do it would refuse as much of that.
fn has_too_much_to_do(refusal: &Response<Arriving>) -> bool {
    refusal.headers().contains_key(RETRY_AFTER)
}

/// Whether such a status says what the request was, and nothing of how its upstream is.
fn is_of_the_request(status: StatusCode) -> bool {
    matches!(status, StatusCode::NOT_IMPLEMENTED | StatusCode::HTTP_VERSION_NOT_SUPPORTED)
}

fn is_worth_another_try(answer: &Result<Response<Arriving>, NoAnswer>) -> bool {
    match answer {
        Ok(answer) => matches!(
            answer.status(),
            StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT
        ),
        Err(NoAnswer::Connection | NoAnswer::Broken) => true,
        // The time is used up; or nobody waits.
        Err(NoAnswer::Timeout | NoAnswer::Client) => false,
    }
}
