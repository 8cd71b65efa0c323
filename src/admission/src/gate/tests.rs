//! The gate as a listener uses it: delays in, decisions out, one second a window.

use super::*;
use crate::class::Cohort;

fn priority(class: Class, cohort: u8) -> Priority {
    Priority::new(class, Cohort::new(cohort).unwrap())
}

/// A second in which every cohort of every class asks once, and everything waits for so long; how many of each class
/// came in.
fn second(gate: &Gate, rules: &Rules, number: u64, delay_ms: u64) -> [u32; CLASSES] {
    let mut came_in = [0; CLASSES];
    for cohort in 0..128u8 {
        let now = Nanos::from_millis(number * 1_000 + u64::from(cohort) * 7);
        gate.observe(rules, 0, Nanos::from_millis(delay_ms), now);
        for class in Class::ALL {
            came_in[class as usize] += u32::from(gate.decide(rules, priority(class, cohort), now).is_ok());
        }
    }
    came_in
}

#[test]
fn delay_sheds_the_least_important_and_calm_lets_them_in_again() {
    let (gate, rules) = (Gate::default(), Rules::default());
    assert_eq!(second(&gate, &rules, 1, 20), [128; CLASSES]);
    let second_window = second(&gate, &rules, 2, 20);
    assert_eq!(second_window[..4], [128; 4]);
    assert!((90..110).contains(&second_window[4]), "{second_window:?}");
    for number in 3..30 {
        let came_in = second(&gate, &rules, number, 20);
        let first_short = came_in.iter().position(|count| *count < 128).unwrap();
        assert!(came_in[first_short + 1..].iter().all(|count| *count == 0), "{came_in:?}");
    }
    assert!(gate.is_overloaded(&rules, Nanos::from_millis(29_900)));
    let calm = (30..300).find(|number| second(&gate, &rules, *number, 1) == [128; CLASSES]);
    assert!(calm.is_some());
}

#[test]
fn only_the_last_class_is_dropped_for_its_wait() {
    let (gate, rules) = (Gate::default(), Rules::default());
    for number in 1..=12 {
        second(&gate, &rules, number, 20);
    }
    let now = Nanos::from_millis(12_900);
    let last = gate.level().last_class();
    assert!(last > Class::Checkout && last < Class::Admin, "{last:?}");
    let decide = |class, waited_ms| {
        let waited = Nanos::from_millis(waited_ms);
        gate.decide_after(&rules, priority(class, 0), waited, now)
    };
    assert_eq!(decide(last, 11), Err(Reason::QueueDelay));
    assert_eq!(decide(last, 10), Ok(()));
    assert_eq!(decide(Class::Checkout, 500), Ok(()));
}

#[test]
fn what_was_dropped_lowers_the_level_further() {
    let (gate, rules) = (Gate::default(), Rules::default());
    second(&gate, &rules, 1, 20);
    (0..320).for_each(|_| gate.record_full());
    let came_in: u32 = second(&gate, &rules, 2, 20).iter().sum();
    assert!((280..=304).contains(&came_in), "{came_in}");
}

#[test]
fn queues_that_are_full_are_overload_however_little_is_waited() {
    let (gate, rules) = (Gate::default(), Rules::default());
    second(&gate, &rules, 1, 0);
    // A fifth of what is let in is as much as a full server may refuse.
    (0..128).for_each(|_| gate.record_full());
    assert_eq!(second(&gate, &rules, 2, 0), [128; CLASSES]);
    (0..129).for_each(|_| gate.record_full());
    let came_in = second(&gate, &rules, 3, 0);
    assert!(came_in[Class::Admin as usize] < 20 && came_in[..3] == [128; 3], "{came_in:?}");
}

#[test]
fn load_and_upstreams_press_on_brownout() {
    let (gate, rules) = (Gate::default(), Rules::default());
    for number in 1..6 {
        second(&gate, &rules, number, 20);
    }
    assert!(gate.brownout().level() > 0);
    let (gate, mut level) = (Gate::default(), 0);
    for number in 1..6 {
        gate.press();
        second(&gate, &rules, number, 0);
        level = gate.brownout().level();
    }
    assert!(level > 0);
    for number in 6..200 {
        gate.tick(&rules, Nanos::from_secs(number));
    }
    assert_eq!(gate.brownout().level(), 0, "ticks alone bring it down");
}

#[test]
fn a_shadow_is_counted_and_not_acted_on() {
    let strict = delay::Settings { target: Nanos::from_millis(1), drop: Nanos::from_millis(1), ..Default::default() };
    let rules = Rules { shadow: Some(Settings { delay: strict, ..Settings::default() }), ..Rules::default() };
    let gate = Gate::default();
    for number in 1..10 {
        assert_eq!(second(&gate, &rules, number, 3), [128; CLASSES]);
    }
    let now = Nanos::from_millis(9_890);
    let last = gate.shadow.level.last_class();
    assert!(last < Class::Admin, "{last:?}");
    for class in [last, Class::Admin] {
        assert_eq!(gate.decide_after(&rules, priority(class, 0), Nanos::from_millis(3), now), Ok(()));
    }
    let would = gate.would_refuse();
    assert!(would.level[Class::Admin as usize] > 500, "{would:?}");
    assert_eq!(would.level[Class::Payment as usize], 0);
    assert_eq!(would.queue_delay[last as usize], 1);
    assert_eq!(would.queue_delay.iter().sum::<u64>(), 1, "what the level refuses is counted once");
    assert!(!gate.level().is_binding());
}

#[test]
fn without_a_shadow_nothing_is_counted_for_it() {
    let (gate, rules) = (Gate::default(), Rules::default());
    for number in 1..10 {
        second(&gate, &rules, number, 50);
    }
    assert_eq!(gate.would_refuse(), WouldRefuse::default());
}
