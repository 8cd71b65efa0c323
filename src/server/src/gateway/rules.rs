//! The configuration as requests meet it: routes in the order in which they are tried, each with its upstream; made
//! anew as a whole whenever something changes. What is known of an upstream stays with its name.

use std::sync::Arc;
use std::time::Duration;

use admission::{Class, Cohort, Nanos, gate};
use bytes::Bytes;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Method, StatusCode};

use super::allowance::Allowance;
use super::cache::Caching;
use super::client::Trust;
use super::constants;
use super::route::{Asked, Pattern};
use super::shadow::ShadowQuota;
use super::upstream::{Settings, Upstream};
use crate::config::{Admission, Config, gateway as written};
use crate::shedding::{self, Clock};

/// Everything that a request is judged by.
#[derive(Debug)]
pub struct Rules {
    /// What is believed of a client.
    pub trust: Trust,
    /// What clients may ask.
    pub allowance: Option<Allowance>,
    /// What one client might be allowed to ask: only tried.
    pub shadow_quota: Option<ShadowQuota>,
    /// Of the listener's gate.
    pub gate: gate::Rules,
    /// How long a piece of a body may take where the connection does not bound that.
    pub body_timeout: Duration,
    /// The first that matches is taken.
    routes: Vec<(Pattern, Arc<Rule>)>,
    /// Where what matches none goes.
    rest: Option<Arc<Rule>>,
    /// Every upstream, in the order in which they were written.
    pub targets: Vec<Arc<Target>>,
}

/// What becomes of a request.
#[derive(Debug)]
pub struct Rule {
    /// The path as written, for whoever wants to see.
    pub name: String,
    /// How important it is.
    pub class: Class,
    /// Where it goes.
    pub target: Arc<Target>,
    /// How its answers are kept, if they are.
    pub caching: Option<Arc<Caching>>,
    /// From which brownout level on it is switched off, and what is answered then.
    pub brownout: Option<(u8, Option<Fixed>)>,
}

/// An upstream with the settings of its rules.
#[derive(Debug)]
pub struct Target {
    /// What is known of it.
    pub upstream: Arc<Upstream>,
    /// How it is called.
    pub settings: Arc<Settings>,
    /// How long making a connection may take.
    pub connect_timeout: Duration,
    /// `HOST:PORT` of each, to be resolved.
    pub authorities: Vec<String>,
    /// What is asked to see whether an endpoint works, and how often.
    pub check: Option<(String, Duration)>,
}

/// What a route does that is switched off.
#[derive(Debug, Clone, Copy)]
pub enum Off<'r> {
    /// This answer.
    Answer(&'r Fixed),
    /// Nothing.
    Refuse,
}

/// An answer that needs no upstream.
#[derive(Debug)]
pub struct Fixed {
    /// Its status.
    pub status: StatusCode,
    /// The type of its body.
    pub content_type: HeaderValue,
    /// Its body.
    pub body: Bytes,
}

impl Rules {
    /// The rules of a configuration, or the field that cannot be and why. `before` lends what is known of upstreams and
    /// of clients.
    pub fn new(config: &Config, before: Option<&Self>, clock: Clock, secret: [u64; 2]) -> Result<Self, String> {
        let target = |upstream| Arc::new(target(upstream, &config.admission, before, clock));
        let targets: Vec<Arc<Target>> = config.gateway.upstreams.iter().map(target).collect();
        let mut routes = config
            .gateway
            .routes
            .iter()
            .map(|route| Ok((pattern(route)?, Arc::new(rule(route, &targets)?))))
            .collect::<Result<Vec<_>, String>>()?;
        routes.sort_by_key(|(pattern, _)| std::cmp::Reverse(pattern.rank()));
        let rest = targets.first().map(|target| {
            Arc::new(Rule {
                name: "*".to_owned(),
                class: Class::Browse,
                target: Arc::clone(target),
                caching: None,
                brownout: None,
            })
        });
        let gateway = &config.gateway;
        Ok(Self {
            trust: Trust {
                hops: gateway.trusted_hops,
                session_cookie: Some(gateway.session_cookie.clone()).filter(|name| !name.is_empty()),
                api_key_header: optional_name(&gateway.api_key_header)?,
            },
            allowance: Allowance::new(gateway),
            shadow_quota: ShadowQuota::new(gateway, before.and_then(|rules| rules.shadow_quota.as_ref()), secret),
            gate: shedding::gate(&config.admission),
            body_timeout: Duration::from_millis(config.http.body_timeout_ms),
            routes,
            rest,
            targets,
        })
    }

    /// The rule for a request.
    pub fn find(&self, asked: Asked<'_>) -> Option<&Arc<Rule>> {
        let matching = self.routes.iter().find(|(pattern, _)| pattern.matches(asked));
        matching.map(|(_, rule)| rule).or(self.rest.as_ref())
    }
}

impl Rule {
    /// What it does at this brownout level, if it is switched off.
    pub fn switched_off(&self, level: u8) -> Option<Off<'_>> {
        let (from, answer) = self.brownout.as_ref()?;
        (*from <= level).then(|| answer.as_ref().map_or(Off::Refuse, Off::Answer))
    }

    /// Its priority for a client.
    pub fn priority(&self, class: Class, cohort: Cohort) -> admission::Priority {
        admission::Priority::new(class.min(self.class), cohort)
    }
}

fn target(written: &written::Upstream, tuned: &Admission, before: Option<&Rules>, clock: Clock) -> Target {
    let settings = constants::upstream(written, tuned);
    let known = before.and_then(|rules| rules.targets.iter().find(|target| target.upstream.name == written.name));
    let upstream = known.map_or_else(
        || Arc::new(Upstream::new(&written.name, &settings, clock)),
        |target| Arc::clone(&target.upstream),
    );
    let urls = written.url.iter().chain(&written.urls);
    Target {
        upstream,
        settings: Arc::new(settings),
        connect_timeout: Duration::from_millis(written.connect_timeout_ms),
        // The configuration has checked them.
        authorities: urls.filter_map(|url| written::authority(url).ok()).collect(),
        check: Some(written.health_path.clone())
            .filter(|path| !path.is_empty())
            .map(|path| (path, Duration::from_millis(written.health_interval_ms))),
    }
}

fn pattern(written: &written::Route) -> Result<Pattern, String> {
    let methods = written.methods.iter().map(|method| Method::from_bytes(method.as_bytes()));
    let methods = methods.collect::<Result<_, _>>().map_err(|_| "`methods` are words in capitals".to_owned())?;
    let pattern = Pattern::new(&written::path(&written.path)?, methods);
    // A trial of several paths has the same clients on all of them.
    let trial = &written.upstream;
    Ok(pattern.with_header(header(written.header.as_deref())?).with_percent(written.percent, trial))
}

fn header(given: Option<&str>) -> Result<Option<(HeaderName, HeaderValue)>, String> {
    let Some((name, value)) = given.and_then(written::header) else { return Ok(None) };
    let wrong = || format!("`header` = {name}: {value} is none");
    Ok(Some((name.parse().map_err(|_| wrong())?, HeaderValue::from_str(value).map_err(|_| wrong())?)))
}

fn optional_name(text: &str) -> Result<Option<HeaderName>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let name = text.parse().ok().filter(|name: &HeaderName| !name.as_str().contains('_'));
    let wrong = || format!("`gateway.api_key_header` = {text} is no name of a header without an underscore");
    name.map(Some).ok_or_else(wrong)
}

fn rule(written: &written::Route, targets: &[Arc<Target>]) -> Result<Rule, String> {
    let target = targets.iter().find(|target| target.upstream.name == written.upstream);
    let target = target.ok_or_else(|| format!("there is no upstream `{}`", written.upstream))?;
    let answer = written.brownout_answer.as_ref().map(fixed).transpose()?;
    Ok(Rule {
        name: written.path.clone(),
        class: Class::parse(&written.class).ok_or_else(|| format!("`class` = {} is none", written.class))?,
        target: Arc::clone(target),
        caching: caching(written).map(Arc::new),
        brownout: written.brownout_level.map(|level| (level, answer)),
    })
}

/// What a route keeps is its own: beside it may be another for the same path, as for a canary. Who is sent there changes
/// no answer, and how long it is kept is asked at its use.
fn caching(written: &written::Route) -> Option<Caching> {
    let written::Route { path, upstream, header, cache_ttl_ms, .. } = written;
    (*cache_ttl_ms > 0).then(|| Caching {
        scope: format!("{upstream} {path} {header:?}"),
        fresh: Nanos::from_millis(*cache_ttl_ms),
        while_revalidate: Nanos::from_millis(written.stale_while_revalidate_ms),
        if_error: Nanos::from_millis(written.stale_if_error_ms),
    })
}

fn fixed(written: &written::Answer) -> Result<Fixed, String> {
    let wrong = |what: &str| format!("`brownout_answer.{what}` is none");
    Ok(Fixed {
        status: StatusCode::from_u16(written.status).map_err(|_| wrong("status"))?,
        content_type: HeaderValue::from_str(&written.content_type).map_err(|_| wrong("content_type"))?,
        body: Bytes::from(written.body.clone()),
    })
}
