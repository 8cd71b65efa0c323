//! A look at the server every 50 ms while it is loaded: how admission stands, and how much memory it has. It must not judge.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::Error;
use crate::server::{Server, resident_bytes};

const EVERY: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_secs(5);

/// How it stood at a moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Look {
    /// Milliseconds since 1970.
    pub at_ms: u64,
    /// The concurrency limit of the upstream.
    pub limit: f64,
    /// Calls under way at it.
    pub in_flight: u64,
    /// The admitted level of the gate.
    pub gate_level: u64,
    /// The admitted level of the upstream.
    pub upstream_level: u64,
    /// What its breaker does.
    pub breaker: String,
    /// Streams without an end.
    pub streams: u64,
    /// The memory of the process, in bytes.
    pub resident_bytes: u64,
}

/// Milliseconds since 1970.
pub(super) fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

/// One who looks, with a connection that is kept.
pub(super) struct Watcher {
    agent: ureq::Agent,
    url: String,
    process: u32,
}

impl Watcher {
    pub(super) fn new(server: &Server) -> Self {
        let agent = ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).build().into();
        Self { agent, url: format!("{}/admin/v1/admission", server.admin), process: server.process() }
    }

    /// How it stands now.
    pub(super) fn look(&self) -> Result<Look, Error> {
        let failed =
            |problem: ureq::Error| Error::Connection { address: self.url.clone(), problem: problem.to_string() };
        let text = self.agent.get(&self.url).call().and_then(|mut answer| answer.body_mut().read_to_string());
        let text = text.map_err(failed)?;
        let wrong = || Error::Answer { attempt: "look at admission", answer: text.clone() };
        let value: Value = serde_json::from_str(&text).map_err(|_| wrong())?;
        let upstream = &value["upstreams"][0];
        let number = |value: &Value| value.as_u64().ok_or_else(wrong);
        Ok(Look {
            at_ms: now_ms(),
            limit: upstream["limit"].as_f64().ok_or_else(wrong)?,
            in_flight: number(&upstream["in_flight"])?,
            gate_level: number(&value["admitted_level"])?,
            upstream_level: number(&upstream["admitted_level"])?,
            breaker: upstream["breaker"]["state"].as_str().ok_or_else(wrong)?.to_owned(),
            streams: number(&upstream["streams"])?,
            resident_bytes: resident_bytes(self.process),
        })
    }
}

/// Looks in a thread of its own until it is asked what it has seen.
pub(super) struct Watch {
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<Result<Vec<Look>, Error>>,
}

impl Watch {
    pub(super) fn start(server: &Server) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let (watcher, told) = (Watcher::new(server), Arc::clone(&is_over));
        let thread = thread::spawn(move || {
            let mut looks = Vec::new();
            while !told.load(Ordering::Relaxed) {
                looks.push(watcher.look()?);
                thread::sleep(EVERY);
            }
            Ok(looks)
        });
        Self { is_over, thread }
    }

    pub(super) fn end(self) -> Result<Vec<Look>, Error> {
        self.is_over.store(true, Ordering::Relaxed);
        let panicked = |_| Error::Promise("the watch of the server panicked".to_owned());
        self.thread.join().map_err(panicked)?
    }
}
