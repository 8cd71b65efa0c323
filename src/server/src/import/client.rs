//! Sends one chunk to `POST /v1/stock/import` and waits out a server that is not ready. Only what
//! certainly was not applied is sent again. It knows nothing of files or formats.

use std::io;
use std::str::FromStr;
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;
use ureq::http::{Response, StatusCode, header};
use ureq::{Agent, Body};

use super::chunk::Chunk;
use super::error::ImportError;
use super::progress::Progress;
use super::report::{LineError, Report};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// An import makes way for reservations, so a busy server may take long over a chunk.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(300);
/// The pause before the next try when the server does not name one.
const DEFAULT_PAUSE: Duration = Duration::from_secs(1);
/// The shortest pause, whatever the server names.
const MIN_PAUSE: Duration = Duration::from_millis(100);
/// What an answer with 10,000 errors stays well below.
const MAX_ANSWER_BYTES: u64 = 16 * 1024 * 1024;

/// The base of a server's address, `http://HOST:PORT`, without a slash at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target(String);

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let base = text.trim_end_matches('/');
        match base.strip_prefix("http://") {
            Some(host) if !host.is_empty() => Ok(Self(base.to_owned())),
            _ => Err("must be http://HOST:PORT, the api listener speaks plain HTTP".to_owned()),
        }
    }
}

/// The server's account of one request; lines are those of the body.
#[derive(Deserialize)]
struct Answer {
    applied: u64,
    refused: u64,
    stale: u64,
    skipped: u64,
    errors: Vec<Refusal>,
}

#[derive(Deserialize)]
struct Refusal {
    line: u64,
    code: String,
    detail: String,
}

/// What matters of an RFC 9457 problem.
#[derive(Default, Deserialize)]
struct Problem {
    #[serde(default)]
    code: String,
    #[serde(default)]
    detail: String,
}

/// Why a try failed.
enum Failure {
    /// Nothing was applied: worth another try after the pause.
    Later { why: String, pause: Duration },
    /// Not to be tried again.
    Final(ImportError),
}

/// A connection to the server, as far as there is one.
pub(super) struct Client {
    agent: Agent,
    target: Target,
    patience: Duration,
}

impl Client {
    pub(super) fn new(target: Target, patience: Duration) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_global(Some(REQUEST_TIMEOUT))
            // Stock does not travel through whatever proxy the environment happens to name.
            .proxy(None)
            // A kept connection may have been closed in the meantime, which could not be told from
            // one that broke halfway; a new one per chunk costs nothing beside the chunk.
            .max_idle_connections(0)
            .build()
            .into();
        Self { agent, target, patience }
    }

    /// Sends a chunk, trying again while the server is away or not ready, and adds its answer to
    /// the report.
    pub(super) fn send(&self, chunk: &Chunk, report: &mut Report, progress: &Progress) -> Result<(), ImportError> {
        let started = Instant::now();
        loop {
            let (why, pause) = match self.post(chunk) {
                Ok(answer) => {
                    answer.add_to(report, chunk);
                    progress.sent(chunk.span().1);
                    return Ok(());
                }
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Later { why, pause }) => (why, pause),
            };
            let waited = started.elapsed();
            if waited + pause > self.patience {
                let line = chunk.span().0;
                return Err(ImportError::Unavailable { line, why, waited });
            }
            progress.note(&format!("{why}; trying again in {pause:?}"));
            thread::sleep(pause);
        }
    }

    fn post(&self, chunk: &Chunk) -> Result<Answer, Failure> {
        let (first, last) = chunk.span();
        let broken = |source| Failure::Final(ImportError::Broken { first, last, source: Box::new(source) });
        let response = self
            .agent
            .post(format!("{}/v1/stock/import", self.target.0))
            .header(header::CONTENT_TYPE, "application/x-ndjson")
            // A server that is not ready says so before the body; without this the refusal would
            // be lost in a connection that breaks under megabytes nobody reads.
            .header(header::EXPECT, "100-continue")
            .send(chunk.body());
        let mut response = match response {
            Ok(response) => response,
            Err(error) if never_connected(&error) => {
                let why = format!("cannot reach the server at {}: {error}", self.target.0);
                let pause = DEFAULT_PAUSE;
                return Err(Failure::Later { why, pause });
            }
            Err(error) => return Err(broken(error)),
        };
        let pause = retry_after(&response);
        let body = response.body_mut().with_config().limit(MAX_ANSWER_BYTES).read_to_vec().map_err(broken)?;
        match response.status() {
            StatusCode::OK => serde_json::from_slice(&body)
                .map_err(|source| Failure::Final(ImportError::Foreign { first, last, source })),
            StatusCode::SERVICE_UNAVAILABLE => {
                Err(Failure::Later { why: format!("the server is not ready: {}", describe(&body)), pause })
            }
            status => Err(Failure::Final(ImportError::Rejected {
                first,
                last,
                status: status.as_u16(),
                detail: describe(&body),
            })),
        }
    }
}

impl Answer {
    fn add_to(self, report: &mut Report, chunk: &Chunk) {
        report.applied += self.applied;
        report.refused += self.refused;
        report.stale += self.stale;
        report.skipped += self.skipped;
        for refusal in self.errors {
            let Refusal { line, code, detail } = refusal;
            report.list(match chunk.origin(line) {
                Some(origin) => LineError { line: origin.line, code, detail: origin.explain(detail) },
                None => LineError { line, code, detail },
            });
        }
    }
}

/// Whether not a byte of the request can have arrived.
fn never_connected(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::Io(error) => error.kind() == io::ErrorKind::ConnectionRefused,
        ureq::Error::Timeout(phase) => *phase == ureq::Timeout::Connect,
        ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => true,
        _ => false,
    }
}

/// The pause that the server asks for, in whole seconds.
fn retry_after(response: &Response<Body>) -> Duration {
    response
        .headers()
        .get(header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .map_or(DEFAULT_PAUSE, Duration::from_secs)
        .max(MIN_PAUSE)
}

/// A problem's code and detail, or the body itself when it is something else.
fn describe(body: &[u8]) -> String {
    match serde_json::from_slice::<Problem>(body) {
        Ok(Problem { code, detail }) => format!("{code}: {detail}"),
        Err(_) => String::from_utf8_lossy(body).chars().take(200).collect(),
    }
}
