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
    Shedding::new(rules, [1, 2], &Registry::new())
}

/// Is late again and again while all of these are asked for, until the level is as low as it gets.
fn overload(shedding: &Shedding, endpoints: &[Endpoint]) {
    for round in 0..400 {
        shedding.observe(Nanos::from_millis(30));
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
        shedding.observe(NOTHING);
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
