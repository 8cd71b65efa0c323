//! One keep-alive connection to the API that asks again when it is told to wait. It must not know what the bodies mean.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{CONTENT_TYPE, HOST, RETRY_AFTER};
use hyper::{Method, Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::net::{TcpStream, lookup_host};

use super::tally::Tally;
use crate::Error;

/// After so many answers of "not now" a request counts as refused.
const MOST_ATTEMPTS: u32 = 12;
const SHORTEST_WAIT: Duration = Duration::from_millis(10);
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// Where the API listens.
#[derive(Debug, Clone)]
pub struct Api {
    authority: String,
    address: SocketAddr,
}

impl Api {
    /// Resolves a URL such as `http://127.0.0.1:7700`.
    pub async fn resolve(url: &str) -> Result<Self, Error> {
        let refuse = || Error::Url(url.to_owned());
        let uri: Uri = url.parse().map_err(|_| refuse())?;
        if uri.scheme_str() != Some("http") || !matches!(uri.path(), "" | "/") {
            return Err(refuse());
        }
        let host = uri.host().ok_or_else(refuse)?;
        let authority = uri.authority().ok_or_else(refuse)?.as_str().to_owned();
        let mut addresses = lookup_host((host, uri.port_u16().unwrap_or(80))).await.map_err(|_| refuse())?;
        let address = addresses.next().ok_or_else(refuse)?;
        Ok(Self { authority, address })
    }
}

/// A request that may be sent any number of times: each of ours carries its own key.
#[derive(Debug, Clone)]
pub struct Call {
    /// The verb of HTTP.
    pub method: Method,
    /// Path and query.
    pub path: String,
    /// The body's media type; empty bodies have none.
    pub content_type: Option<&'static str>,
    /// For the calls that are idempotent by header.
    pub idempotency_key: Option<String>,
    /// The body, built once.
    pub body: Bytes,
}

impl Call {
    /// A request without a body.
    pub fn get(path: String) -> Self {
        Self { method: Method::GET, path, content_type: None, idempotency_key: None, body: Bytes::new() }
    }

    /// A request with a JSON body.
    pub fn json(method: Method, path: String, body: &serde_json::Value) -> Self {
        let body = Bytes::from(body.to_string());
        Self { method, path, content_type: Some("application/json"), idempotency_key: None, body }
    }
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    retry_after: Option<Duration>,
    body: Bytes,
}

impl Answer {
    /// Reads the body of a success as the contract has it; `attempt` is the verb for the error.
    pub fn read<T: DeserializeOwned>(&self, attempt: &'static str) -> Result<T, Error> {
        if !self.status.is_success() {
            return Err(self.unexpected(attempt));
        }
        serde_json::from_slice(&self.body)
            .map_err(|problem| Error::Answer { attempt, answer: format!("{problem} in {}", self.excerpt()) })
    }

    /// This answer as an error.
    pub fn unexpected(&self, attempt: &'static str) -> Error {
        Error::Answer { attempt, answer: format!("{} {}", self.status, self.excerpt()) }
    }

    /// The stable word of a refusal, or its status where the body has none.
    pub fn code(&self) -> String {
        #[derive(serde::Deserialize)]
        struct Problem {
            code: String,
        }
        serde_json::from_slice(&self.body)
            .map_or_else(|_| self.status.as_u16().to_string(), |problem: Problem| problem.code)
    }

    fn excerpt(&self) -> String {
        String::from_utf8_lossy(&self.body).chars().take(300).collect()
    }
}

/// A connection, made when first needed and again when it broke.
pub struct Client {
    api: Api,
    sender: Option<SendRequest<Full<Bytes>>>,
    tally: Rc<RefCell<Tally>>,
}

impl Client {
    /// Not connected yet. Latencies and retries go to `tally`.
    pub fn new(api: Api, tally: Rc<RefCell<Tally>>) -> Self {
        Self { api, sender: None, tally }
    }

    /// Sends until there is an answer other than 503, within bounds. An error means that the outcome is not known.
    pub async fn send(&mut self, call: &Call) -> Result<Answer, Error> {
        let mut backoff = SHORTEST_WAIT;
        for _ in 1..MOST_ATTEMPTS {
            let wait = match self.send_once(call).await {
                Ok(answer) if answer.status == StatusCode::SERVICE_UNAVAILABLE => answer.retry_after,
                Ok(answer) => return Ok(answer),
                Err(_) => None,
            };
            self.tally.borrow_mut().retries += 1;
            // The server's word is a floor: without the random part everybody refused would come back at once.
            let wait = wait.unwrap_or_default().min(LONGEST_WAIT) + backoff.mul_f64(fastrand::f64());
            tokio::time::sleep(wait).await;
            backoff = (backoff * 2).min(LONGEST_WAIT);
        }
        self.send_once(call).await
    }

    async fn send_once(&mut self, call: &Call) -> Result<Answer, Error> {
        let started = Instant::now();
        let mut sender = match self.sender.take().filter(|sender| !sender.is_closed()) {
            Some(sender) => sender,
            None => self.connect().await?,
        };
        let broken = Error::connection(self.api.address);
        let answer = exchange(&mut sender, self.request(call)).await.map_err(broken)?;
        // Only a connection that carried a whole answer is used again.
        self.sender = Some(sender);
        self.tally.borrow_mut().latencies.record(started.elapsed());
        Ok(answer)
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, Error> {
        let address = self.api.address;
        let stream = TcpStream::connect(address).await.map_err(Error::connection(address))?;
        stream.set_nodelay(true).map_err(Error::connection(address))?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(Error::connection(address))?;
        // Its error reaches whoever waits for an answer; here it would be said twice.
        tokio::task::spawn_local(async move { drop(connection.await) });
        Ok(sender)
    }

    fn request(&self, call: &Call) -> Request<Full<Bytes>> {
        let mut request = Request::builder()
            .method(call.method.clone())
            .uri(call.path.as_str())
            .header(HOST, self.api.authority.as_str());
        if let Some(content_type) = call.content_type {
            request = request.header(CONTENT_TYPE, content_type);
        }
        if let Some(key) = &call.idempotency_key {
            request = request.header("idempotency-key", key.as_str());
        }
        // Proof: paths and keys are made of identifiers, whose alphabet is legal in both; the rest is constant.
        request.body(Full::new(call.body.clone())).expect("identifiers are legal in a request")
    }
}

async fn exchange(
    sender: &mut SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
) -> Result<Answer, hyper::Error> {
    sender.ready().await?;
    let response = sender.send_request(request).await?;
    let status = response.status();
    let retry_after = response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .map(Duration::from_secs);
    let body = response.into_body().collect().await?.to_bytes();
    Ok(Answer { status, retry_after, body })
}
