//! Ledger and model agree on random days: short ones that shrink to the least that goes wrong, and
//! a fixed set of long ones that must have met every kind of answer.

use crate::steps::{Step, step};
use crate::world::World;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::collections::BTreeMap;

const LONG_DAYS: u8 = 120;
const LONG_DAY_STEPS: usize = 2_500;

/// Every answer that the rules can give. A generator that stops meeting one tests less than it says.
const ANSWERS: [&str; 35] = [
    "made",
    "made, a line split",
    "now held",
    "now confirmed",
    "now released",
    "now expired",
    "again held",
    "again confirmed",
    "again released",
    "again expired",
    "stock now",
    "stock before",
    "stock stale_source",
    "unknown_sku",
    "unknown_sale",
    "insufficient_stock",
    "reservation_not_found",
    "reservation_held",
    "reservation_confirmed",
    "reservation_released",
    "reservation_expired",
    "stale_version",
    "on_hand_negative",
    "invalid_request /source_ts_ms",
    "invalid_request /available",
    "invalid_request /delta",
    "idempotency_mismatch customer",
    "idempotency_mismatch channel",
    "idempotency_mismatch sale",
    "idempotency_mismatch ttl_ms",
    "idempotency_mismatch lines",
    "idempotency_mismatch order",
    "idempotency_mismatch delta",
    "idempotency_mismatch reason",
    "idempotency_mismatch reference",
];

fn play(steps: &[Step]) -> World {
    let mut world = World::new();
    for step in steps {
        world.take(step);
    }
    world.compare_all();
    world.replay();
    world
}

/// The same steps for the same number, everywhere and always.
fn day(number: u8) -> Vec<Step> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[number; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let steps = vec(step(), LONG_DAY_STEPS).new_tree(&mut runner);
    steps.expect("no step is ever filtered out").current()
}

proptest! {
    #![proptest_config(Config { cases: 256, failure_persistence: None, ..Config::default() })]

    #[test]
    fn ledger_and_model_agree_on_short_days(steps in vec(step(), 1..300)) {
        play(&steps);
    }
}

#[test]
fn ledger_and_model_agree_on_long_days() {
    let mut commands = 0;
    let mut answers: BTreeMap<String, u64> = BTreeMap::new();
    for number in 0..LONG_DAYS {
        let world = play(&day(number));
        commands += world.commands();
        for (answer, count) in world.answers {
            *answers.entry(answer).or_default() += count;
        }
    }
    println!("{commands} commands in {LONG_DAYS} days; answers: {answers:#?}");
    assert!(commands >= 200_000, "only {commands} commands");
    let mut expected = ANSWERS.to_vec();
    expected.sort_unstable();
    assert_eq!(answers.keys().collect::<Vec<_>>(), expected, "the answers that were met");
}
