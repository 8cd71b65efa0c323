//! What a request looks like behind us, and what goes no further.

use super::{Onward, go_over, strip_hop_by_hop, upgrade};
use admission::{Nanos, Random};
use hyper::Version;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};

const RANDOM: [Random; 4] = [Random(1), Random(2), Random(3), Random(4)];

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    let pair = |&(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value));
    pairs.iter().map(pair).collect()
}

fn onward(peer: &str) -> Onward {
    Onward { peer: peer.parse().expect("an address"), version: Version::HTTP_11, random: RANDOM }
}

fn forwarded(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    onward("192.0.2.1").headers(&headers(pairs), Nanos::from_millis(1_500))
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
    let websocket = HeaderValue::from_static("websocket");
    let mut asks = headers(&[("connection", "keep-alive, Upgrade"), ("upgrade", "websocket")]);
    assert_eq!(upgrade(&asks), Some(websocket.clone()));
    strip_hop_by_hop(&mut asks);
    go_over(&mut asks, websocket);
    assert_eq!(asks, headers(&[("connection", "upgrade"), ("upgrade", "websocket")]));
}

#[test]
fn who_asked_us_is_said_behind_what_was_said_already() {
    let found = forwarded(&[("host", "shop")]);
    assert_eq!(found["x-forwarded-for"], "192.0.2.1");
    assert_eq!(found["forwarded"], "for=192.0.2.1;proto=http;host=\"shop\"");
    assert_eq!(
        (&found["x-forwarded-host"], &found["x-forwarded-proto"]),
        (&"shop".parse().unwrap(), &"http".parse().unwrap())
    );
    assert_eq!(found["via"], "1.1 tidegate");
    let said = [("host", "shop"), ("x-forwarded-for", "1.1.1.1"), ("x-forwarded-proto", "https")];
    let found = forwarded(&said);
    assert_eq!(found["x-forwarded-for"], "1.1.1.1, 192.0.2.1");
    assert_eq!(found["x-forwarded-proto"], "https");
}

#[test]
fn a_trace_goes_on_and_a_broken_one_begins_anew() {
    let sound = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    assert_eq!(forwarded(&[("traceparent", sound)])["traceparent"], sound);
    let state = |parent| forwarded(&[("traceparent", parent), ("tracestate", "a=1")]).contains_key("tracestate");
    assert!(state(sound) && !state("x"), "another trace's state is not this one's");
    let begun = "00-00000000000000010000000000000003-0000000000000003-00";
    for broken in ["", "00-0-0-00", "00-00000000000000000000000000000000-00f067aa0ba902b7-01", "x"] {
        assert_eq!(forwarded(&[("traceparent", broken)])["traceparent"], begun, "{broken}");
    }
    let found = forwarded(&[("x-request-id", "abc-1")]);
    assert_eq!(found["x-request-id"], "abc-1");
    assert_eq!(forwarded(&[("x-request-id", "a b")])["x-request-id"].len(), 32);
}

#[test]
fn each_try_says_the_same_but_for_the_time_left() {
    let (asked, onward) = (headers(&[("host", "shop"), ("tidegate-timeout", "9")]), onward("2001:db8::1"));
    let mut first = onward.headers(&asked, Nanos::from_millis(1_500));
    let mut second = onward.headers(&asked, Nanos(1));
    assert_eq!(first["forwarded"], "for=\"[2001:db8::1]\";proto=http;host=\"shop\"");
    let left = [&mut first, &mut second].map(|headers| headers.remove("tidegate-timeout"));
    assert_eq!(left, ["1500", "1"].map(|millis| Some(HeaderValue::from_static(millis))));
    assert_eq!(first, second);
}
