//! The replay end to end against the stand-in: what is sound reconciles, what is not is found.

use bench::replay::generate::generate;
use bench::replay::orders::parse;
use bench::replay::plan::{Plan, plan};
use bench::replay::stock::ShortPercent;
use bench::replay::{Options, Pace, Report, run};

use crate::stand_in::{Faults, start};

fn day(run: &str) -> Plan {
    let mut day = Vec::new();
    generate(&mut day, 3, 80).expect("writing to memory does not fail");
    let lines = parse(&day[..], "day").unwrap_or_else(|error| panic!("{error}"));
    plan(&lines, run).unwrap_or_else(|error| panic!("{error}"))
}

fn options(api: String, short: u8) -> Options {
    let short = ShortPercent::new(short).expect("the tests stay below 100");
    Options { api, pace: Pace::Unpaced, connections: 16, short }
}

/// Replays against a stand-in of its own.
pub fn replay(plan: Plan, faults: Faults, short: u8) -> Report {
    let options = options(format!("http://{}", start(faults)), short);
    run(plan, &options).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn a_sound_server_reconciles_to_the_last_unit() {
    let report = replay(day("r"), Faults::default(), 0);
    assert!(report.is_sound(), "{report}");
    assert!(report.tally.refused.is_empty(), "{report}");
    assert_eq!(report.tally.reserved_units, report.tally.confirmed_units + report.tally.released_units, "{report}");
    assert_eq!(report.tally.reserved_units, day("r").demand().values().sum::<u64>());
    assert!(report.tally.released_units > 0 && report.tally.adjusted_units > 0, "{report}");
    assert_eq!(report.skus, day("r").demand().len());
}

#[test]
fn a_short_day_is_refused_in_part_and_still_reconciles() {
    let report = replay(day("r"), Faults::default(), 50);
    assert!(report.is_sound(), "{report}");
    assert!(report.tally.refused["insufficient_stock"] > 0, "{report}");
}

#[test]
fn overload_and_cut_off_answers_cost_retries_but_no_units() {
    let faults = Faults { overload: 7, cut_off: 11, ..Faults::default() };
    let report = replay(day("r"), faults, 0);
    assert!(report.is_sound(), "{report}");
    assert!(report.tally.retries > 0, "{report}");
}

#[test]
fn a_lost_unit_is_found() {
    let report = replay(day("r"), Faults { lost_release: 1, ..Faults::default() }, 0);
    assert!(!report.is_sound(), "{report}");
    assert!(!report.differences.is_empty());
    assert!(report.to_string().contains("SKUs that differ"), "{report}");
}

#[test]
fn a_second_replay_counts_from_what_the_first_left() {
    let options = options(format!("http://{}", start(Faults::default())), 0);
    for id in ["first", "second"] {
        let report = run(day(id), &options).unwrap_or_else(|error| panic!("{error}"));
        assert!(report.is_sound(), "{id}: {report}");
        assert!(report.tally.refused.is_empty(), "{id}: {report}");
    }
}

#[test]
fn a_compressed_day_is_the_same_day() {
    let plan = day("r");
    let speed = plan.duration_seconds() as f64 * 10.0;
    let paced = Options { pace: Pace::Times(speed), ..options(format!("http://{}", start(Faults::default())), 0) };
    let report = run(plan, &paced).unwrap_or_else(|error| panic!("{error}"));
    assert!(report.is_sound() && report.tally.refused.is_empty(), "{report}");
}

#[test]
fn an_address_that_is_none_is_said_so() {
    for url in ["127.0.0.1:7700", "https://127.0.0.1:7700", "http://127.0.0.1:7700/v1"] {
        let error = run(day("r"), &options(url.to_owned(), 0)).expect_err("the URL is wrong");
        assert!(error.to_string().contains("write it like http://"), "{url}: {error}");
    }
}
