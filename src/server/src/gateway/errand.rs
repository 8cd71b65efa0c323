//! One request's whole way to an upstream and back: a place past its guards, the call, and the answer, which holds the
//! place until its body has ended. It knows no client, so that it may outlive the one who asked.

use std::sync::Arc;

use admission::{Nanos, Priority};
use hyper::Response;
use hyper::http::request::Parts;

use super::Shared;
use super::body::{Received, Source};
use super::call::{Call, Connections, NoAnswer};
use super::rules::Target;
use super::upstream::Refused;
use crate::shedding::duration;

/// A request that is to be asked of an upstream.
pub struct Errand {
    /// What all of the gateway shares.
    pub shared: Arc<Shared>,
    /// Through which connections.
    pub connections: Connections,
    /// Where.
    pub target: Arc<Target>,
    /// How important it is.
    pub priority: Priority,
    /// The head as the upstream is to see it.
    pub head: Parts,
    /// The body.
    pub body: Source,
    /// How long whoever asks will wait, from now.
    pub deadline: Option<Nanos>,
}

/// Why nothing came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unanswered {
    /// It was not asked.
    Refused(Refused),
    /// It was asked in vain.
    NoAnswer(NoAnswer),
}

impl Errand {
    /// Goes there and back.
    pub async fn run(&self) -> Result<Response<Received>, Unanswered> {
        let Target { upstream, settings, .. } = &*self.target;
        let mut place = upstream.enter(settings, self.priority).map_err(|refused| {
            self.shared.gate.press();
            Unanswered::Refused(refused)
        })?;
        let (connections, head, body, deadline) = (&self.connections, &self.head, &self.body, self.deadline);
        let call = Call { connections, upstream, settings, head, body, deadline };
        let retries = &self.shared.metrics.retries;
        let sent = call.send(&mut place, || retries.increment(1)).await;
        let (answer, attempt) = sent.map_err(Unanswered::NoAnswer)?;
        Ok(Received::open(answer, place, attempt, duration(settings.timeout)))
    }
}
