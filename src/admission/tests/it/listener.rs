//! The listener that works off a queue with one thread.

use admission::Class;

use crate::world::listener::CAPACITY;
use crate::world::scenarios::{self, Admission};

const STEADY: std::ops::Range<usize> = 10..38;

#[test]
fn beyond_its_processor_it_serves_what_the_refusals_leave() {
    for load in [1.0, 2.0, 5.0, 10.0f64] {
        let tally = scenarios::steady_listener(Admission::On, load);
        let all = tally.all(STEADY);
        let goodput = f64::from(all.served) / STEADY.len() as f64;
        // A refusal costs a hundredth of what is served.
        let left = CAPACITY * (1.0 - (load - 1.0) / 100.0);
        assert!(goodput >= 0.9 * left, "at {load}: {goodput} of {left}");
        assert!(all.p99_ms() <= 100.0, "at {load}: {} ms", all.p99_ms());
        assert_eq!(all.timed_out, 0);
    }
}

#[test]
fn settling_is_never_refused_before_the_rest() {
    let tally = scenarios::steady_listener(Admission::On, 5.0);
    let payment = tally.class(Class::Payment, STEADY);
    assert_eq!(payment.served, payment.offered);
    let checkout = tally.class(Class::Checkout, STEADY);
    assert!(f64::from(checkout.served) >= 0.999 * f64::from(checkout.offered));
    assert_eq!(tally.0.iter().map(|second| second.order_broken).sum::<u32>(), 0);
}

#[test]
fn without_admission_it_serves_those_who_have_gone() {
    let tally = scenarios::steady_listener(Admission::Off, 1.5);
    assert_eq!(tally.all(STEADY).served, 0);
}
