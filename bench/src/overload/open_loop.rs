//! An open loop of our own, where k6 would take more of the processors than what is measured: requests are sent at their
//! times, whatever became of those before. It must not judge.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;
use tokio::task::LocalSet;
use tokio::time::timeout;

use super::answers::Answer;
use super::watch::now_ms;
use crate::Error;

const PATIENCE: Duration = Duration::from_secs(10);
/// More than this under way are not sent, and count as unanswered.
const MOST_UNDER_WAY: usize = 4_000;

pub(super) type Connections = Client<HttpConnector, Empty<Bytes>>;

/// What is asked, and as whom.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    pub(super) class: &'static str,
    pub(super) path: &'static str,
    pub(super) client: String,
}

#[derive(Deserialize)]
struct Refusal<'a> {
    reason: Option<&'a str>,
    code: Option<&'a str>,
}

/// Runs something on a thread's own runtime.
pub(super) fn block_on<T>(work: impl Future<Output = T>) -> Result<T, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(Error::system("start a runtime"))?;
    Ok(LocalSet::new().block_on(&runtime, work))
}

pub(super) fn connections() -> Connections {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    Client::builder(TokioExecutor::new()).build(connector)
}

/// Sends `rate_per_s` requests a second for so long, and waits for the last answer.
pub(super) async fn offer(
    gateway: SocketAddr,
    rate_per_s: f64,
    duration: Duration,
    next: impl Fn(u64) -> Ask,
) -> Vec<Answer> {
    let connections = connections();
    let answers = Rc::new(RefCell::new(Vec::new()));
    let under_way = Rc::new(Cell::new(0));
    let begun = Instant::now();
    let count = (rate_per_s * duration.as_secs_f64()) as u64;
    for number in 0..count {
        tokio::time::sleep_until((begun + Duration::from_secs_f64(number as f64 / rate_per_s)).into()).await;
        let asked = next(number);
        if under_way.get() >= MOST_UNDER_WAY {
            answers.borrow_mut().push(unanswered(&asked, now_ms()));
            continue;
        }
        under_way.set(under_way.get() + 1);
        let (connections, answers, under_way) = (connections.clone(), Rc::clone(&answers), Rc::clone(&under_way));
        tokio::task::spawn_local(async move {
            let answer = ask(&connections, gateway, asked).await;
            under_way.set(under_way.get() - 1);
            answers.borrow_mut().push(answer);
        });
    }
    while under_way.get() > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    answers.take()
}

/// One request.
pub(super) async fn ask(connections: &Connections, gateway: SocketAddr, asked: Ask) -> Answer {
    let (sent_ms, sent) = (now_ms(), Instant::now());
    let outcome = timeout(PATIENCE, outcome(connections, gateway, &asked)).await;
    let outcome = outcome.ok().flatten();
    let taken_ms = sent.elapsed().as_secs_f64() * 1e3;
    Answer { outcome: outcome.unwrap_or_else(|| UNANSWERED.to_owned()), taken_ms, ..unanswered(&asked, sent_ms) }
}

const UNANSWERED: &str = "no_answer";

fn unanswered(asked: &Ask, sent_ms: u64) -> Answer {
    Answer {
        sent_ms,
        phase: String::new(),
        class: asked.class.to_owned(),
        outcome: UNANSWERED.to_owned(),
        taken_ms: PATIENCE.as_secs_f64() * 1e3,
    }
}

async fn outcome(connections: &Connections, gateway: SocketAddr, asked: &Ask) -> Option<String> {
    let uri = format!("http://{gateway}{}{}", asked.path, asked.client);
    let request = Request::get(uri).header("x-api-key", &asked.client).body(Empty::new()).ok()?;
    let answer = connections.request(request).await.ok()?;
    let status = answer.status();
    let body = answer.into_body().collect().await.ok()?.to_bytes();
    if status.is_success() {
        return Some("ok".to_owned());
    }
    let refusal: Option<Refusal<'_>> = serde_json::from_slice(&body).ok();
    let word = refusal.and_then(|refusal| refusal.reason.or(refusal.code));
    Some(word.map_or_else(|| format!("status_{}", status.as_u16()), str::to_owned))
}
