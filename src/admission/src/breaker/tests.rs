//! The breaker's states, one recorded trace each.

use super::*;

const SETTINGS: Settings = Settings {
    failures_in_a_row: 5,
    failure_percent: 50,
    fewest: 20,
    span: Nanos::from_secs(10),
    probes: 2,
    shortest_back_off: Nanos::from_secs(1),
    longest_back_off: Nanos::from_secs(60),
};
const LEAST: Random = Random(0);

fn call(breaker: &Breaker, verdict: Verdict, now: Nanos) -> bool {
    let pass = breaker.try_pass(&SETTINGS, now);
    let is_through = pass.is_ok();
    if let Ok(pass) = pass {
        breaker.report(&SETTINGS, pass, verdict, now, LEAST);
    }
    is_through
}

/// A breaker that has just opened at time 0, until 1 s.
fn opened() -> Breaker {
    let breaker = Breaker::default();
    (0..5).for_each(|_| assert!(call(&breaker, Verdict::Failed, Nanos(0))));
    breaker
}

#[test]
fn failures_in_a_row_open_it() {
    let breaker = Breaker::default();
    for _ in 0..4 {
        assert!(call(&breaker, Verdict::Failed, Nanos(0)));
    }
    call(&breaker, Verdict::Succeeded, Nanos(0));
    assert_eq!(breaker.position(Nanos(0)), Position::Closed);
    let breaker = opened();
    assert_eq!(breaker.position(Nanos(0)), Position::Open { until: Nanos::from_secs(1) });
    assert_eq!(breaker.try_pass(&SETTINGS, Nanos::from_millis(400)), Err(Nanos::from_millis(600)));
}

#[test]
fn a_rate_of_failures_opens_it_once_there_are_enough_calls() {
    let breaker = Breaker::default();
    let mut calls = 0;
    while breaker.position(Nanos(0)) == Position::Closed {
        let verdict = if calls % 2 == 0 { Verdict::Succeeded } else { Verdict::Failed };
        call(&breaker, verdict, Nanos(0));
        calls += 1;
    }
    assert_eq!(calls, 20);
}

#[test]
fn failures_long_ago_do_not_count_to_the_rate() {
    let breaker = Breaker::default();
    for second in 0..100 {
        let verdict = if second % 2 == 0 { Verdict::Succeeded } else { Verdict::Failed };
        call(&breaker, verdict, Nanos::from_secs(second));
    }
    assert_eq!(breaker.position(Nanos::from_secs(100)), Position::Closed, "10 calls in 10 s are too few");
}

#[test]
fn a_client_that_left_says_nothing() {
    let breaker = Breaker::default();
    (0..100).for_each(|_| assert!(call(&breaker, Verdict::Unknown, Nanos(0))));
    assert_eq!(breaker.position(Nanos(0)), Position::Closed);
}

#[test]
fn half_open_lets_a_few_through_and_closes_when_they_succeed() {
    let breaker = opened();
    let now = Nanos::from_secs(1);
    assert_eq!(breaker.position(now), Position::HalfOpen);
    let first = breaker.try_pass(&SETTINGS, now).unwrap();
    let second = breaker.try_pass(&SETTINGS, now).unwrap();
    assert!(breaker.try_pass(&SETTINGS, now).is_err());
    breaker.report(&SETTINGS, first, Verdict::Succeeded, now, LEAST);
    assert_eq!(breaker.position(now), Position::HalfOpen);
    breaker.report(&SETTINGS, second, Verdict::Succeeded, now, LEAST);
    assert_eq!(breaker.position(now), Position::Closed);
}

#[test]
fn a_probe_whose_client_left_gives_its_place_back() {
    let breaker = opened();
    let now = Nanos::from_secs(1);
    (0..10).for_each(|_| assert!(call(&breaker, Verdict::Unknown, now)));
    assert_eq!(breaker.position(now), Position::HalfOpen);
}

#[test]
fn a_probe_that_fails_opens_it_for_longer_up_to_a_minute() {
    let breaker = opened();
    let mut now = Nanos(0);
    let mut waits = Vec::new();
    for _ in 0..8 {
        let Position::Open { until } = breaker.position(now) else { panic!("it fails each time") };
        waits.push(until.since(now).0 / 1_000_000_000);
        now = until;
        assert!(call(&breaker, Verdict::Failed, now));
    }
    // The sure half of 2, 4, 8 ... 60 s.
    assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30, 30]);
    let longest = back_off(&SETTINGS, 30, Random(u64::MAX));
    assert!(longest > Nanos::from_millis(59_999) && longest <= Nanos::from_secs(60));
}

#[test]
fn once_closed_the_back_off_begins_anew() {
    let breaker = opened();
    let mut now = Nanos::from_secs(1);
    call(&breaker, Verdict::Failed, now);
    now = now.plus(Nanos::from_secs(2));
    call(&breaker, Verdict::Succeeded, now);
    call(&breaker, Verdict::Succeeded, now);
    (0..5).for_each(|_| assert!(call(&breaker, Verdict::Failed, now)));
    assert_eq!(breaker.position(now), Position::Open { until: now.plus(Nanos::from_secs(1)) });
}

#[test]
fn what_began_before_it_opened_is_old_news() {
    let breaker = Breaker::default();
    let slow: Vec<_> = (0..10).map(|_| breaker.try_pass(&SETTINGS, Nanos(0)).unwrap()).collect();
    (0..5).for_each(|_| assert!(call(&breaker, Verdict::Failed, Nanos(0))));
    let now = Nanos::from_secs(1);
    assert!(call(&breaker, Verdict::Succeeded, now), "half-open");
    for pass in slow {
        breaker.report(&SETTINGS, pass, Verdict::Failed, now, LEAST);
    }
    assert_eq!(breaker.position(now), Position::HalfOpen);
}

#[test]
fn answers_that_break_off_behind_their_head_open_it_by_their_rate() {
    let breaker = Breaker::default();
    for number in 0..20 {
        assert!(call(&breaker, Verdict::Succeeded, Nanos(0)), "{number}");
        breaker.failed_late(&SETTINGS, Nanos(0), LEAST);
    }
    assert!(matches!(breaker.position(Nanos(0)), Position::Open { .. }));
    breaker.failed_late(&SETTINGS, Nanos::from_secs(1), LEAST);
    assert_eq!(breaker.position(Nanos::from_secs(1)), Position::HalfOpen, "it has nothing to say of probes");
}
