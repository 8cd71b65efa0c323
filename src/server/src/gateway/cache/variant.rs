//! One answer that is kept: for whose requests it is, how old it is, and how it becomes a reply. It knows neither where it
//! is kept nor who fetched it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::SystemTime;

use admission::Nanos;
use bytes::Bytes;
use hyper::header::{
    AGE, AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, DATE, ETAG, HeaderMap,
    HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, VIA,
};
use hyper::http::request::Parts;
use hyper::{Method, StatusCode, Version};

use super::selecting::Selecting;
use super::terms::{Caching, Terms};
use crate::gateway::headers::{PROMOTE, strip_hop_by_hop, via};
use crate::http::{Reply, etag};

/// What one header takes beside its name and value.
const HEADER_BYTES: usize = 64;

/// What an answer takes beside its headers and its body.
const VARIANT_BYTES: usize = 512;

/// An answer that is kept.
#[derive(Debug, Clone)]
pub struct Variant {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    /// What requests must say to get it.
    selecting: Selecting,
    terms: Terms,
    times: Times,
    /// When it was last looked for.
    used: Arc<AtomicU64>,
}

/// When an answer was asked for and came.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// When it was asked for.
    pub asked: Nanos,
    /// When its head came.
    pub arrived: Nanos,
    /// The same, by the time of day.
    pub wall: SystemTime,
}

impl Variant {
    /// An answer without its body yet, if it may be kept. `asked`: the headers of the client whose request led to it.
    pub fn begin(
        caching: &Caching,
        asked: &HeaderMap,
        status: StatusCode,
        headers: &HeaderMap,
        times: Times,
    ) -> Option<Self> {
        let mut headers = copied(headers);
        strip_hop_by_hop(&mut headers);
        let delay = times.arrived.since(times.asked);
        let terms = Terms::of(caching, asked, status, &headers, (times.wall, delay))?;
        let selecting = Selecting::of(&headers, asked)?;
        for name in [AGE, CONTENT_LENGTH] {
            headers.remove(name);
        }
        let used = Arc::new(AtomicU64::new(times.arrived.0));
        Some(Self { status, headers, body: Bytes::new(), selecting, terms, times, used })
    }

    /// With its body.
    #[must_use]
    pub fn with_body(self, body: Bytes) -> Self {
        Self { body, ..self }
    }

    /// This answer after its upstream has said that it is still right (RFC 9111, section 4.3.4): with the newer headers,
    /// and whether it may be kept any longer. None if what was confirmed is another one.
    pub fn renewed(
        &self,
        caching: &Caching,
        asked: &HeaderMap,
        confirmation: &HeaderMap,
        times: Times,
    ) -> Option<(Self, bool)> {
        if confirmation.contains_key(ETAG) && opaque_tag(confirmation) != opaque_tag(&self.headers) {
            return None;
        }
        let mut newer = copied(confirmation);
        strip_hop_by_hop(&mut newer);
        // Of the body, which stays.
        for name in [CONTENT_LENGTH, CONTENT_ENCODING, CONTENT_RANGE, CONTENT_TYPE] {
            newer.remove(name);
        }
        let mut headers = self.headers.clone();
        // It is as new as the confirmation.
        headers.remove(DATE);
        for name in newer.keys() {
            headers.remove(name);
        }
        for (name, value) in &newer {
            headers.append(name, value.clone());
        }
        let kept = Self::begin(caching, asked, self.status, &headers, times);
        let is_kept = kept.is_some();
        for name in [AGE, PROMOTE] {
            headers.remove(name);
        }
        let renewed = kept.unwrap_or_else(|| Self { headers, terms: self.terms.over(), times, ..self.clone() });
        Some((renewed.with_body(self.body.clone()), is_kept))
    }

    /// Whether it is for a request with these headers.
    pub fn suits(&self, asked: &HeaderMap) -> bool {
        (self.terms.is_for_authorized || !asked.contains_key(AUTHORIZATION)) && self.selecting.suits(asked)
    }

    /// Whether nobody gets this any more who gets the other.
    pub fn is_replaced_by(&self, other: &Self) -> bool {
        self.selecting == other.selecting
    }

    /// What a request says in the fields that tell this answer from others.
    pub fn selects<'a>(&'a self, asked: &'a HeaderMap) -> impl Iterator<Item = &'a [u8]> {
        self.selecting.values(asked)
    }

    /// When it was asked for.
    pub fn asked(&self) -> Nanos {
        self.times.asked
    }

    /// Somebody has looked for it.
    pub fn note_use(&self, now: Nanos) {
        self.used.store(now.0, Relaxed);
    }

    /// When somebody last did.
    pub fn used(&self) -> Nanos {
        Nanos(self.used.load(Relaxed))
    }

    /// Whether it may be given out without a question.
    pub fn is_fresh(&self, route: &Caching, now: Nanos) -> bool {
        self.is_younger(self.terms.fresh(route), now)
    }

    /// Whether it may be given out while it is fetched anew.
    pub fn is_usable_meanwhile(&self, route: &Caching, now: Nanos) -> bool {
        self.is_younger(self.terms.fresh(route).plus(self.terms.while_revalidate(route)), now)
    }

    /// Whether it may be given out where there is no other answer.
    pub fn is_usable_instead(&self, route: &Caching, now: Nanos) -> bool {
        self.is_younger(self.terms.fresh(route).plus(self.terms.if_error(route)), now)
    }

    fn is_younger(&self, span: Nanos, now: Nanos) -> bool {
        now.since(self.times.arrived) < span
    }

    /// For how many seconds it is still fresh; below 0 since when it is not.
    pub fn seconds_left(&self, route: &Caching, now: Nanos) -> i64 {
        const SECOND: i64 = 1_000_000_000;
        // Terms are a year at most, and so far no process has run for centuries.
        (self.terms.fresh(route).0 as i64 - now.since(self.times.arrived).0 as i64).div_euclid(SECOND)
    }

    /// Makes a request one that is answered by a mere confirmation if this is still right.
    pub fn make_conditional(&self, headers: &mut HeaderMap) {
        for (field, condition) in [(ETAG, IF_NONE_MATCH), (LAST_MODIFIED, IF_MODIFIED_SINCE)] {
            if let Some(validator) = self.headers.get(field) {
                headers.insert(condition, validator.clone());
            }
        }
    }

    /// The reply to a request: whole, its head alone, or that the client has it already.
    pub fn reply(&self, asked: &Parts, now: Nanos) -> Reply {
        let mut reply = Reply::default();
        *reply.status_mut() = self.status;
        *reply.headers_mut() = self.headers.clone();
        let age = self.terms.age.plus(now.since(self.times.arrived)).0 / 1_000_000_000;
        reply.headers_mut().insert(AGE, HeaderValue::from(age));
        reply.headers_mut().append(VIA, via(Version::HTTP_11));
        if self.status.is_success() {
            reply = etag::unless_known(&asked.headers, reply);
        }
        if reply.status() == self.status && self.status != StatusCode::NO_CONTENT {
            reply.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(self.body.len()));
            if asked.method != Method::HEAD {
                *reply.body_mut() = self.body.clone().into();
            }
        }
        reply
    }

    /// What it takes of the memory, in bytes.
    pub fn weight(&self) -> usize {
        let field = |(name, value): (&HeaderName, &HeaderValue)| name.as_str().len() + value.len() + HEADER_BYTES;
        let selecting = self.selecting.lengths().map(|length| length + HEADER_BYTES);
        VARIANT_BYTES + self.body.len() + self.headers.iter().map(field).chain(selecting).sum::<usize>()
    }
}

/// The headers in memory of their own: as they came they are parts of larger buffers, which would be kept as well.
fn copied(headers: &HeaderMap) -> HeaderMap {
    let own = |value: &HeaderValue| HeaderValue::from_bytes(value.as_bytes()).expect("a header's value is one");
    headers.iter().map(|(name, value)| (name.clone(), own(value))).collect()
}

/// An answer's tag but for its weakness.
fn opaque_tag(headers: &HeaderMap) -> Option<&[u8]> {
    let tag = headers.get(ETAG)?.as_bytes();
    Some(tag.strip_prefix(b"W/").unwrap_or(tag))
}
