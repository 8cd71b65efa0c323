//! Places are given back whatever becomes of them, and endpoints are chosen among those that work.

use super::{Settings, Upstream};
use crate::shedding::Clock;
use admission::breaker::{Position, Verdict};
use admission::{Class, Cohort, Nanos, Priority, Reason, breaker, limit, retry, upstream};
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;

fn settings() -> Arc<Settings> {
    let limit = limit::Settings { fixed: NonZeroU32::new(4), ..limit::Settings::default() };
    Arc::new(Settings {
        admission: upstream::Settings { limit, ..upstream::Settings::default() },
        breaker: breaker::Settings::default(),
        ejection: breaker::Settings { failures_in_a_row: 2, ..breaker::Settings::default() },
        retry: retry::Settings::default(),
        timeout: Nanos::from_secs(1),
    })
}

fn upstream(settings: &Settings, ports: &[u16]) -> Arc<Upstream> {
    let upstream = Upstream::new("platform", settings, Clock::start());
    let addresses: Vec<_> = ports.iter().map(|port| SocketAddr::from(([127, 0, 0, 1], *port))).collect();
    upstream.set_addresses(&addresses);
    Arc::new(upstream)
}

const PAYMENT: Priority = Priority::new(Class::Payment, Cohort::FIRST);

#[test]
fn a_place_is_given_back_by_its_drop() {
    let settings = settings();
    let upstream = upstream(&settings, &[1]);
    let places: Vec<_> = (0..4).map(|_| upstream.enter(&settings, PAYMENT).expect("there is room")).collect();
    assert_eq!(upstream.enter(&settings, PAYMENT).expect_err("all are taken").reason, Reason::UpstreamLimit);
    drop(places);
    let place = upstream.enter(&settings, PAYMENT).expect("they are free again");
    let stream = place.into_stream();
    assert_eq!((upstream.streams(), upstream.guards().0.limiter().status(&settings.admission.limit).in_flight), (1, 0));
    drop(stream);
    assert_eq!(upstream.streams(), 0);
}

#[test]
fn an_upstream_that_fails_is_left_alone() {
    let settings = settings();
    let upstream = upstream(&settings, &[1]);
    for _ in 0..settings.breaker.failures_in_a_row {
        upstream.enter(&settings, PAYMENT).expect("closed").failed();
    }
    let refused = upstream.enter(&settings, PAYMENT).expect_err("open");
    assert_eq!(refused.reason, Reason::BreakerOpen);
    assert!(refused.retry_after.is_some_and(|left| left <= Nanos::from_secs(2)));
    assert!(matches!(upstream.position(), Position::Open { .. }));
    assert_eq!(upstream.guards().0.limiter().status(&settings.admission.limit).in_flight, 0);
}

#[test]
fn an_endpoint_that_fails_is_asked_only_when_all_do() {
    let settings = settings();
    let upstream = upstream(&settings, &[1, 2]);
    let fail = |port: u16| {
        for _ in 0..200 {
            let mut attempt = upstream.choose(&settings, None).expect("there are two");
            let is_it = attempt.address().port() == port;
            attempt.note(if is_it { Verdict::Failed } else { Verdict::Succeeded });
        }
    };
    fail(1);
    assert!((0..100).all(|_| upstream.choose(&settings, None).is_some_and(|attempt| attempt.address().port() == 2)));
    fail(2);
    let ports: std::collections::BTreeSet<_> =
        (0..100).filter_map(|_| upstream.choose(&settings, None)).map(|attempt| attempt.address().port()).collect();
    assert_eq!(Vec::from_iter(ports), [1, 2], "none is better than the other");
}

#[test]
fn the_less_busy_one_is_asked_and_what_failed_is_asked_last() {
    let settings = settings();
    let upstream = upstream(&settings, &[1, 2]);
    let first = upstream.choose(&settings, None).expect("there are two");
    let other = upstream.choose(&settings, None).expect("there are two");
    assert_ne!(first.address(), other.address(), "one is busy");
    drop((first, other));
    let except = SocketAddr::from(([127, 0, 0, 1], 1));
    assert!(
        (0..50).all(|_| upstream.choose(&settings, Some(except)).is_some_and(|attempt| attempt.address() != except))
    );
    upstream.set_addresses(&[except]);
    assert!(upstream.choose(&settings, Some(except)).is_some(), "there is no other");
    upstream.set_addresses(&[]);
    assert!(upstream.choose(&settings, None).is_none());
}

#[test]
fn an_endpoint_that_stays_keeps_what_is_known_of_it() {
    let settings = settings();
    let upstream = upstream(&settings, &[1, 2]);
    let attempt = upstream.choose(&settings, None).expect("there are two");
    let addresses = [1, 2, 3].map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
    upstream.set_addresses(&addresses);
    let busy: u32 = upstream.endpoints().iter().map(|endpoint| endpoint.in_flight()).sum();
    assert_eq!((busy, upstream.endpoints().len()), (1, 3));
    drop(attempt);
    assert!(upstream.endpoints().iter().all(|endpoint| endpoint.in_flight() == 0));
}
