//! Ledger and model agree on random days: short ones that shrink to the least that goes wrong, and
//! a fixed set of long ones that must have met every kind of answer and event.

use ledger::OnConfirm;
use naive::{World, steps};
use proptest::prelude::*;
use proptest::test_runner::Config;
use std::collections::BTreeMap;

const BOTH: [OnConfirm; 2] = [OnConfirm::Allocate, OnConfirm::Fulfil];
const LONG_DAYS: u64 = 130;
const LONG_DAY_COMMANDS: u64 = 4_000;

fn play(on_confirm: OnConfirm, steps: impl Iterator<Item = steps::Step>) {
    let mut world = World::new(on_confirm);
    steps.for_each(|step| world.take(step));
    world.compare_all();
}

proptest! {
    #![proptest_config(Config { cases: 192, failure_persistence: None, ..Config::default() })]

    #[test]
    fn ledger_and_model_agree_on_short_days(steps in steps::random(300)) {
        for on_confirm in BOTH {
            play(on_confirm, steps.iter().cloned());
        }
    }
}

/// The same days everywhere and always.
fn long_days(on_confirm: OnConfirm) -> (u64, BTreeMap<String, u64>) {
    let mut commands = 0;
    let mut met: BTreeMap<String, u64> = BTreeMap::new();
    for seed in 0..LONG_DAYS {
        let mut world = World::new(on_confirm);
        let mut steps = steps::seeded(seed);
        while world.commands() < LONG_DAY_COMMANDS {
            world.take(steps.next().expect("a seed has steps without end"));
        }
        world.compare_all();
        commands += world.commands();
        for (what, count) in world.met() {
            *met.entry(what.clone()).or_default() += count;
        }
    }
    (commands, met)
}

#[test]
fn ledger_and_model_agree_on_long_days() {
    let both = std::thread::scope(|scope| {
        BOTH.map(|on_confirm| scope.spawn(move || long_days(on_confirm)))
            .map(|days| days.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    let mut met: BTreeMap<String, u64> = BTreeMap::new();
    let mut commands = 0;
    for (more, days) in both {
        commands += more;
        for (what, count) in days {
            *met.entry(what).or_default() += count;
        }
    }
    println!("{commands} commands; met: {met:#?}");
    assert!(commands >= 1_000_000, "only {commands} commands");
}
