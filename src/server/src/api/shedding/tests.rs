//! Threads that are late, and who is let in then.

use super::{Shedding, class};
use crate::api::route::{Endpoint, Target};
use crate::telemetry::Registry;
use admission::{COHORTS, Class, Cohort, Nanos, Priority, delay, gate, level};
use hyper::StatusCode;
use hyper::header::{HeaderMap, HeaderValue};

const NOTHING: Nanos = Nanos(0);

/// Windows of ten requests, and overloaded by any delay.
fn nervous() -> gate::Rules {
    let delay = delay::Settings { target: NOTHING, interval: Nanos::from_millis(1), ..delay::Settings::default() };
    let level = level::Settings {
        window_requests: 10,
        shortest: NOTHING,
        fewest: 1,
        less_percent: 50.0,
        ..level::Settings::default()
    };
    gate::Rules { live: gate::Settings { delay, level, ..gate::Settings::default() }, shadow: None }
}

fn named(endpoint: Endpoint, name: &str) -> Target<'_> {
    Target { endpoint, name, location: "" }
}

fn shedding(rules: gate::Rules) -> Shedding {
    Shedding::new(rules, 2, [1, 2], &Registry::new())
}

/// Is late again and again while all of these are asked for, until the level is as low as it gets.
fn overload(shedding: &Shedding, endpoints: &[Endpoint]) {
    for round in 0..400 {
        shedding.observe(0, Nanos::from_millis(30));
        let name = format!("r{round}");
        for endpoint in endpoints {
            let _decided = shedding.decide(named(*endpoint, &name), &HeaderMap::new(), NOTHING);
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
}

#[test]
fn while_threads_are_on_time_all_comes_in() {
    let shedding = shedding(gate::Rules::default());
    for round in 0..5_000 {
        shedding.observe(0, NOTHING);
        for endpoint in Endpoint::ALL {
            let name = format!("r{round}");
            assert!(shedding.decide(named(*endpoint, &name), &HeaderMap::new(), NOTHING).is_ok());
        }
    }
}

#[test]
fn when_threads_are_late_the_back_office_goes_first_and_payment_stays() {
    let shedding = shedding(nervous());
    overload(&shedding, &[Endpoint::Import, Endpoint::Sku, Endpoint::ReserveAs, Endpoint::Confirm]);
    let status = shedding.status();
    let last = status["last_class"].as_str().expect("a word").to_owned();
    let last = Class::parse(&last).expect("a class");
    assert!(last < Class::Admin, "{status}");
    // What matters more than the last class that is let in, is let in whole.
    let level = shedding.gate.level();
    let cohorts = || (0..COHORTS).filter_map(|number| Cohort::new(number as u8));
    for class in Class::ALL.into_iter().filter(|class| *class < last) {
        assert!(cohorts().all(|cohort| level.admits(Priority::new(class, cohort))), "{class:?} before {last:?}");
    }
    let refused = shedding.decide(named(Endpoint::Import, ""), &HeaderMap::new(), NOTHING).expect_err("it is shed");
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(refused.headers().contains_key("retry-after"));
}

/// Whether answers that waited so long are overload while the threads are on time, where a group takes so long at its best.
fn is_overload(group_ms: u64, waited_ms: u64) -> bool {
    let shedding = shedding(gate::Rules::default());
    shedding.observe_group(Nanos::from_millis(group_ms));
    // Longer than two intervals of the detector.
    (0..250).any(|_| {
        shedding.observe(0, NOTHING);
        shedding.observe_wait(0, NOTHING, Nanos::from_millis(waited_ms));
        std::thread::sleep(std::time::Duration::from_millis(1));
        shedding.status()["overloaded"] == true
    })
}

#[test]
fn a_log_that_stalls_is_overload_though_the_threads_are_idle() {
    assert!(is_overload(1, 500));
    assert!(is_overload(10, 30), "more than two groups and the target");
    assert!(!is_overload(10, 20), "what a slow disk ordinarily takes is no queue");
    assert!(!is_overload(0, 12), "nor is a group that is large");
}

#[test]
fn who_waits_says_that_nothing_comes_only_when_it_is_long() {
    let shedding = shedding(gate::Rules::default());
    let smallest = || shedding.gate.smallest_delay(&shedding.rules.load(), shedding.clock.now());
    let wait = |ms| {
        (0..250).find_map(|_| {
            shedding.observe_waiting(1, NOTHING, Nanos::from_millis(ms));
            std::thread::sleep(std::time::Duration::from_millis(1));
            smallest()
        })
    };
    assert_eq!(wait(12), None);
    assert_eq!(wait(100), Some(Nanos::from_millis(90)));
}

#[test]
fn full_queues_are_overload() {
    let rules =
        gate::Rules { live: gate::Settings { level: nervous().live.level, ..gate::Settings::default() }, shadow: None };
    let shedding = shedding(rules);
    for round in 0..400 {
        let name = format!("r{round}");
        for endpoint in [Endpoint::Import, Endpoint::ReserveAs] {
            if shedding.decide(named(endpoint, &name), &HeaderMap::new(), NOTHING).is_ok() {
                shedding.record_full();
            }
        }
    }
    let last = shedding.gate.level().last_class();
    assert!(last < Class::Admin, "{last:?}");
}

#[test]
fn a_reservation_is_in_one_cohort_and_who_names_none_in_all() {
    let shedding = shedding(gate::Rules::default());
    let none = HeaderMap::new();
    let of = |endpoint, name| shedding.cohort(named(endpoint, name), &none);
    assert_eq!(of(Endpoint::ReserveAs, "r"), of(Endpoint::Confirm, "r"));
    assert_eq!(of(Endpoint::Release, "r"), of(Endpoint::Reservation, "r"));
    let mut key = HeaderMap::new();
    key.insert("idempotency-key", HeaderValue::from_static("k"));
    let of_key = || shedding.cohort(named(Endpoint::Reserve, ""), &key);
    assert_eq!(of_key(), of_key());
    let all: std::collections::HashSet<_> = (0..128).map(|_| of(Endpoint::Reserve, "").number()).collect();
    assert_eq!(all.len(), 128);
}

#[test]
fn settling_matters_more_than_reserving_and_that_more_than_the_rest() {
    let of = |class_of| Endpoint::ALL.iter().filter(|endpoint| class(**endpoint) == class_of).count();
    assert_eq!(
        [Class::Payment, Class::Checkout, Class::Browse, Class::NonEssential, Class::Admin].map(of),
        [6, 5, 7, 0, 6]
    );
    assert!(class(Endpoint::Confirm) < class(Endpoint::ReserveAs) && class(Endpoint::ReserveAs) < class(Endpoint::Sku));
}
