//! Asks an upstream for an answer that may be for many: it is read whole, kept, and told to all who wait. It goes on when
//! whoever asked for it has left.

use std::sync::Arc;
use std::time::Duration;

use hyper::header::HeaderMap;
use hyper::{Response, StatusCode};

use super::collect::{Collected, collect};
use super::terms::Caching;
use super::variant::{Times, Variant};
use super::{Flight, Landing, Way};
use crate::gateway::body::Received;
use crate::gateway::call::NoAnswer;
use crate::gateway::errand::{Errand, Unanswered};
use crate::shedding::wall;

/// The largest body that is kept, in bytes.
const MOST_BYTES: usize = 1 << 20;

/// How long a body is read before it is passed on as it comes: whoever asked sees nothing of it until then.
const MOST_TIME: Duration = Duration::from_millis(500);

/// What has come of a fetch, for whoever began it.
#[derive(Debug)]
pub enum Landed {
    /// An answer in memory, and how it came there.
    Copy(Arc<Variant>, Way),
    /// An answer that is not kept.
    Through(Box<Response<Received>>),
    /// None.
    Failed(Unanswered),
}

/// One question to an upstream on behalf of all who ask the same.
pub struct Fetch {
    /// The request without anything personal, and, where there is a copy, on the condition that it is outdated.
    pub errand: Errand<'static>,
    /// The headers of the client whose request led to it.
    pub asked: HeaderMap,
    /// What its route says.
    pub caching: Arc<Caching>,
    /// What is kept already.
    pub copy: Option<Arc<Variant>>,
}

impl Fetch {
    /// Asks, keeps, and tells.
    pub async fn run(self, flight: Flight) -> Landed {
        let landed = self.ask(&flight).await;
        let now = self.errand.shared.clock.now();
        let landing = match &landed {
            Landed::Copy(variant, _) if variant.is_fresh(&self.caching, now) => Landing::Shared(Arc::clone(variant)),
            Landed::Copy(..) => Landing::Alone,
            Landed::Through(answer) if !is_failure(answer.status()) => Landing::Alone,
            Landed::Through(_) | Landed::Failed(_) => Landing::Failed,
        };
        flight.land(landing, now);
        landed
    }

    async fn ask(&self, flight: &Flight) -> Landed {
        let clock = self.errand.shared.clock;
        let asked = clock.now();
        let answer = match self.errand.run().await {
            Ok(answer) => answer,
            Err(why) => return Landed::Failed(why),
        };
        let times = Times { asked, arrived: clock.now(), wall: wall() };
        if let Some(copy) = self.copy.as_ref().filter(|_| answer.status() == StatusCode::NOT_MODIFIED) {
            return self.renew(flight, copy, answer.headers(), times);
        }
        let may_end = !answer.body().is_endless();
        let fit = || Variant::begin(&self.caching, &self.asked, answer.status(), answer.headers(), times);
        let Some(variant) = may_end.then(fit).flatten() else {
            self.forget_outdated(flight, answer.status());
            return Landed::Through(Box::new(answer));
        };
        let (head, body) = answer.into_parts();
        match collect(body, MOST_BYTES, MOST_TIME).await {
            Collected::Whole(bytes) => {
                let variant = Arc::new(variant.with_body(bytes));
                flight.cache().keep(&flight.key, &variant);
                let way = if self.copy.is_some() { Way::Refetched } else { Way::Stored };
                Landed::Copy(variant, way)
            }
            Collected::TooMuch(body) => Landed::Through(Box::new(Response::from_parts(head, *body))),
            Collected::Broken => Landed::Failed(Unanswered::NoAnswer(NoAnswer::Broken)),
        }
    }

    fn renew(&self, flight: &Flight, copy: &Arc<Variant>, confirmation: &HeaderMap, times: Times) -> Landed {
        let cache = flight.cache();
        let Some((renewed, is_kept)) = copy.renewed(&self.caching, &self.asked, confirmation, times) else {
            // It was asked about this one alone: what confirms another is no answer, and would be none again.
            cache.forget(&flight.key, copy);
            return Landed::Failed(Unanswered::NoAnswer(NoAnswer::Broken));
        };
        let renewed = Arc::new(renewed);
        if is_kept {
            cache.keep(&flight.key, &renewed);
        } else {
            cache.forget(&flight.key, copy);
        }
        Landed::Copy(renewed, Way::Renewed)
    }

    /// An upstream that answers something else by now has said that the copy is not right any more; one that fails has not.
    fn forget_outdated(&self, flight: &Flight, status: StatusCode) {
        if let Some(copy) = self.copy.as_ref().filter(|_| !is_failure(status)) {
            flight.cache().forget(&flight.key, copy);
        }
    }
}

/// Whether an answer says that its upstream cannot answer (RFC 5861, section 4), or not so many.
pub fn is_failure(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS
            | StatusCode::INTERNAL_SERVER_ERROR
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
    )
}
