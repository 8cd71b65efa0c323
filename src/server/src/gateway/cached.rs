//! A request on a route that keeps answers: from memory if it can be, or else together with those who ask the same, or
//! else by itself. Whoever comes here has passed quota and gate, or may have what costs nothing.

use std::borrow::Cow;
use std::sync::Arc;

use admission::Nanos;
use hyper::Method;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::body::Source;
use super::cache::{
    Boarding, CACHE_STATUS, Cache, Caching, Fetch, Flight, Key, Landed, Landing, Variant, Way, impersonal, is_failure,
};
use super::call::NoAnswer;
use super::errand::Unanswered;
use super::{Gateway, Request};
use crate::http::Reply;
use crate::shedding::duration;

/// How often somebody looks for an answer that is on its way, before he goes by himself: the first that landed may be for
/// another, or differ in what its `Vary` names, which nobody could know before.
const LOOKS: usize = 2;

/// Where a request's answer is kept, if it is.
pub struct Kept<'r> {
    pub cache: &'r Arc<Cache>,
    pub caching: &'r Arc<Caching>,
    pub key: Key,
}

type Copy = Option<Arc<Variant>>;

impl Gateway {
    /// The answer to a request that what is kept may answer.
    pub(super) async fn answer_kept(&self, request: &Request<'_>, kept: &Kept<'_>) -> Reply {
        let asked = &request.head.headers;
        let mut copy = None;
        for _look in 0..LOOKS {
            let now = self.shared.clock.now();
            copy = kept.cache.find(&kept.key, asked, now);
            if let Some(reply) = copy.as_ref().and_then(|copy| self.at_once(request, kept, copy)) {
                return reply;
            }
            // A HEAD is no reason to ask for a body.
            if request.head.method == Method::HEAD {
                break;
            }
            let passenger = match kept.cache.board(&kept.key, kept.caching, asked, now) {
                Boarding::Lead(flight) => return self.lead(request, kept, copy, flight).await,
                Boarding::Landed(variant) => return self.give(request, &variant, Way::Hit),
                Boarding::Follow(passenger) => passenger,
            };
            match self.in_time(request, passenger.landing()).await {
                Some(Landing::Shared(variant))
                    if variant.suits(asked) && kept.cache.is_current(&kept.key, &variant) =>
                {
                    return self.give(request, &variant, Way::Collapsed);
                }
                Some(Landing::Shared(_) | Landing::Alone) => {}
                Some(Landing::Failed) => match self.instead(request, &copy) {
                    Some(reply) => return reply,
                    None => break,
                },
                None => return self.settle(request, timed_out(), &copy),
            }
        }
        self.go_alone(request, copy).await
    }

    /// What is left of the time that the client gives us, if it gives us less than we take.
    fn left(&self, request: &Request<'_>) -> Option<Nanos> {
        let spent = self.shared.clock.now().since(request.begun);
        request.deadline.map(|deadline| deadline.since(spent))
    }

    /// Waits for what ends by itself, and no longer than the client does.
    async fn in_time<T>(&self, request: &Request<'_>, wait: impl Future<Output = T>) -> Option<T> {
        match self.left(request) {
            Some(left) => timeout(duration(left), wait).await.ok(),
            None => Some(wait.await),
        }
    }

    /// What is kept, where the request itself is refused: it costs nothing that is short.
    pub(super) fn degraded(&self, request: &Request<'_>) -> Option<Reply> {
        let kept = request.kept.as_ref()?;
        let now = self.shared.clock.now();
        let copy = kept.cache.find(&kept.key, &request.head.headers, now)?;
        let is_fresh = copy.is_fresh(kept.caching, now);
        let is_usable =
            is_fresh || copy.is_usable_meanwhile(kept.caching, now) || copy.is_usable_instead(kept.caching, now);
        is_usable.then(|| {
            self.shared.metrics.degraded.increment(1);
            self.give(request, &copy, if is_fresh { Way::Hit } else { Way::Stale })
        })
    }

    /// A copy that may be given out now; one that is stale is fetched anew behind it.
    fn at_once(&self, request: &Request<'_>, kept: &Kept<'_>, copy: &Arc<Variant>) -> Option<Reply> {
        let now = self.shared.clock.now();
        if copy.is_fresh(kept.caching, now) {
            return Some(self.give(request, copy, Way::Hit));
        }
        copy.is_usable_meanwhile(kept.caching, now).then(|| {
            if let Some(flight) = kept.cache.refresh(&kept.key, &request.head.headers, now) {
                drop(self.depart(request, kept, Some(Arc::clone(copy)), flight));
            }
            self.give(request, copy, Way::Stale)
        })
    }

    async fn lead(&self, request: &Request<'_>, kept: &Kept<'_>, copy: Copy, flight: Flight) -> Reply {
        let landing = self.depart(request, kept, copy.clone(), flight);
        let landed = self.in_time(request, landing).await.unwrap_or(Ok(timed_out()));
        // It is lost where its thread ends.
        self.settle(request, landed.unwrap_or(Landed::Failed(Unanswered::NoAnswer(NoAnswer::Broken))), &copy)
    }

    /// Begins a fetch that nobody can break off: others may wait for it by then.
    fn depart(&self, request: &Request<'_>, kept: &Kept<'_>, copy: Copy, flight: Flight) -> oneshot::Receiver<Landed> {
        let mut head = impersonal(request.head);
        if let Some(copy) = &copy {
            copy.make_conditional(&mut head.headers);
        }
        let fetch = Fetch {
            errand: self.errand(request, Cow::Owned(head), Source::empty(), None),
            asked: request.head.headers.clone(),
            caching: Arc::clone(kept.caching),
            copy,
        };
        let (sender, landing) = oneshot::channel();
        tokio::spawn(async move {
            // Whoever asked may have left: then it was for the others.
            let _left = sender.send(fetch.run(flight).await);
        });
        landing
    }

    /// As if nothing were kept.
    async fn go_alone(&self, request: &Request<'_>, copy: Copy) -> Reply {
        let left = self.left(request);
        if left == Some(Nanos(0)) {
            return self.settle(request, timed_out(), &copy);
        }
        let errand = self.errand(request, Cow::Borrowed(request.head), Source::empty(), left);
        let landed = errand.run().await.map_or_else(Landed::Failed, |answer| Landed::Through(Box::new(answer)));
        self.settle(request, landed, &copy)
    }

    /// What has come of asking the upstream, as the client gets it; where that is a failure, the copy if there is one.
    fn settle(&self, request: &Request<'_>, landed: Landed, copy: &Copy) -> Reply {
        let failed = match &landed {
            Landed::Copy(..) => false,
            Landed::Through(answer) => is_failure(answer.status()),
            Landed::Failed(_) => true,
        };
        if let Some(reply) = Some(copy).filter(|_| failed).and_then(|copy| self.instead(request, copy)) {
            return reply;
        }
        let way = if copy.is_some() { Way::Outdated } else { Way::Through };
        let reply = match landed {
            Landed::Copy(variant, way) => return self.give(request, &variant, way),
            Landed::Through(answer) => self.relay(request, *answer),
            Landed::Failed(why) => self.unanswered(request, why),
        };
        self.note_way(reply, way, None)
    }

    fn instead(&self, request: &Request<'_>, copy: &Copy) -> Option<Reply> {
        let now = self.shared.clock.now();
        let route = &request.kept.as_ref()?.caching;
        let copy = copy.as_ref().filter(|copy| copy.is_usable_instead(route, now))?;
        Some(self.give(request, copy, Way::Instead))
    }

    fn give(&self, request: &Request<'_>, variant: &Variant, way: Way) -> Reply {
        let now = self.shared.clock.now();
        let left = request.kept.as_ref().map(|kept| variant.seconds_left(kept.caching, now));
        self.note_way(variant.reply(request.head, now), way, left)
    }

    /// Counts how an answer came about, and says so in it.
    pub(super) fn note_way(&self, mut reply: Reply, way: Way, seconds_left: Option<i64>) -> Reply {
        self.shared.metrics.cached(way.outcome());
        reply.headers_mut().append(CACHE_STATUS, way.status(seconds_left));
        reply
    }
}

fn timed_out() -> Landed {
    Landed::Failed(Unanswered::NoAnswer(NoAnswer::Timeout))
}
