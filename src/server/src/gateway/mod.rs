//! The gateway listener: shoppers come through here to the platform behind. It lets in what matters most first, and
//! hands everything else on as it is. It knows nothing of stock.

mod answers;
mod body;
mod call;
mod client;
mod headers;
mod metrics;
mod path;
mod promoted;
mod route;
mod rules;
mod status;
mod tend;
mod upgrade;
mod upstream;

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ::admission::quota::Verdict;
use ::admission::{Class, Cohort, Gate, Nanos, Quota, Quotas, Reason};
use arc_swap::ArcSwap;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue, UPGRADE, VIA};
use hyper::http::request::Parts;
use hyper::{Response, StatusCode, Uri, Version};
use parking_lot::Mutex;

use self::body::{Held, Pumped, Received, Source};
use self::call::{Call, Connections, connections};
use self::client::Known;
use self::headers::{PROMOTE, TIMEOUT};
use self::promoted::Promoted;
use self::route::Asked;
use self::rules::{Off, Rule, Rules};
use self::upstream::{Attempt, Place};
use crate::config::Config;
use crate::http::{Body, Handler, Problem, Protocols, Relayed, Reply, RequestBody};
use crate::shedding::{Clock, Lag, duration, random, refused, secret};
use crate::stage::Stage;

pub use self::metrics::GatewayMetrics;
pub use self::status::status;
pub use self::tend::tend;

/// What all threads of the gateway share.
pub struct Shared {
    clock: Clock,
    stage: Arc<Stage>,
    rules: ArcSwap<Rules>,
    gate: Gate,
    quotas: Quotas,
    promoted: Promoted,
    /// Who does not know it cannot choose his cohort.
    secret: [u64; 2],
    metrics: GatewayMetrics,
}

/// The gateway of one I/O thread.
pub struct Gateway {
    shared: Arc<Shared>,
    lag: Lag,
    /// By the time that making one may take.
    connections: Mutex<HashMap<Duration, Connections>>,
}

/// What is known of a request before it goes anywhere.
struct Request<'r> {
    rules: &'r Arc<Rules>,
    rule: &'r Arc<Rule>,
    known: Known<'r>,
    cohort: Cohort,
    class: Class,
    quota: Option<(Quota, Verdict)>,
}

impl Shared {
    /// A gateway for this configuration. Fails where the system gives no random bytes, or with what cannot be.
    pub fn new(config: &Config, stage: Arc<Stage>, metrics: GatewayMetrics) -> io::Result<Self> {
        let clock = Clock::start();
        let rules = Rules::new(config, None, clock).map_err(io::Error::other)?;
        let secret = secret()?;
        Ok(Self {
            clock,
            stage,
            rules: ArcSwap::from_pointee(rules),
            gate: Gate::default(),
            quotas: Quotas::new(config.gateway.max_clients, secret),
            promoted: Promoted::new(config.gateway.max_clients, secret),
            secret,
            metrics,
        })
    }
}

impl Gateway {
    /// A gateway for one more I/O thread.
    pub fn new(shared: Arc<Shared>) -> Self {
        Self { shared, lag: Lag::default(), connections: Mutex::default() }
    }

    /// Watches how late this thread is, which is where its requests queue.
    pub async fn watch_delay(self: Arc<Self>) {
        let Shared { clock, rules, gate, .. } = &*self.shared;
        let note = |late| {
            let (rules, now) = (rules.load(), clock.now());
            gate.observe(&rules.gate, late, now);
            gate.tick(&rules.gate, now);
        };
        self.lag.watch(note).await;
    }

    async fn answer(&self, from: IpAddr, mut head: Parts, body: RequestBody) -> Reply {
        let begun = Instant::now();
        let rules = self.shared.rules.load_full();
        if let Err(problem) = normalise(&mut head) {
            return problem.into_reply();
        }
        let known = rules.trust.know(from, &head.headers);
        let client = known.client(self.shared.secret);
        let cohort = Cohort::of(self.shared.secret, &client.to_bytes());
        let asked = Asked { path: head.uri.path(), method: &head.method, headers: &head.headers, cohort };
        let Some(rule) = rules.find(asked) else {
            return Problem::new(crate::http::Code::NotFound, "nothing is behind this path").into_reply();
        };
        let now = self.shared.clock.now();
        let is_promoted = known.session.is_some_and(|session| self.shared.promoted.contains(session, now));
        let class = if is_promoted { rule.class.min(Class::Checkout) } else { rule.class };
        let quota = rules.quota.map(|quota| (quota, self.shared.quotas.take(quota, client, now)));
        let request = Request { rules: &rules, rule, known, cohort, class, quota };
        let mut reply = match self.admit(&request, now) {
            Err(reply) => reply,
            Ok(()) => self.pass_on(&request, from, &head, body).await,
        };
        if let Some((quota, verdict)) = quota.filter(|(_, verdict)| verdict.is_allowed) {
            answers::rate_limit(&mut reply, quota, verdict);
        }
        self.shared.metrics.answered(class, reply.status(), begun);
        reply
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
            Some(Off::Refuse) => return Err(self.refuse(Reason::Brownout, request, None)),
        }
        let priority = request.rule.priority(request.class, request.cohort);
        let decided = gate.decide(&request.rules.gate, priority, now);
        let decided = decided.and_then(|()| gate.decide_after(&request.rules.gate, priority, self.lag.last(), now));
        decided.map_err(|reason| self.refuse(reason, request, None))
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

    async fn pass_on(&self, request: &Request<'_>, from: IpAddr, head: &Parts, body: RequestBody) -> Reply {
        let target = &request.rule.target;
        let priority = request.rule.priority(request.class, request.cohort);
        let mut place = match target.upstream.enter(&target.settings, priority) {
            Ok(place) => place,
            Err(refused) => {
                self.shared.gate.press();
                return self.refuse(refused.reason, request, refused.retry_after);
            }
        };
        let deadline = deadline(&head.headers);
        let onward = onward(head, from, request.rules.trust.hops > 0);
        // On a connection of several exchanges nobody else sees to it that each goes on.
        let each = (head.version == Version::HTTP_2).then_some(request.rules.body_timeout);
        let source = Source::new(body, each);
        let connections = self.connections(target.connect_timeout);
        let (settings, upstream) = (&target.settings, &*target.upstream);
        let call = Call { connections: &connections, upstream, settings, head: &onward, body: &source, deadline };
        let retries = &self.shared.metrics.retries;
        match call.send(&mut place, || retries.increment(1)).await {
            Ok((answer, attempt)) => self.relay(request, head.version, answer, place, attempt),
            Err(why) => answers::no_answer(why, &target.upstream.name),
        }
    }

    /// The upstream's answer as the client gets it.
    fn relay(
        &self,
        request: &Request<'_>,
        version: Version,
        mut answer: Response<Incoming>,
        place: Place,
        attempt: Attempt,
    ) -> Reply {
        if let Some(millis) = answer.headers_mut().remove(PROMOTE)
            && let (Some(session), Some(millis)) = (request.known.session, number(&millis))
        {
            self.shared.promoted.promote(session, millis, self.shared.clock.now());
        }
        let switched = (answer.status() == StatusCode::SWITCHING_PROTOCOLS).then(|| headers::upgrade(answer.headers()));
        headers::strip_hop_by_hop(answer.headers_mut());
        answer.headers_mut().append(VIA, headers::via(version));
        if let Some(Some(protocol)) = switched {
            let takeover = upgrade::tunnel(&mut answer, place.into_stream());
            let (mut head, _) = answer.into_parts();
            head.headers.insert(UPGRADE, protocol);
            head.headers.insert(hyper::header::CONNECTION, HeaderValue::from_static("upgrade"));
            head.extensions.insert(takeover);
            return Response::from_parts(head, Body::default());
        }
        let (head, body) = answer.into_parts();
        let is_endless =
            head.headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
        let each = duration(request.rule.target.settings.timeout);
        let body = if is_endless {
            drop(attempt);
            Received::new(body, Held::Stream { _counted: place.into_stream() }, None)
        } else {
            Received::new(body, Held::Call(place, attempt), Some(each))
        };
        let relayed = if version == Version::HTTP_2 {
            Relayed::new(Pumped::new(body, request.rules.send_timeout))
        } else {
            Relayed::new(body)
        };
        Response::from_parts(head, Body::relayed(relayed))
    }

    fn connections(&self, connect_timeout: Duration) -> Connections {
        let mut known = self.connections.lock();
        known.entry(connect_timeout).or_insert_with(|| connections(connect_timeout)).clone()
    }
}

impl Handler for Gateway {
    const PROTOCOLS: Protocols = Protocols::Http1AndHttp2;

    async fn handle(self: &Arc<Self>, from: IpAddr, head: Parts, body: RequestBody) -> Reply {
        self.answer(from, head, body).await
    }
}

/// Writes the target in its one form, and the host where it belongs.
fn normalise(head: &mut Parts) -> Result<(), Problem> {
    let refuse = |detail: &'static str| Problem::invalid("", detail).closing();
    let path = path::normal(head.uri.path()).map_err(|why| refuse(why.detail()))?;
    // The target's own host wins over the header (RFC 9112, section 3.2.2).
    if let Some(authority) = head.uri.authority() {
        let host = HeaderValue::from_str(authority.as_str()).map_err(|_| refuse("the target's host is none"))?;
        head.headers.insert(hyper::header::HOST, host);
    }
    if head.headers.get_all(hyper::header::HOST).iter().count() != 1 {
        return Err(refuse("send one Host header"));
    }
    let query = head.uri.query().map_or_else(String::new, |query| format!("?{query}"));
    if head.uri.authority().is_some() || path != head.uri.path() {
        let target = format!("{path}{query}");
        head.uri = Uri::try_from(target).map_err(|_| refuse("the target is none"))?;
    }
    Ok(())
}

/// The request's head as the upstream gets it.
fn onward(head: &Parts, from: IpAddr, trusts_peer: bool) -> Parts {
    let mut onward = head.clone();
    // What belongs to the client's connection stays with it.
    onward.extensions.clear();
    let protocol = headers::upgrade(&onward.headers).filter(|_| head.version == Version::HTTP_11);
    headers::strip_hop_by_hop(&mut onward.headers);
    for name in [PROMOTE, TIMEOUT] {
        onward.headers.remove(name);
    }
    if let Some(protocol) = protocol {
        onward.headers.insert(UPGRADE, protocol);
        onward.headers.insert(hyper::header::CONNECTION, HeaderValue::from_static("upgrade"));
    }
    headers::forward(&mut onward.headers, head.version, from, trusts_peer, std::array::from_fn(|_| random()));
    onward
}

/// How long the client will wait, if it says so.
fn deadline(headers: &HeaderMap) -> Option<Nanos> {
    number(headers.get(TIMEOUT)?).map(Nanos::from_millis)
}

fn number(value: &HeaderValue) -> Option<u64> {
    value.to_str().ok()?.trim().parse().ok()
}
