//! What changes in a request's and an answer's headers on the way through: hop-by-hop fields go, who was before us is
//! said, the trace goes on. It knows no route and no upstream.

use std::net::IpAddr;

use hyper::Version;
use hyper::header::{
    CONNECTION, FORWARDED, HOST, HeaderMap, HeaderName, HeaderValue, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE,
    TRAILER, TRANSFER_ENCODING, UPGRADE, VIA,
};

use admission::{Nanos, Random};

use super::values::Values;

/// Who asked, and through whom.
pub const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// The host that was asked for.
pub const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
/// The protocol in which it was asked.
pub const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const HTTP2_SETTINGS: HeaderName = HeaderName::from_static("http2-settings");
const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");
/// The request's id, for whoever looks it up in several logs.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The trace that a request is part of.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// How long the caller will wait for the answer, in milliseconds from the sending.
pub const TIMEOUT: HeaderName = HeaderName::from_static("tidegate-timeout");
/// An upstream's word that a session is to be treated as checkout for so many milliseconds.
pub const PROMOTE: HeaderName = HeaderName::from_static("tidegate-promote");
/// Another path than the target's.
pub const ORIGINAL_URL: HeaderName = HeaderName::from_static("x-original-url");
/// The same.
pub const REWRITE_URL: HeaderName = HeaderName::from_static("x-rewrite-url");
/// What belongs to the trace, vendor by vendor.
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

const VIA_HTTP10: HeaderValue = HeaderValue::from_static("1.0 tidegate");
const VIA_HTTP1: HeaderValue = HeaderValue::from_static("1.1 tidegate");
const VIA_HTTP2: HeaderValue = HeaderValue::from_static("2 tidegate");

/// What belongs to one connection and goes no further (RFC 9110, section 7.6.1).
const HOP_BY_HOP: [HeaderName; 9] = [
    CONNECTION,
    HTTP2_SETTINGS,
    KEEP_ALIVE,
    PROXY_CONNECTION,
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// The most fields that a request gets on its way.
const ADDED: usize = 8;

const UPGRADES: HeaderValue = HeaderValue::from_static("upgrade");

/// What comes to a request's headers on the way to its upstream: the same for each of its tries.
#[derive(Debug)]
pub struct Onward {
    /// Who asked us.
    pub peer: IpAddr,
    /// In which version of HTTP.
    pub version: Version,
    /// For its ids, where it has none.
    pub random: [Random; 4],
}

impl Onward {
    /// The headers of one try, which has so long, of a request whose own are in their one form.
    pub fn headers(&self, asked: &HeaderMap, left: Nanos) -> HeaderMap {
        // A clone would have no room for what comes to it.
        let mut headers = HeaderMap::with_capacity(asked.len() + ADDED);
        headers.extend(asked.iter().map(|(name, value)| (name.clone(), value.clone())));
        let mut values = Values::default();
        self.forward(&mut headers, &mut values);
        self.trace(&mut headers, &mut values);
        headers.insert(TIMEOUT, values.number(left.0.div_ceil(1_000_000)));
        headers
    }

    /// Says who asked and how.
    fn forward(&self, headers: &mut HeaderMap, values: &mut Values) {
        let host = headers.get(HOST).cloned();
        let peer = values.address(self.peer);
        let forwarded = values.forwarded(self.peer, host.as_ref());
        append(headers, FORWARDED_FOR, peer);
        append(headers, FORWARDED, forwarded);
        if let Some(host) = host.filter(|_| !headers.contains_key(FORWARDED_HOST)) {
            headers.insert(FORWARDED_HOST, host);
        }
        headers.entry(FORWARDED_PROTO).or_insert(HeaderValue::from_static("http"));
        headers.append(VIA, via(self.version));
    }

    /// Goes on with a trace, or begins one.
    fn trace(&self, headers: &mut HeaderMap, values: &mut Values) {
        if !headers.get(REQUEST_ID).is_some_and(|id| is_request_id(id.as_bytes())) {
            headers.insert(REQUEST_ID, values.request_id(self.random));
        }
        if !headers.get(TRACEPARENT).is_some_and(|parent| is_trace_parent(parent.as_bytes())) {
            headers.insert(TRACEPARENT, values.trace_parent(self.random));
            headers.remove(TRACESTATE);
        }
    }
}

/// Lets a connection go over to this protocol.
pub fn go_over(headers: &mut HeaderMap, protocol: HeaderValue) {
    headers.insert(UPGRADE, protocol);
    headers.insert(CONNECTION, UPGRADES);
}

/// The protocol that a request or an answer asks to go over to, if its `Connection` says so.
pub fn upgrade(headers: &HeaderMap) -> Option<HeaderValue> {
    let asks = tokens(headers).any(|token| token.eq_ignore_ascii_case("upgrade"));
    headers.get(UPGRADE).filter(|_| asks).cloned()
}

/// Removes what goes no further, and what `Connection` names. Trailers are announced by whoever sends them.
pub fn strip_hop_by_hop(headers: &mut HeaderMap) {
    if headers.contains_key(CONNECTION) {
        let named: Vec<HeaderName> = tokens(headers).filter_map(|token| token.parse().ok()).collect();
        // Whoever names these would take from a request what we and the upstream rely on.
        let relied_on = [HOST, FORWARDED, FORWARDED_FOR, FORWARDED_HOST, FORWARDED_PROTO, TRAILER];
        for name in named.iter().filter(|name| !relied_on.contains(name)) {
            headers.remove(name);
        }
    }
    for name in &HOP_BY_HOP {
        headers.remove(name);
    }
}

fn tokens(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let values = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}

/// What the way through us adds to a message that came in this version.
pub fn via(version: Version) -> HeaderValue {
    match version {
        Version::HTTP_10 => VIA_HTTP10,
        Version::HTTP_2 => VIA_HTTP2,
        _ => VIA_HTTP1,
    }
}

/// Puts it behind what is said already, in one field.
fn append(headers: &mut HeaderMap, name: HeaderName, more: HeaderValue) {
    let mut whole = Vec::new();
    for said in headers.get_all(&name).iter().filter(|said| said.to_str().is_ok()) {
        whole.extend_from_slice(said.as_bytes());
        whole.extend_from_slice(b", ");
    }
    if whole.is_empty() {
        headers.insert(name, more);
        return;
    }
    whole.extend_from_slice(more.as_bytes());
    if let Ok(value) = HeaderValue::try_from(whole) {
        headers.insert(name, value);
    }
}

/// Short, and nothing that a log could mistake.
fn is_request_id(id: &[u8]) -> bool {
    (1..=128).contains(&id.len()) && id.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:=+/".contains(byte))
}

/// W3C Trace Context, version 00.
fn is_trace_parent(parent: &[u8]) -> bool {
    let is_hex = |part: &[u8]| part.iter().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte));
    let parts: Vec<&[u8]> = parent.split(|byte| *byte == b'-').collect();
    let [version, trace, span, flags] = parts[..] else { return false };
    [version.len(), trace.len(), span.len(), flags.len()] == [2, 32, 16, 2]
        && parts.iter().all(|part| is_hex(part))
        && version != b"ff"
        && [trace, span].iter().all(|id| id.iter().any(|byte| *byte != b'0'))
}

#[cfg(test)]
mod tests;
