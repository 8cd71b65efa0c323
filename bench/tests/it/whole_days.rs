//! Whole days, planned and replayed: those in the directory that the environment names as `REPLAY_DAYS`, else made-up ones.

use std::path::Path;

use bench::replay::generate::generate;
use bench::replay::orders::{OrderLine, parse, read};
use bench::replay::plan::plan;

use crate::plan::assert_conserves_units;
use crate::replay::replay;
use crate::stand_in::Faults;

fn real_days(directory: &Path) -> Vec<Vec<OrderLine>> {
    let entries = std::fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    entries
        .map(|entry| entry.expect("a directory that opens can be listed").path())
        .map(|path| read(&path).unwrap_or_else(|error| panic!("{error}")))
        .collect()
}

fn made_up_days() -> Vec<Vec<OrderLine>> {
    let day = |seed| {
        let mut day = Vec::new();
        generate(&mut day, seed, 150).expect("writing to memory does not fail");
        parse(&day[..], "made-up day").unwrap_or_else(|error| panic!("{error}"))
    };
    (0..3).map(day).collect()
}

#[test]
fn whole_days_reconcile_to_the_last_unit() {
    let days = std::env::var_os("REPLAY_DAYS").map_or_else(made_up_days, |directory| real_days(Path::new(&directory)));
    assert!(!days.is_empty(), "REPLAY_DAYS names a directory without a day");
    for lines in days {
        assert_conserves_units(&lines);
        let plan = plan(&lines, "run").unwrap_or_else(|error| panic!("{error}"));
        let report = replay(plan, Faults::default(), 0);
        assert!(report.is_sound() && report.tally.refused.is_empty(), "{report}");
        assert!(report.tally.released_units > 0, "each day cancels a sale of its own\n{report}");
        println!("{report}");
    }
}
