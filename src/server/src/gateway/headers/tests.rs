//! What a request looks like behind us, and what goes no further.

use super::{Onward, strip_hop_by_hop, upgrade};
use admission::{Nanos, Random};
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::{Request, Version};

const RANDOM: [Random; 4] = [Random(1), Random(2), Random(3), Random(4)];

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    let pair = |&(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value));
    pairs.iter().map(pair).collect()
}

fn forwarded(pairs: &[(&'static str, &'static str)], trusts_peer: bool) -> HeaderMap {
    let peer = "192.0.2.1".parse().expect("an address");
    let (mut head, ()) = Request::new(()).into_parts();
    head.headers = headers(pairs);
    Onward::new(&head, peer, trusts_peer, RANDOM).headers(&head.headers, Nanos::from_millis(1_500))
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
    let sound = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    assert_eq!(forwarded(&[("traceparent", sound)], false)["traceparent"], sound);
    let state = |parent| forwarded(&[("traceparent", parent), ("tracestate", "a=1")], false).contains_key("tracestate");
    assert!(state(sound) && !state("x"), "another trace's state is not this one's");
    let begun = "00-00000000000000010000000000000003-0000000000000003-00";
    for broken in ["", "00-0-0-00", "00-00000000000000000000000000000000-00f067aa0ba902b7-01", "x"] {
        assert_eq!(forwarded(&[("traceparent", broken)], false)["traceparent"], begun, "{broken}");
    }
    let found = forwarded(&[("x-request-id", "abc-1")], false);
    assert_eq!(found["x-request-id"], "abc-1");
    assert_eq!(forwarded(&[("x-request-id", "a b")], false)["x-request-id"].len(), 32);
}

#[test]
fn each_try_says_the_same_but_for_the_time_left() {
    let (mut head, ()) = Request::new(()).into_parts();
    head.headers = headers(&[("host", "shop"), ("tidegate-timeout", "9"), ("tidegate-promote", "9")]);
    let onward = Onward::new(&head, "2001:db8::1".parse().expect("an address"), false, RANDOM);
    let mut first = onward.headers(&head.headers, Nanos::from_millis(1_500));
    let mut second = onward.headers(&head.headers, Nanos(1));
    assert_eq!(first["forwarded"], "for=\"[2001:db8::1]\";proto=http;host=\"shop\"");
    assert_eq!(first.get("tidegate-promote"), None, "no client promotes itself");
    let left = [&mut first, &mut second].map(|headers| headers.remove("tidegate-timeout"));
    assert_eq!(left, ["1500", "1"].map(|millis| Some(HeaderValue::from_static(millis))));
    assert_eq!(first, second);
}

#[test]
fn only_a_connection_of_http_1_1_goes_over_to_another_protocol() {
    let (mut head, ()) = Request::new(()).into_parts();
    head.headers = headers(&[("connection", "upgrade"), ("upgrade", "websocket")]);
    let mut headers = |version| {
        head.version = version;
        let onward = Onward::new(&head, "192.0.2.1".parse().expect("an address"), false, RANDOM);
        let headers = onward.headers(&head.headers, Nanos::from_millis(1));
        assert_eq!(onward.is_upgrade(), headers.contains_key("upgrade"));
        headers.get("upgrade").zip(headers.get("connection")).map(|(protocol, word)| (protocol.clone(), word.clone()))
    };
    let both = (HeaderValue::from_static("websocket"), HeaderValue::from_static("upgrade"));
    assert_eq!(headers(Version::HTTP_11), Some(both));
    assert_eq!(headers(Version::HTTP_10), None);
}
