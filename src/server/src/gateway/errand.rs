//! One request's whole way to an upstream and back: a place past its guards, the call, and the answer, which holds the
//! place until its body has ended. It knows no client, so that it may outlive the one who asked.

use std::borrow::Cow;
use std::sync::Arc;

use admission::{Nanos, Priority, Reason};
use hyper::Response;
use hyper::http::request::Parts;

use super::Shared;
use super::body::{Received, Source, is_stream};
use super::call::{Call, NoAnswer};
use super::connections::Connections;
use super::headers::Onward;
use super::rules::Target;
use super::upstream::Refused;
use crate::shedding::duration;

/// A request that is to be asked of an upstream.
pub struct Errand<'r> {
    /// What all of the gateway shares.
    pub shared: Arc<Shared>,
    /// Through which connections.
    pub connections: Arc<Connections>,
    /// Where.
    pub target: Arc<Target>,
    /// How important it is.
    pub priority: Priority,
    /// The client's head, or what was made of it.
    pub head: Cow<'r, Parts>,
    /// What its headers become on the way.
    pub onward: Onward,
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

impl Errand<'_> {
    /// Goes there and back.
    pub async fn run(&self) -> Result<Response<Received>, Unanswered> {
        let Target { upstream, settings, .. } = &*self.target;
        let mut place = upstream.enter(settings, self.priority).map_err(|refused| {
            // One that fails has no load that less of what is optional would take from it.
            if refused.reason != Reason::BreakerOpen {
                self.shared.gate.press();
            }
            Unanswered::Refused(refused)
        })?;
        let Self { connections, target, head, onward, body, deadline, .. } = self;
        let call = Call { connections, target, head, onward, body, deadline: *deadline };
        let retries = &self.shared.metrics.retries;
        let sent = call.send(&mut place, || retries.increment(1)).await;
        let (answer, attempt) = sent.map_err(Unanswered::NoAnswer)?;
        place.answered();
        let full = Unanswered::Refused(Refused { reason: Reason::UpstreamLimit, retry_after: None });
        let room = is_stream(&answer).then(|| self.shared.streams.try_acquire().ok_or(full)).transpose()?;
        Ok(Received::open(answer, place, attempt, duration(settings.timeout), room))
    }
}
