//! Whether an answer may be kept, and what may be done with it afterwards: RFC 9111 for a shared cache, with RFC 5861. What
//! the answer says itself is kept with it; what its route says is asked at each use, since it may change. What requests say
//! in their own `Cache-Control` is advice, and not taken: whoever reloads a page in a rush would ask the upstream each time.

use std::time::{Duration, SystemTime};

use admission::Nanos;
use hyper::StatusCode;
use hyper::header::{AUTHORIZATION, ETAG, HeaderMap, LAST_MODIFIED, SET_COOKIE};

use super::directives::{Directives, LONGEST, age, lifetime};
use crate::gateway::headers::PROMOTE;
use crate::shedding::duration;

/// What a route says of its answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caching {
    /// Whose answers they are, in words that no other has: the upstream, and what of a request decides about it.
    pub scope: String,
    /// How long an answer is fresh that does not say so.
    pub fresh: Nanos,
    /// How long after that it may be given out while it is fetched anew.
    pub while_revalidate: Nanos,
    /// How long after that it may be given out while there is no other.
    pub if_error: Nanos,
}

/// What an answer says of itself. Times are from its arrival on; where there is none, its route's counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// How old it was already.
    pub age: Nanos,
    /// How much of a route's time was over already.
    spent: Nanos,
    fresh: Option<Nanos>,
    while_revalidate: Option<Nanos>,
    if_error: Option<Nanos>,
    /// Whether it may answer requests with `Authorization` (RFC 9111, section 3.5).
    pub is_for_authorized: bool,
}

impl Terms {
    /// The terms of an answer to a request with these headers; none if it must not be kept, or if that is of no use.
    /// `delay`: how long it took to come.
    pub fn of(
        caching: &Caching,
        asked: &HeaderMap,
        status: StatusCode,
        headers: &HeaderMap,
        (arrived, delay): (SystemTime, Nanos),
    ) -> Option<Self> {
        let said = Directives::of(headers)?;
        let is_for_authorized = said.has_any(&["public", "s-maxage", "must-revalidate"]);
        // It must say itself that it is not for one client alone.
        let is_personal = asked.contains_key(AUTHORIZATION) && !is_for_authorized;
        if is_personal || !may_be_kept(status, headers, &said, arrived) {
            return None;
        }
        let old = nanos(age(headers, arrived, duration(delay)));
        let lives = lifetime(headers, &said, arrived).map(|lifetime| nanos(lifetime).since(old));
        let terms = Self {
            age: old,
            // A route's time begins with the arrival: an upstream that is slow is no reason to ask it more often.
            spent: nanos(age(headers, arrived, Duration::ZERO)),
            fresh: if said.has("no-cache") { Some(Nanos(0)) } else { lives },
            while_revalidate: after(&said, "stale-while-revalidate"),
            if_error: after(&said, "stale-if-error"),
            is_for_authorized,
        };
        let can_be_checked = headers.contains_key(ETAG) || headers.contains_key(LAST_MODIFIED);
        let stale = terms.while_revalidate(caching).max(terms.if_error(caching));
        let is_of_use = can_be_checked || terms.fresh(caching).plus(stale) > Nanos(0);
        is_of_use.then_some(terms)
    }

    /// The same without any time in which it may be used.
    #[must_use]
    pub fn over(self) -> Self {
        let none = Some(Nanos(0));
        Self { fresh: none, while_revalidate: none, if_error: none, ..self }
    }

    /// How long it is fresh.
    pub fn fresh(&self, route: &Caching) -> Nanos {
        self.fresh.unwrap_or_else(|| route.fresh.since(self.spent))
    }

    /// How long after that it may be given out while it is fetched anew.
    pub fn while_revalidate(&self, route: &Caching) -> Nanos {
        self.while_revalidate.unwrap_or(route.while_revalidate)
    }

    /// How long after that it may be given out while there is no other.
    pub fn if_error(&self, route: &Caching) -> Nanos {
        self.if_error.unwrap_or(route.if_error)
    }
}

/// Whether a shared cache may keep it at all, for whoever asked (RFC 9111, section 3).
fn may_be_kept(status: StatusCode, headers: &HeaderMap, said: &Directives, arrived: SystemTime) -> bool {
    // Both are for one client, whatever else is said.
    let is_for_one = headers.contains_key(SET_COOKIE) || headers.contains_key(PROMOTE);
    if is_for_one || said.has_any(&["no-store", "private"]) {
        return false;
    }
    match status.as_u16() {
        200 | 203 | 204 | 300 | 301 | 308 | 404 | 405 | 410 | 414 | 501 => true,
        // As they say themselves, and not otherwise.
        302 | 303 | 307 => said.has("public") || lifetime(headers, said, arrived).is_some(),
        _ => false,
    }
}

/// How long it says that it may be used after its freshness: not at all where that is forbidden. `s-maxage` forbids it as
/// well, unless the answer says otherwise (RFC 9111, section 5.2.2.10).
fn after(said: &Directives, name: &str) -> Option<Nanos> {
    if said.has_any(&["no-cache", "must-revalidate", "proxy-revalidate"]) {
        return Some(Nanos(0));
    }
    said.span(name).map(nanos).or_else(|| said.has("s-maxage").then_some(Nanos(0)))
}

/// A year at most, so that it fits.
fn nanos(span: Duration) -> Nanos {
    Nanos(span.min(LONGEST).as_nanos() as u64)
}
