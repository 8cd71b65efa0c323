//! One answer that is kept: for whose requests it is, how old it is, and how it becomes a reply. It knows neither where it
//! is kept nor who fetched it.

use std::time::SystemTime;

use admission::Nanos;
use bytes::Bytes;
use hyper::header::{
    AGE, AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, FORWARDED, HeaderMap,
    HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, VARY, VIA,
};
use hyper::http::request::Parts;
use hyper::{Method, StatusCode, Version};

use super::terms::{Caching, Terms};
use crate::gateway::headers::{FORWARDED_FOR, PROMOTE, REQUEST_ID, TIMEOUT, TRACEPARENT, strip_hop_by_hop, via};
use crate::http::{Body, Reply, etag};

/// What one header takes beside its name and value.
const HEADER_BYTES: usize = 64;

/// What an answer takes beside its headers and its body.
const VARIANT_BYTES: usize = 512;

/// More fields in `Vary` than any answer needs.
const SELECTING: usize = 16;

/// An answer that is kept.
#[derive(Debug, Clone)]
pub struct Variant {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    /// What requests must say to get it: the fields that its `Vary` names, as they were in the request that it answered.
    selecting: Vec<(HeaderName, Vec<HeaderValue>)>,
    terms: Terms,
    arrived: Nanos,
}

impl Variant {
    /// An answer without its body yet, if it may be kept. `asked`: the headers of the client whose request led to it.
    pub fn begin(
        caching: &Caching,
        asked: &HeaderMap,
        status: StatusCode,
        headers: &HeaderMap,
        (wall, arrived): (SystemTime, Nanos),
    ) -> Option<Self> {
        let mut headers = copied(headers);
        strip_hop_by_hop(&mut headers);
        let terms = Terms::of(caching, asked, status, &headers, wall)?;
        let selecting = selecting(&headers, asked)?;
        for name in [AGE, CONTENT_LENGTH] {
            headers.remove(name);
        }
        Some(Self { status, headers, body: Bytes::new(), selecting, terms, arrived })
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
        times: (SystemTime, Nanos),
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
        let renewed = kept.unwrap_or_else(|| {
            let terms = Terms { fresh: Nanos(0), while_revalidate: Nanos(0), if_error: Nanos(0), ..self.terms };
            Self { headers, terms, arrived: times.1, ..self.clone() }
        });
        Some((renewed.with_body(self.body.clone()), is_kept))
    }

    /// Whether it is for a request with these headers.
    pub fn suits(&self, asked: &HeaderMap) -> bool {
        (self.terms.is_for_authorized || !asked.contains_key(AUTHORIZATION))
            && self.selecting.iter().all(|(name, values)| asked.get_all(name).iter().eq(values))
    }

    /// Whether nobody gets this any more who gets the other.
    pub fn is_replaced_by(&self, other: &Self) -> bool {
        self.selecting == other.selecting
    }

    /// What a request says in the fields that tell this answer from others.
    pub fn selects<'a>(&'a self, asked: &'a HeaderMap) -> impl Iterator<Item = &'a [u8]> {
        self.selecting.iter().flat_map(|(name, _)| asked.get_all(name)).map(HeaderValue::as_bytes)
    }

    /// Whether it may be given out without a question.
    pub fn is_fresh(&self, now: Nanos) -> bool {
        now.since(self.arrived) < self.terms.fresh
    }

    /// Whether it may be given out while it is fetched anew.
    pub fn is_usable_meanwhile(&self, now: Nanos) -> bool {
        self.is_usable_for(self.terms.while_revalidate, now)
    }

    /// Whether it may be given out where there is no other answer.
    pub fn is_usable_instead(&self, now: Nanos) -> bool {
        self.is_usable_for(self.terms.if_error, now)
    }

    fn is_usable_for(&self, span: Nanos, now: Nanos) -> bool {
        now.since(self.arrived) < self.terms.fresh.plus(span)
    }

    /// For how many seconds it is still fresh; below 0 since when it is not.
    pub fn seconds_left(&self, now: Nanos) -> i64 {
        const SECOND: i64 = 1_000_000_000;
        // Terms are a year at most, and so far no process has run for centuries.
        (self.terms.fresh.0 as i64 - now.since(self.arrived).0 as i64).div_euclid(SECOND)
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
        let mut reply = Reply::new(self.body.clone().into());
        *reply.status_mut() = self.status;
        *reply.headers_mut() = self.headers.clone();
        let age = self.terms.age.plus(now.since(self.arrived)).0 / 1_000_000_000;
        reply.headers_mut().insert(AGE, HeaderValue::from(age));
        reply.headers_mut().append(VIA, via(Version::HTTP_11));
        if self.status.is_success() {
            reply = etag::unless_known(&asked.headers, reply);
        }
        if asked.method == Method::HEAD && reply.status() == self.status {
            reply.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(self.body.len()));
            *reply.body_mut() = Body::default();
        }
        reply
    }

    /// What it takes of the memory, in bytes.
    pub fn weight(&self) -> usize {
        let field = |(name, value): (&HeaderName, &HeaderValue)| name.as_str().len() + value.len() + HEADER_BYTES;
        let selecting = self.selecting.iter().flat_map(|(name, values)| values.iter().map(move |value| (name, value)));
        VARIANT_BYTES + self.body.len() + self.headers.iter().chain(selecting).map(field).sum::<usize>()
    }
}

/// The headers in memory of their own: as they came they are parts of larger buffers, which would be kept as well.
fn copied(headers: &HeaderMap) -> HeaderMap {
    headers.iter().map(|(name, value)| (name.clone(), own(value))).collect()
}

fn own(value: &HeaderValue) -> HeaderValue {
    HeaderValue::from_bytes(value.as_bytes()).expect("a header's value is one")
}

/// An answer's tag but for its weakness.
fn opaque_tag(headers: &HeaderMap) -> Option<&[u8]> {
    let tag = headers.get(ETAG)?.as_bytes();
    Some(tag.strip_prefix(b"W/").unwrap_or(tag))
}

/// What an answer differs by. None if that is anything, or something that each request has anew: then it is for nobody
/// else.
fn selecting(headers: &HeaderMap, asked: &HeaderMap) -> Option<Vec<(HeaderName, Vec<HeaderValue>)>> {
    const OURS: [HeaderName; 6] = [FORWARDED, FORWARDED_FOR, VIA, REQUEST_ID, TRACEPARENT, TIMEOUT];
    let mut selecting = Vec::new();
    for value in headers.get_all(VARY) {
        for name in value.to_str().ok()?.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            // `*` is a token, and so would be taken for a name.
            let name = Some(name).filter(|name| *name != "*").and_then(|name| name.parse::<HeaderName>().ok())?;
            if OURS.contains(&name) || selecting.len() == SELECTING {
                return None;
            }
            let values = asked.get_all(&name).iter().map(own).collect();
            selecting.push((name, values));
        }
    }
    Some(selecting)
}
