//! The gateway listener: shoppers come through here to the platform behind. It lets in what matters most first, and
//! hands everything else on as it is. It knows nothing of stock.

mod allowance;
mod answers;
mod body;
mod cache;
mod cached;
mod call;
mod client;
mod connections;
mod constants;
mod errand;
mod headers;
mod inward;
mod metrics;
mod names;
mod promoted;
mod purge;
mod route;
mod rules;
mod shadow;
mod status;
mod target;
mod tend;
mod tune;
mod upgrade;
mod upstream;
mod values;

use std::borrow::Cow;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use ::admission::quota::Verdict;
use ::admission::{CLASSES, Class, Client, Cohort, Gate, Nanos, Quota, Quotas, Reason};
use arc_swap::ArcSwap;
use hyper::body::Body as _;
use hyper::header::{HeaderMap, HeaderValue, VIA};
use hyper::http::request::Parts;
use hyper::{Response, StatusCode, Version};

use self::body::{Received, Source};
use self::cache::{Cache, Key, Way};
use self::cached::Kept;
use self::client::Known;
use self::connections::Connections;
use self::errand::{Errand, Unanswered};
use self::headers::{Onward, PROMOTE, TIMEOUT};
use self::promoted::Promoted;
use self::route::Asked;
use self::rules::{Off, Rule, Rules};
use crate::config::Config;
use crate::http::{Body, Capacity, Code, Handler, Problem, Protocols, Relayed, Reply, RequestBody};
use crate::shedding::{Clock, Lag, random, refused, secret};
use crate::stage::Stage;

pub use self::metrics::GatewayMetrics;
pub use self::status::status;
pub use self::tend::tend;
pub use self::tune::Draft;

/// What a request counts as that goes nowhere.
const ELSEWHERE: Class = Class::Browse;

/// What all threads of the gateway share.
pub struct Shared {
    clock: Clock,
    stage: Arc<Stage>,
    rules: ArcSwap<Rules>,
    gate: Gate,
    /// Streams without an end, over all upstreams: each keeps a connection of its own there for as long as it likes, and the
    /// log needs descriptors too.
    streams: Arc<Capacity>,
    quotas: Quotas,
    promoted: Promoted,
    /// Answers that are kept, where there is room for any.
    cache: Option<Arc<Cache>>,
    /// Who does not know it cannot choose his cohort.
    secret: [u64; 2],
    metrics: GatewayMetrics,
    /// Requests that a quota which is only tried would have refused.
    beyond_shadow_quota: [AtomicU64; CLASSES],
}

/// The gateway of one I/O thread.
pub struct Gateway {
    /// Which of the I/O threads it is.
    thread: usize,
    shared: Arc<Shared>,
    lag: Lag,
    connections: Arc<Connections>,
}

/// What is known of a request before it goes anywhere.
struct Request<'r> {
    rules: &'r Arc<Rules>,
    rule: &'r Arc<Rule>,
    from: IpAddr,
    /// With its path in its one form.
    head: &'r Parts,
    begun: Nanos,
    /// How long the client will wait from then on, if it says so.
    deadline: Option<Nanos>,
    /// Where its answer is kept, if it is.
    kept: Option<Kept<'r>>,
    known: Known<'r>,
    cohort: Cohort,
    class: Class,
    quota: Option<(Quota, Verdict)>,
}

impl Shared {
    /// A gateway for this configuration. Fails where the system gives no random bytes, or with what cannot be.
    /// `streams`: how many without an end there may be at once.
    pub fn new(config: &Config, streams: usize, stage: Arc<Stage>, metrics: GatewayMetrics) -> io::Result<Self> {
        let clock = Clock::start();
        let secret = secret()?;
        let rules = Rules::new(config, None, clock, secret).map_err(io::Error::other)?;
        Ok(Self {
            clock,
            stage,
            rules: ArcSwap::from_pointee(rules),
            gate: Gate::new(config.engine.io_threads),
            streams: Capacity::new(streams),
            quotas: Quotas::new(config.gateway.max_clients, secret),
            promoted: Promoted::new(config.gateway.max_clients, secret),
            cache: Some(config.gateway.cache_bytes).filter(|bytes| *bytes > 0).map(|bytes| Arc::new(Cache::new(bytes))),
            secret,
            metrics,
            beyond_shadow_quota: Default::default(),
        })
    }

    /// How many requests what is only tried would have refused, for each of [`metrics::SHADOWED`], by class.
    fn would_refuse(&self) -> [[u64; CLASSES]; metrics::SHADOWED.len()] {
        let gate = self.gate.would_refuse();
        [gate.level, gate.queue_delay, self.beyond_shadow_quota.each_ref().map(|count| count.load(Relaxed))]
    }
}

impl Gateway {
    /// A gateway for one more I/O thread.
    pub fn new(thread: usize, shared: Arc<Shared>) -> Self {
        Self { thread, shared, lag: Lag::default(), connections: Arc::default() }
    }

    /// What goes on beside the requests of this thread, until dropped.
    pub async fn tend(self: Arc<Self>) {
        tokio::join!(self.watch_delay(), self.connections.tidy());
    }

    /// Watches how late this thread is, which is where its requests queue.
    async fn watch_delay(&self) {
        let Shared { clock, rules, gate, .. } = &*self.shared;
        let note = |late| {
            let (rules, now) = (rules.load(), clock.now());
            gate.observe(&rules.gate, self.thread, late, now);
            gate.tick(&rules.gate, now);
        };
        self.lag.watch(note).await;
    }

    /// The answer to a request, and how important it was.
    async fn answer(&self, from: IpAddr, mut head: Parts, body: RequestBody) -> (Class, Reply) {
        let rules = self.shared.rules.load_full();
        if let Err(problem) = inward::normalise(&mut head, rules.trust.hops > 0) {
            return (ELSEWHERE, problem.into_reply());
        }
        let known = rules.trust.know(from, &head.headers);
        let client = known.client(self.shared.secret);
        let cohort = Cohort::of(self.shared.secret, &client.to_bytes());
        let asked = Asked { path: head.uri.path(), method: &head.method, headers: &head.headers, cohort };
        let Some(rule) = rules.find(asked) else {
            return (ELSEWHERE, Problem::new(Code::NotFound, "nothing is behind this path").into_reply());
        };
        let now = self.shared.clock.now();
        let is_promoted = known.session.is_some_and(|session| self.shared.promoted.contains(session, now));
        let class = if is_promoted { rule.class.min(Class::Checkout) } else { rule.class };
        let address = Client::at(known.address);
        let quota = rules.allowance.map(|allowance| allowance.take(&self.shared.quotas, client, address, now));
        if rules.shadow_quota.as_ref().is_some_and(|quota| quota.would_refuse(client, now)) {
            self.shared.beyond_shadow_quota[class as usize].fetch_add(1, Relaxed);
        }
        let kept = self.kept(rule, &head, &body);
        let (head, deadline) = (&head, deadline(&head.headers));
        let request =
            Request { rules: &rules, rule, from, head, begun: now, deadline, kept, known, cohort, class, quota };
        let mut reply = match (self.admit(&request, now), &request.kept) {
            (Err(reply), _) => reply,
            (Ok(()), Some(kept)) => self.answer_kept(&request, kept).await,
            (Ok(()), None) => self.pass_on(&request, body).await,
        };
        if let Some((quota, verdict)) = quota.filter(|(_, verdict)| verdict.is_allowed) {
            answers::rate_limit(&mut reply, quota, verdict);
        }
        (class, reply)
    }

    /// Every rule that needs no upstream, the cheapest first.
    #[expect(clippy::result_large_err, reason = "it is moved once, where a box would be one more allocation")]
    fn admit(&self, request: &Request<'_>, now: Nanos) -> Result<(), Reply> {
        let Shared { gate, stage, .. } = &*self.shared;
        if stage.is_draining() {
            return Err(self.refuse(Reason::Draining, request, None));
        }
        if let Some((quota, verdict)) = request.quota.filter(|(_, verdict)| !verdict.is_allowed) {
            self.note_refused(Reason::ClientQuota, request);
            return Err(answers::over_quota(quota, verdict, random()));
        }
        match request.rule.switched_off(gate.brownout().level()) {
            None => {}
            Some(Off::Answer(fixed)) => {
                self.shared.metrics.degraded.increment(1);
                return Err(answers::fixed(fixed));
            }
            Some(Off::Refuse) => return Err(self.degrade(Reason::Brownout, request)),
        }
        let priority = request.rule.priority(request.class, request.cohort);
        let decided = gate.decide(&request.rules.gate, priority, now);
        let decided = decided.and_then(|()| gate.decide_after(&request.rules.gate, priority, self.lag.last(), now));
        decided.map_err(|reason| self.degrade(reason, request))
    }

    /// Where the answer to a request is kept, if what is kept may answer it.
    fn kept<'r>(&'r self, rule: &'r Rule, head: &Parts, body: &RequestBody) -> Option<Kept<'r>> {
        let (cache, caching) = self.shared.cache.as_ref().zip(rule.caching.as_ref())?;
        let may_be_kept = cache::may_be_kept(head) && body.is_end_stream();
        may_be_kept.then(|| Kept { cache, caching, key: Key::new(&caching.scope, head) })
    }

    /// What is kept for a request that cannot go on, or else its refusal.
    fn degrade(&self, reason: Reason, request: &Request<'_>) -> Reply {
        self.degraded(request).unwrap_or_else(|| self.refuse(reason, request, None))
    }

    fn refuse(&self, reason: Reason, request: &Request<'_>, retry_after: Option<Nanos>) -> Reply {
        self.note_refused(reason, request);
        refused(reason, request.class, retry_after, random())
    }

    fn note_refused(&self, reason: Reason, request: &Request<'_>) {
        self.shared.metrics.refused(request.class, reason);
        let (reason, class, route) = (reason.word(), request.class.word(), &request.rule.name);
        tracing::debug!(reason, class, route, client = %request.known.address, "refused");
    }

    async fn pass_on(&self, request: &Request<'_>, body: RequestBody) -> Reply {
        // On a connection of several exchanges nobody else sees to it that each goes on.
        let each = (request.head.version == Version::HTTP_2).then_some(request.rules.body_timeout);
        let errand = self.errand(request, Cow::Borrowed(request.head), Source::new(body, each), request.deadline);
        let reply = match errand.run().await {
            Ok(answer) => {
                self.outdate(request.head, answer.status());
                self.relay(request, answer)
            }
            Err(why) => self.unanswered(request, why),
        };
        if request.rule.caching.is_none() || self.shared.cache.is_none() {
            return reply;
        }
        let way = if cache::is_read(&request.head.method) { Way::Bypass } else { Way::Method };
        self.note_way(reply, way, None)
    }

    /// What a write has changed is not given out any more as it was (RFC 9111, section 4.4).
    fn outdate(&self, head: &Parts, status: StatusCode) {
        let has_written = !head.method.is_safe() && (status.is_success() || status.is_redirection());
        if let Some(cache) = self.shared.cache.as_ref().filter(|_| has_written) {
            cache.outdate(&Key::new("", head), self.shared.clock.now());
        }
    }

    fn errand<'r>(
        &self,
        request: &Request<'_>,
        head: Cow<'r, Parts>,
        body: Source,
        deadline: Option<Nanos>,
    ) -> Errand<'r> {
        let random = std::array::from_fn(|_| random());
        Errand {
            shared: Arc::clone(&self.shared),
            connections: Arc::clone(&self.connections),
            target: Arc::clone(&request.rule.target),
            priority: request.rule.priority(request.class, request.cohort),
            onward: Onward { peer: request.from, version: head.version, random },
            head,
            body,
            deadline,
        }
    }

    fn unanswered(&self, request: &Request<'_>, why: Unanswered) -> Reply {
        match why {
            Unanswered::Refused(refused) => self.refuse(refused.reason, request, refused.retry_after),
            Unanswered::NoAnswer(why) => answers::no_answer(why, &request.rule.target.upstream.name),
        }
    }

    /// The upstream's answer as the client gets it.
    fn relay(&self, request: &Request<'_>, mut answer: Response<Received>) -> Reply {
        let version = answer.version();
        if let Some(millis) = answer.headers_mut().remove(PROMOTE)
            && let (Some(session), Some(millis)) = (request.known.session, number(&millis))
        {
            self.shared.promoted.promote(session, millis, self.shared.clock.now());
        }
        let switched = (answer.status() == StatusCode::SWITCHING_PROTOCOLS).then(|| headers::upgrade(answer.headers()));
        headers::strip_hop_by_hop(answer.headers_mut());
        answer.headers_mut().append(VIA, headers::via(version));
        if let Some(Some(protocol)) = switched {
            let upgrade = hyper::upgrade::on(&mut answer);
            let (mut head, body) = answer.into_parts();
            headers::go_over(&mut head.headers, protocol);
            head.extensions.insert(upgrade::tunnel(upgrade, body));
            return Response::from_parts(head, Body::default());
        }
        answer.map(|body| {
            let is_endless = body.is_endless();
            let body = Body::relayed(Relayed::new(body));
            if is_endless { body.endless() } else { body }
        })
    }
}

impl Handler for Gateway {
    const PROTOCOLS: Protocols = Protocols::Http1AndHttp2;

    async fn handle(self: &Arc<Self>, from: IpAddr, head: Parts, body: RequestBody) -> Reply {
        let begun = Instant::now();
        let (class, reply) = self.answer(from, head, body).await;
        self.shared.metrics.answered(class, reply.status(), begun);
        reply
    }

    fn turned_away(&self, status: StatusCode) {
        self.shared.metrics.answered(ELSEWHERE, status, Instant::now());
    }
}

/// How long the client will wait, if it says so.
fn deadline(headers: &HeaderMap) -> Option<Nanos> {
    number(headers.get(TIMEOUT)?).map(Nanos::from_millis)
}

fn number(value: &HeaderValue) -> Option<u64> {
    value.to_str().ok()?.trim().parse().ok()
}
