//! Ledger and model agree on random days: short ones that shrink to the least that goes wrong, and
//! a fixed set of long ones that must have met every kind of answer and event.

use ledger::OnConfirm;
use naive::{World, steps};
use proptest::prelude::*;
use proptest::test_runner::Config;
use std::collections::BTreeMap;

/// Every answer that the rules can give, and every event. A generator that stops meeting one tests
/// less than it says.
const ANSWERS: &[&str] = &[
    "made",
    "made, a line split",
    "made, a line got nothing",
    "now held",
    "now confirmed",
    "now confirmed, a line given back",
    "now confirmed, a line given back, partly shipped",
    "now confirmed, partly shipped",
    "now confirmed, reacquired",
    "now confirmed, reacquired, a line given back",
    "now confirmed, reacquired, partly shipped",
    "now fulfilled",
    "now cancelled",
    "now released",
    "now expired",
    "again held",
    "again confirmed",
    "again fulfilled",
    "again cancelled",
    "again released",
    "again expired",
    "stock now",
    "stock before",
    "stock stale_source",
    "sku",
    "sku deleted",
    "sale scheduled",
    "sale open",
    "sale sold_out",
    "sale closed",
    "unknown_sku",
    "unknown_sale",
    "sale_not_open",
    "sale_closed",
    "limit_exceeded max_per_order",
    "limit_exceeded max_per_customer",
    "limit_exceeded channel_quota",
    "limit_exceeded sale_quota",
    "limit_exceeded sale_max_per_customer",
    "limit_exceeded sale_channel_quota",
    "insufficient_stock",
    "reservation_not_found",
    "reservation_held",
    "reservation_confirmed",
    "reservation_fulfilled",
    "reservation_cancelled",
    "reservation_released",
    "reservation_expired",
    "stale_version",
    "on_hand_negative",
    "sku_in_use",
    "invalid_request /customer",
    "invalid_request /lines/0/sku",
    "invalid_request /lines/1/sku",
    "invalid_request /lines/4/sku",
    "invalid_request /lines/0/quantity",
    "invalid_request /lines/1/quantity",
    "invalid_request /lines/2/quantity",
    "invalid_request /source_ts_ms",
    "invalid_request /available",
    "invalid_request /delta",
    "idempotency_mismatch customer",
    "idempotency_mismatch channel",
    "idempotency_mismatch sale",
    "idempotency_mismatch ttl_ms",
    "idempotency_mismatch mode",
    "idempotency_mismatch lines",
    "idempotency_mismatch order",
    "idempotency_mismatch if_expired",
    "idempotency_mismatch delta",
    "idempotency_mismatch reason",
    "idempotency_mismatch reference",
    "reservation.held",
    "reservation.confirmed",
    "reservation.released",
    "reservation.expired",
    "reservation.extended",
    "reservation.cancelled",
    "reservation.fulfilled",
    "stock.set",
    "stock.adjusted",
    "stock.shortfall",
    "sku.set",
    "sku.deleted",
    "sale.set",
    "sale.scheduled",
    "sale.opened",
    "sale.sold_out",
    "sale.closed",
    "sale.retired",
];

/// What may or may not be met besides: rarer mixes of the above.
const BESIDES: &[&str] = &[
    "invalid_request /lines/2/sku",
    "invalid_request /lines/3/sku",
    "now confirmed, reacquired, a line given back, partly shipped",
];

const BOTH: [OnConfirm; 2] = [OnConfirm::Allocate, OnConfirm::Fulfil];
const LONG_DAYS: u64 = 200;
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
    let expected = ANSWERS.iter().chain(BESIDES);
    let missed: Vec<_> = ANSWERS.iter().filter(|what| !met.contains_key(**what)).collect();
    let unknown: Vec<_> = met.keys().filter(|what| !expected.clone().any(|known| known == what)).collect();
    assert!(missed.is_empty() && unknown.is_empty(), "never met: {missed:?}; met, and nobody expects: {unknown:?}");
}

/// `make soak`: days that no test run has met.
#[test]
#[ignore = "takes minutes: make soak"]
fn soak_ledger_and_model() {
    naive::soak("ledger", LONG_DAYS, |seed| {
        let mut world = World::new(BOTH[usize::from(seed.is_multiple_of(4))]);
        let mut steps = steps::seeded(seed);
        while world.commands() < LONG_DAY_COMMANDS {
            world.take(steps.next().expect("a seed has steps without end"));
        }
        world.compare_all();
        world.commands()
    });
}
