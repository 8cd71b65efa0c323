//! Seeds that every test run plays: all promises are kept, everything that can go wrong has gone wrong,
//! and a seed is the same every time.

use simulator::{Count, Plan, Report, Sound, play};

const SEEDS: u64 = 80;

fn plan(seed: u64) -> Plan {
    Plan { seed, operations: 5_000, verbose: false }
}

fn sum(seeds: impl Iterator<Item = u64>) -> Report {
    seeds.fold(Report::default(), |mut sum, seed| {
        sum.merge(play(&Sound, plan(seed)).unwrap_or_else(|failure| panic!("{failure}")));
        sum
    })
}

#[test]
fn every_promise_is_kept_whatever_goes_wrong() {
    let (mut report, other) = std::thread::scope(|scope| {
        let other = scope.spawn(|| sum((0..SEEDS).step_by(2)));
        (sum((1..SEEDS).step_by(2)), other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    report.merge(other);
    println!("{report}");
    assert!(report.get(Count::Operations) >= 5_000 * SEEDS && report.crashes() > 2_000);
    for met in [
        Count::PowerCuts,
        Count::Kills,
        Count::IoCrashes,
        Count::CleanStops,
        Count::FailedStarts,
        Count::TornTails,
        Count::Retries,
        Count::Replayed,
        Count::TrimmedSegments,
        Count::RecoveredTwice,
        Count::ProjectionErrors,
        Count::ProjectionsRebuilt,
        Count::ProjectionsRefused,
        Count::FullDisks,
        Count::FlipsRefused,
        Count::MisdirectedRefused,
    ] {
        assert!(report.get(met) > 0, "{} were not met", met.words());
    }
}

#[test]
fn a_seed_is_the_same_every_time() {
    for seed in [3, 1_000_003] {
        let (one, other) = (play(&Sound, plan(seed)).expect("sound"), play(&Sound, plan(seed)).expect("sound"));
        assert_eq!(one, other);
    }
    let of = |seed| play(&Sound, plan(seed)).expect("sound").trace;
    assert_ne!(of(3), of(4));
}
