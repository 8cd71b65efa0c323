//! What changes in a request's and an answer's headers on the way through: hop-by-hop fields go, who was before us is
//! said, the trace goes on. It knows no route and no upstream.

use std::fmt::Write;
use std::net::IpAddr;

use hyper::Version;
use hyper::header::{
    CONNECTION, FORWARDED, HOST, HeaderMap, HeaderName, HeaderValue, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE,
    TRAILER, TRANSFER_ENCODING, UPGRADE, VIA,
};

use admission::Random;

/// Who asked, and through whom.
pub const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// The host that was asked for.
pub const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
/// The protocol in which it was asked.
pub const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
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
const HOP_BY_HOP: [HeaderName; 8] =
    [CONNECTION, KEEP_ALIVE, PROXY_CONNECTION, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRANSFER_ENCODING, UPGRADE];

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

/// Says who asked and how, for the upstream.
pub fn forward(headers: &mut HeaderMap, version: Version, peer: IpAddr, trusts_peer: bool, random: [Random; 4]) {
    let host = headers.get(HOST).cloned();
    if !trusts_peer {
        // What somebody says of himself is no hop that we know.
        for name in [FORWARDED, FORWARDED_FOR, FORWARDED_HOST, FORWARDED_PROTO] {
            headers.remove(name);
        }
    }
    append(headers, FORWARDED_FOR, &peer.to_string());
    append(headers, FORWARDED, &forwarded(peer, host.as_ref()));
    if let Some(host) = host.filter(|_| !headers.contains_key(FORWARDED_HOST)) {
        headers.insert(FORWARDED_HOST, host);
    }
    headers.entry(FORWARDED_PROTO).or_insert(HeaderValue::from_static("http"));
    headers.append(VIA, via(version));
    if !headers.get(REQUEST_ID).is_some_and(|id| is_request_id(id.as_bytes())) {
        headers.insert(REQUEST_ID, request_id(random));
    }
    if !headers.get(TRACEPARENT).is_some_and(|parent| is_trace_parent(parent.as_bytes())) {
        headers.insert(TRACEPARENT, trace_parent(random));
        headers.remove(TRACESTATE);
    }
}

/// What the way through us adds to a message that came in this version.
pub fn via(version: Version) -> HeaderValue {
    match version {
        Version::HTTP_10 => VIA_HTTP10,
        Version::HTTP_2 => VIA_HTTP2,
        _ => VIA_HTTP1,
    }
}

fn append(headers: &mut HeaderMap, name: HeaderName, more: &str) {
    let said: Vec<&str> = headers.get_all(&name).iter().filter_map(|value| value.to_str().ok()).collect();
    let whole = if said.is_empty() { more.to_owned() } else { format!("{}, {more}", said.join(", ")) };
    if let Ok(value) = HeaderValue::from_str(&whole) {
        headers.insert(name, value);
    }
}

/// RFC 7239.
fn forwarded(peer: IpAddr, host: Option<&HeaderValue>) -> String {
    let mut text = match peer {
        IpAddr::V4(address) => format!("for={address};proto=http"),
        IpAddr::V6(address) => format!("for=\"[{address}]\";proto=http"),
    };
    if let Some(host) = host.and_then(|host| host.to_str().ok()).filter(|host| !host.contains(['"', '\\'])) {
        // Writing to a string cannot fail.
        let _ = write!(text, ";host=\"{host}\"");
    }
    text
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

fn trace_parent(random: [Random; 4]) -> HeaderValue {
    // The ids must not be 0; the flag says that nobody has decided to record it.
    let [trace_high, trace_low, span, _] = random.map(|random| random.0 | 1);
    let text = format!("00-{trace_high:016x}{trace_low:016x}-{span:016x}-00");
    HeaderValue::from_str(&text).expect("digits and dashes are a header's value")
}

fn request_id([high, low, ..]: [Random; 4]) -> HeaderValue {
    let text = format!("{:016x}{:016x}", high.0, low.0);
    HeaderValue::from_str(&text).expect("digits are a header's value")
}

#[cfg(test)]
mod tests {
    use super::{forward, strip_hop_by_hop, upgrade};
    use admission::Random;
    use hyper::Version;
    use hyper::header::{HeaderMap, HeaderName, HeaderValue};

    const RANDOM: [Random; 4] = [Random(1), Random(2), Random(3), Random(4)];

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |&(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value));
        pairs.iter().map(pair).collect()
    }

    fn forwarded(pairs: &[(&'static str, &'static str)], trusts_peer: bool) -> HeaderMap {
        let mut headers = headers(pairs);
        forward(&mut headers, Version::HTTP_11, "192.0.2.1".parse().expect("an address"), trusts_peer, RANDOM);
        headers
    }

    #[test]
    fn what_belongs_to_one_connection_goes_no_further() {
        let mut found = headers(&[
            ("connection", "close, X-Mine, host"),
            ("keep-alive", "timeout=5"),
            ("te", "trailers"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "websocket"),
            ("x-mine", "1"),
            ("host", "shop"),
            ("cookie", "a=1"),
        ]);
        assert_eq!(upgrade(&found), None, "`Connection` does not name it");
        strip_hop_by_hop(&mut found);
        assert_eq!(found, headers(&[("host", "shop"), ("cookie", "a=1")]));
        let asks = headers(&[("connection", "keep-alive, Upgrade"), ("upgrade", "websocket")]);
        assert_eq!(upgrade(&asks), Some(HeaderValue::from_static("websocket")));
    }

    #[test]
    fn what_an_untrusted_client_says_of_those_before_it_is_dropped() {
        let forged = [("host", "shop"), ("x-forwarded-for", "1.1.1.1"), ("forwarded", "for=1.1.1.1")];
        let found = forwarded(&forged, false);
        assert_eq!(found["x-forwarded-for"], "192.0.2.1");
        assert_eq!(found["forwarded"], "for=192.0.2.1;proto=http;host=\"shop\"");
        assert_eq!(
            (&found["x-forwarded-host"], &found["x-forwarded-proto"]),
            (&"shop".parse().unwrap(), &"http".parse().unwrap())
        );
        assert_eq!(found["via"], "1.1 tidegate");
        assert_eq!(forwarded(&forged, true)["x-forwarded-for"], "1.1.1.1, 192.0.2.1");
    }

    #[test]
    fn a_trace_goes_on_and_a_broken_one_begins_anew() {
        let state =
            |parent| forwarded(&[("traceparent", parent), ("tracestate", "a=1")], false).contains_key("tracestate");
        let sound = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(forwarded(&[("traceparent", sound)], false)["traceparent"], sound);
        assert!(state(sound) && !state("x"), "another trace's state is not this one's");
        let begun = "00-00000000000000010000000000000003-0000000000000003-00";
        for broken in ["", "00-0-0-00", "00-00000000000000000000000000000000-00f067aa0ba902b7-01", "x"] {
            assert_eq!(forwarded(&[("traceparent", broken)], false)["traceparent"], begun, "{broken}");
        }
        let found = forwarded(&[("x-request-id", "abc-1")], false);
        assert_eq!(found["x-request-id"], "abc-1");
        assert_eq!(forwarded(&[("x-request-id", "a b")], false)["x-request-id"].len(), 32);
    }
}
