//! The gateway before a platform with a knee.

use admission::{Class, Reason};

use crate::world::platform::CAPACITY;
use crate::world::scenarios::{self, Admission, STEADY, WARM_UP};
use crate::world::tally::Tally;

/// Served a second over the steady part of a run.
fn goodput(tally: &Tally) -> f64 {
    f64::from(tally.all(STEADY).served) / STEADY.len() as f64
}

fn part(some: u32, all: u32) -> f64 {
    f64::from(some) / f64::from(all)
}

#[test]
fn from_half_to_ten_times_the_capacity_goodput_holds_and_latency_too() {
    let p99_at_rest = scenarios::steady(Admission::On, 0.8).all(STEADY).p99_ms();
    let loads = [1.0, 1.25, 2.0, 5.0, 10.0];
    let runs: Vec<_> = loads.iter().map(|load| scenarios::steady(Admission::On, *load)).collect();
    let peak = runs.iter().map(goodput).fold(0.0, f64::max);
    assert!(peak > 0.9 * CAPACITY, "{peak}");
    for (load, run) in loads.iter().zip(&runs) {
        assert!(goodput(run) >= 0.95 * peak, "at {load}: {} of {peak}", goodput(run));
        let p99 = run.all(STEADY).p99_ms();
        assert!(p99 <= 2.0 * p99_at_rest, "at {load}: {p99} ms, {p99_at_rest} ms at rest");
    }
}

#[test]
fn below_the_capacity_what_matters_is_not_refused() {
    let tally = scenarios::steady(Admission::On, 0.5);
    let all = tally.all(STEADY);
    assert!(part(all.served, all.offered) > 0.999);
    assert_eq!(all.refused_for(Reason::Level), 0);
}

#[test]
fn without_admission_the_same_world_breaks_down() {
    let tally = scenarios::steady(Admission::Off, 1.5);
    assert!(goodput(&tally) < 0.1 * CAPACITY, "{}", goodput(&tally));
}

#[test]
fn at_five_times_the_capacity_payment_and_checkout_succeed_and_the_order_holds() {
    let tally = scenarios::steady(Admission::On, 5.0);
    let (payment, checkout) = (tally.class(Class::Payment, STEADY), tally.class(Class::Checkout, STEADY));
    let succeeded = part(payment.served + checkout.served, payment.offered + checkout.offered);
    assert!(succeeded >= 0.999, "{succeeded}");
    assert!(tally.class(Class::Admin, STEADY).refused_for(Reason::Level) > 1_000, "somebody has to be shed");
    assert_eq!(tally.0.iter().map(|second| second.order_broken).sum::<u32>(), 0);
}

#[test]
fn a_step_to_ten_times_the_capacity_is_stable_within_three_seconds() {
    let tally = scenarios::step(Admission::On);
    let p99_before = tally.all(WARM_UP..20).p99_ms();
    let after = tally.all(23..48);
    assert!(f64::from(after.served) / 25.0 >= 0.9 * CAPACITY, "{}", after.served);
    for second in 23..48 {
        let counts = tally.all(second..second + 1);
        assert!(f64::from(counts.served) >= 0.7 * CAPACITY, "second {second}: {}", counts.served);
        assert_eq!(counts.timed_out, 0, "second {second}");
    }
    assert!(after.p99_ms() <= 2.0 * p99_before, "{} after {p99_before}", after.p99_ms());
}

#[test]
fn the_limit_of_a_slow_platform_falls_within_five_seconds_and_is_back_within_thirty() {
    let tally = scenarios::slow(Admission::On);
    let before = tally.0[WARM_UP..20].iter().map(|second| second.limit).sum::<u32>() / 10;
    assert!(tally.0[25].limit * 2 <= before, "{} of {before}", tally.0[25].limit);
    let back = tally.0[40..70].iter().any(|second| f64::from(second.limit) >= 0.9 * f64::from(before));
    assert!(back, "of {before}");
    let goodput = f64::from(tally.all(70..78).served) / 8.0;
    assert!(goodput >= 0.9 * CAPACITY, "{goodput}");
}

#[test]
fn the_limit_of_a_platform_that_answers_nothing_falls_and_never_rises() {
    let tally = scenarios::hanging(Admission::On);
    let limits: Vec<_> = tally.0[20..].iter().map(|second| second.limit).collect();
    assert!(limits.windows(2).all(|pair| pair[1] <= pair[0]), "{limits:?}");
    assert!(limits[5] * 4 <= tally.0[19].limit, "{limits:?}");
}

#[test]
fn when_all_fails_retries_add_a_tenth() {
    let tally = scenarios::failing();
    let sum = |of: fn(&crate::world::tally::Second) -> u32| tally.0[WARM_UP..].iter().map(of).sum::<u32>();
    let (sent, retried) = (sum(|second| second.sent), sum(|second| second.retried));
    assert!(retried > 100, "it does retry: {retried}");
    assert!(part(retried, sent - retried) <= 0.10, "{retried} of {sent}");
}

#[test]
fn one_client_that_asks_a_hundred_times_as_much_costs_the_others_nothing() {
    let others = |tally: &Tally| {
        let (all, first) = (tally.all(10..38), tally.first_client(10..38));
        part(all.served - first.served, all.offered - first.offered)
    };
    let with_quota = others(&scenarios::greedy(100.0, Some(12)));
    assert!(with_quota >= 0.95, "{with_quota}");
    let without = others(&scenarios::greedy(100.0, None));
    assert!(without < 0.8, "without a quota they do lose: {without}");
}

#[test]
fn a_seed_plays_the_same_again() {
    let played = || scenarios::steady(Admission::On, 3.0).0.iter().map(|second| second.limit).collect::<Vec<_>>();
    assert_eq!(played(), played());
}
