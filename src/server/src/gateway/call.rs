//! One request at an upstream: an endpoint, a deadline, and perhaps another try. It knows no route and no class; what
//! may be sent twice, and what an answer says of the upstream, is decided here.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use admission::Nanos;
use admission::breaker::Verdict;
use hyper::body::Incoming;
use hyper::header::HeaderValue;
use hyper::http::request::Parts;
use hyper::{Method, Request, Response, StatusCode, Uri, Version};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::timeout;

use super::body::{Sent, Source};
use super::headers::TIMEOUT;
use super::upstream::{Attempt, Place, Settings, Upstream};
use crate::shedding::duration;

/// How long a connection to an endpoint is kept for the next call: shorter than most servers keep theirs.
const IDLE: Duration = Duration::from_secs(4);

/// Tries of one request, the first among them.
const TRIES: u32 = 3;

/// The connections of one thread to all endpoints.
pub type Connections = Client<HttpConnector, Sent>;

/// Connections that are opened within `connect_timeout`.
pub fn connections(connect_timeout: Duration) -> Connections {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    connector.set_connect_timeout(Some(connect_timeout));
    Client::builder(TokioExecutor::new())
        .pool_idle_timeout(IDLE)
        .pool_timer(TokioTimer::new())
        // What is tried again is decided here, and counted.
        .retry_canceled_requests(false)
        .build(connector)
}

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
    pub connections: &'c Connections,
    /// Where.
    pub upstream: &'c Upstream,
    /// How.
    pub settings: &'c Arc<Settings>,
    /// The head as the upstream is to see it; its path is in its one form.
    pub head: &'c Parts,
    /// The body.
    pub body: &'c Source,
    /// The client's own deadline, from now.
    pub deadline: Option<Nanos>,
}

impl Call<'_> {
    /// Sends it, and once more where that is safe and within the budget; `retries` hears of each. The place is told how
    /// it went.
    pub async fn send(&self, place: &mut Place, retries: impl Fn()) -> Result<(Response<Incoming>, Attempt), NoAnswer> {
        let limit = self.deadline.map_or(self.settings.timeout, |own| own.min(self.settings.timeout));
        let mut except = None;
        for tried in 1.. {
            let left = limit.since(place.elapsed().min(limit));
            if left == Nanos(0) {
                place.dropped();
                return Err(NoAnswer::Timeout);
            }
            let Some(mut attempt) = self.upstream.choose(self.settings, except) else {
                place.broke();
                return Err(NoAnswer::Connection);
            };
            let answer = self.attempt(attempt.address(), left).await;
            self.judge(&answer, place, &mut attempt);
            let may_repeat = tried < TRIES && is_worth_another_try(&answer) && self.can_repeat();
            if may_repeat && self.upstream.may_retry(self.settings) {
                retries();
                except = Some(attempt.address());
                continue;
            }
            return answer.map(|answer| (answer, attempt));
        }
        unreachable!("the last try returns")
    }

    async fn attempt(&self, address: SocketAddr, left: Nanos) -> Result<Response<Incoming>, NoAnswer> {
        let request = self.request(address, left);
        match timeout(duration(left), self.connections.request(request)).await {
            Err(_elapsed) => Err(NoAnswer::Timeout),
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) if error.is_connect() => Err(NoAnswer::Connection),
            Ok(Err(error)) => Err(if is_of_the_client(&error) { NoAnswer::Client } else { NoAnswer::Broken }),
        }
    }

    fn request(&self, address: SocketAddr, left: Nanos) -> Request<Sent> {
        let target = self.head.uri.path_and_query().map_or("/", |target| target.as_str());
        let mut request = Request::new(self.body.open());
        *request.method_mut() = self.head.method.clone();
        *request.version_mut() = Version::HTTP_11;
        *request.headers_mut() = self.head.headers.clone();
        request.headers_mut().insert(TIMEOUT, HeaderValue::from(left.0.div_ceil(1_000_000)));
        let uri = Uri::builder().scheme("http").authority(address.to_string()).path_and_query(target).build();
        *request.uri_mut() = uri.expect("an address and a target that was part of a URI make one");
        request
    }

    fn judge(&self, answer: &Result<Response<Incoming>, NoAnswer>, place: &mut Place, attempt: &mut Attempt) {
        match answer {
            Ok(answer) => match answer.status() {
                // It says itself that it has too much to do.
                StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
                    place.dropped();
                    attempt.note(Verdict::Failed);
                }
                status if status.is_server_error() => {
                    place.failed();
                    attempt.note(Verdict::Failed);
                }
                _ => {
                    place.served();
                    attempt.note(Verdict::Succeeded);
                }
            },
            Err(NoAnswer::Timeout) if self.deadline.is_none_or(|own| own >= self.settings.timeout) => {
                place.dropped();
                attempt.note(Verdict::Failed);
            }
            Err(NoAnswer::Connection | NoAnswer::Broken) => {
                place.broke();
                attempt.note(Verdict::Failed);
            }
            // The client was in a hurry, or broke off: that says nothing of the upstream.
            Err(NoAnswer::Timeout | NoAnswer::Client) => {}
        }
    }

    /// What was done twice must be as if it was done once.
    fn can_repeat(&self) -> bool {
        let is_idempotent = self.head.method.is_idempotent() || self.head.headers.contains_key("idempotency-key");
        is_idempotent && self.body.can_repeat() && !self.is_upgrade()
    }

    fn is_upgrade(&self) -> bool {
        self.head.headers.contains_key(hyper::header::UPGRADE) || self.head.method == Method::CONNECT
    }
}

fn is_worth_another_try(answer: &Result<Response<Incoming>, NoAnswer>) -> bool {
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

/// Whether it was the request's own body that could not be read.
fn is_of_the_client(error: &hyper_util::client::legacy::Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if let Some(cause) = cause.downcast_ref::<hyper::Error>()
            && cause.is_user()
        {
            return true;
        }
        source = cause.source();
    }
    false
}
