//! Whether an answer may be kept, for how long it is fresh, and what may be done with it afterwards: RFC 9111 for a shared
//! cache, with RFC 5861. What requests say in their own `Cache-Control` is advice, and not taken: whoever reloads a page
//! in a rush would ask the upstream each time. It keeps nothing itself.

use std::time::{Duration, SystemTime};

use admission::Nanos;
use http_cache_semantics::{CacheOptions, CachePolicy};
use hyper::header::{
    AGE, AUTHORIZATION, CACHE_CONTROL, ETAG, EXPIRES, HeaderMap, HeaderValue, LAST_MODIFIED, PRAGMA, SET_COOKIE,
};
use hyper::{Request, Response, StatusCode};

use crate::gateway::headers::PROMOTE;
use crate::shedding::duration;

/// No answer is believed to be fresh, or usable, for longer.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// What a route says of its answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caching {
    /// The route in words that no other has: what it keeps is its own.
    pub scope: String,
    /// How long an answer is fresh that does not say so.
    pub fresh: Nanos,
    /// How long after that it may be given out while it is fetched anew.
    pub while_revalidate: Nanos,
    /// How long after that it may be given out while there is no other.
    pub if_error: Nanos,
}

/// What may be done with an answer, from its arrival on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// How old it was already.
    pub age: Nanos,
    /// How long it is fresh.
    pub fresh: Nanos,
    /// How long after that it may be given out while it is fetched anew.
    pub while_revalidate: Nanos,
    /// How long after that it may be given out while there is no other.
    pub if_error: Nanos,
    /// Whether it may answer requests with `Authorization` (RFC 9111, section 3.5).
    pub is_for_authorized: bool,
}

impl Terms {
    /// The terms of an answer to a request with these headers; none if it must not be kept, or if that is of no use.
    pub fn of(
        caching: &Caching,
        asked: &HeaderMap,
        status: StatusCode,
        headers: &HeaderMap,
        now: SystemTime,
    ) -> Option<Self> {
        // Both are for one client, whatever else is said.
        if headers.contains_key(SET_COOKIE) || headers.contains_key(PROMOTE) {
            return None;
        }
        let said = Directives::of(headers)?;
        let policy = policy(asked, status, headers, &said, now);
        if !policy.is_storable() {
            return None;
        }
        let age = policy.age(now).min(LONGEST);
        let fresh = match (said.must_ask(), said.says_freshness(headers)) {
            (true, _) => Duration::ZERO,
            (false, true) => policy.time_to_live(now).min(LONGEST),
            (false, false) => duration(caching.fresh).saturating_sub(age),
        };
        let terms = Self {
            age: nanos(age),
            fresh: nanos(fresh),
            while_revalidate: said.after("stale-while-revalidate", caching.while_revalidate),
            if_error: said.after("stale-if-error", caching.if_error),
            is_for_authorized: said.has("public") || said.has("s-maxage") || said.has("must-revalidate"),
        };
        let can_be_checked = headers.contains_key(ETAG) || headers.contains_key(LAST_MODIFIED);
        let is_of_use = can_be_checked || terms.fresh.plus(terms.longest_stale()) > Nanos(0);
        is_of_use.then_some(terms)
    }

    /// How long after its freshness it is of any use.
    pub fn longest_stale(&self) -> Nanos {
        self.while_revalidate.max(self.if_error)
    }
}

/// What RFC 9111 says of this answer, by a crate that knows it.
fn policy(
    asked: &HeaderMap,
    status: StatusCode,
    headers: &HeaderMap,
    said: &Directives,
    now: SystemTime,
) -> CachePolicy {
    let mut request = Request::new(());
    if let Some(authorization) = asked.get(AUTHORIZATION) {
        request.headers_mut().insert(AUTHORIZATION, authorization.clone());
    }
    let mut response = Response::new(());
    *response.status_mut() = status;
    *response.headers_mut() = headers.clone();
    // The crate tells `Private` from `private`.
    if let Ok(lowered) = HeaderValue::from_str(&said.0) {
        response.headers_mut().insert(CACHE_CONTROL, lowered);
    }
    // An age that is no number is that of something very old.
    if headers.get(AGE).is_some_and(|age| age.to_str().map_or(true, |age| age.trim().parse::<u64>().is_err())) {
        response.headers_mut().insert(AGE, HeaderValue::from(LONGEST.as_secs()));
    }
    CachePolicy::new_options(&request, &response, now, CacheOptions::default())
}

/// The directives of `Cache-Control`, in small letters, with commas between them.
struct Directives(String);

impl Directives {
    /// None where they cannot be read: then nothing may be concluded.
    fn of(headers: &HeaderMap) -> Option<Self> {
        let mut said = String::new();
        for value in headers.get_all(CACHE_CONTROL) {
            said.push_str(&value.to_str().ok()?.to_ascii_lowercase());
            said.push(',');
        }
        let is_old_way = said.is_empty() && headers.get(PRAGMA).is_some_and(|pragma| pragma == "no-cache");
        Some(Self(if is_old_way { "no-cache".to_owned() } else { said }))
    }

    fn find(&self, name: &str) -> Option<&str> {
        self.0.split(',').find_map(|directive| {
            let (found, value) = directive.split_once('=').unwrap_or((directive, ""));
            (found.trim() == name).then(|| value.trim().trim_matches('"'))
        })
    }

    fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// Whether each use of it must be asked for.
    fn must_ask(&self) -> bool {
        self.has("no-cache")
    }

    fn says_freshness(&self, headers: &HeaderMap) -> bool {
        self.has("max-age") || self.has("s-maxage") || headers.contains_key(EXPIRES)
    }

    /// How long it may be used after its freshness: not at all where that is forbidden, as it says itself, or else as its
    /// route says. `s-maxage` forbids it as well, unless the answer says otherwise (RFC 9111, section 5.2.2.10).
    fn after(&self, name: &str, route: Nanos) -> Nanos {
        if ["no-cache", "must-revalidate", "proxy-revalidate"].iter().any(|name| self.has(name)) {
            return Nanos(0);
        }
        match self.find(name) {
            Some(seconds) => seconds.parse().map_or(Nanos(0), |seconds| nanos(Duration::from_secs(seconds))),
            None if self.has("s-maxage") => Nanos(0),
            None => route,
        }
    }
}

/// A year at most, so that it fits.
fn nanos(span: Duration) -> Nanos {
    Nanos(span.min(LONGEST).as_nanos() as u64)
}
