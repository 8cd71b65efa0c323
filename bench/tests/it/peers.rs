//! What a comparison measures, and the page, files and plots that are made of its figures.

use std::time::Duration;

use bench::latency::Latencies;
use bench::load::{Pace, Summary};
use bench::machine::Machine;
use bench::peers::medians::medians;
use bench::peers::subject::{
    DIRECT, GATEWAY, HAPROXY, HYPER, NGINX, POSTGRES_HOT, REDIS, TIDEGATE, TIDEGATE_1_000_000, TIDEGATE_10,
};
use bench::peers::{
    CONNECTIONS, Comparison, Guest, MOST, OPEN_PERCENT, Plan, Section, markdown, plots, read, rows, write,
};

fn figures(target: &str, connections: usize, requests: u64, latency_us: u64) -> Summary {
    let mut latencies = Latencies::new();
    for _ in 0..requests {
        latencies.record(Duration::from_micros(latency_us));
    }
    Summary { cpu_us: Some(10.0), ..Summary::new(target, connections, Duration::from_secs(1), &latencies) }
}

/// Tidegate at three times Redis and four fifths of hyper, in one round.
pub fn comparison() -> Comparison {
    let mut runs = Vec::new();
    for (connections, redis) in CONNECTIONS.into_iter().zip([300, 500, 400]) {
        runs.push(figures(TIDEGATE, connections, 1_200, 300));
        runs.push(figures(REDIS, connections, redis, 900));
        runs.push(figures(HYPER, connections, 1_500, 100));
        runs.push(figures(POSTGRES_HOT, connections, 60, 5_000));
    }
    runs.push(figures(TIDEGATE_10, MOST, 900, 300));
    runs.push(Summary { offered_per_s: Some(600), ..figures(TIDEGATE, MOST, 600, 250) });
    runs.push(Summary { offered_per_s: Some(900), ..figures(TIDEGATE, MOST, 900, 450) });
    for (name, requests) in [(DIRECT, 2_000), (NGINX, 900), (HAPROXY, 1_000), (GATEWAY, 800)] {
        runs.push(figures(name, 64, requests, 1_000));
    }
    Comparison {
        date: "2026-11-22".to_owned(),
        machine: machine("AMD EPYC"),
        fdatasync_p50_us: 150.0,
        only: Vec::new(),
        rounds: 1,
        seconds: 1.0,
        medians: medians(&runs),
        runs,
    }
}

fn machine(cpu: &str) -> Machine {
    Machine { cores: 2, cpu: cpu.to_owned(), kernel: "6.1.0".to_owned() }
}

#[test]
fn a_machine_is_a_few_words() {
    for (cpu, slug) in [
        ("AMD EPYC", "2x-amd-epyc"),
        ("AMD EPYC 7B13 64-Core Processor", "2x-amd-epyc-7b13"),
        ("Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz", "2x-intel-xeon-e5-2680-v4"),
    ] {
        assert_eq!(machine(cpu).slug(), slug);
    }
}

#[test]
fn the_whole_plan_measures_each_case_once_and_a_part_says_which_it_is() {
    let plan = Plan::whole();
    let closed = plan.closed();
    for (place, case) in closed.iter().enumerate() {
        assert!(!closed[..place].contains(case), "{case:?} twice");
    }
    assert!(!plan.is_part());
    assert!(closed.iter().all(|case| case.name != TIDEGATE_1_000_000), "only when asked for");
    let million = Plan { million: true, ..plan.clone() };
    assert!(million.closed().iter().any(|case| case.name == TIDEGATE_1_000_000));

    let part = Plan { sections: vec![Section::Open], without: vec![Guest::Redis], million: false, tigerbeetle: false };
    assert!(part.is_part());
    assert!(part.closed().iter().all(|case| CONNECTIONS.contains(&case.connections) && case.name != REDIS));
    assert!(part.closed().iter().any(|case| case.name == POSTGRES_HOT));
    assert!(part.proxies().is_empty());
}

#[test]
fn the_open_loop_offers_parts_of_what_each_reached() {
    let medians = comparison().medians;
    let open = Plan::whole().open(&medians);
    let rates: Vec<_> = open.iter().filter(|case| case.name == TIDEGATE).map(|case| case.pace).collect();
    let expected = OPEN_PERCENT.map(|percent| Pace::Open { rate_per_s: 12 * percent });
    assert_eq!(rates, expected);
    let of_redis: Vec<_> = open.iter().filter(|case| case.name == REDIS).map(|case| case.connections).collect();
    assert_eq!(of_redis, [64; 4], "over as many connections as it was fastest over");
}

#[test]
fn targets_hold_or_are_missed_by_their_ratio() {
    let Comparison { medians, fdatasync_p50_us, .. } = comparison();
    let rows = rows(&medians, fdatasync_p50_us);
    let row = |what: &str| {
        let found = rows.iter().find(|row| row.what.contains(what)).unwrap_or_else(|| panic!("{what}: {rows:?}"));
        ((found.ratio * 100.0).round() as i64, found.holds)
    };
    assert_eq!(row("Redis `always`"), (300, true));
    assert_eq!(row("p99 to that of Redis"), (33, true));
    assert_eq!(row("256 connections, to hyper"), (80, true));
    assert_eq!(row("one client's p50"), (120, false));
    assert_eq!(row("PostgreSQL"), (2_000, false));
    assert_eq!(row("rate by the number of SKUs"), (75, false));
    assert_eq!(row("CPU a reservation"), (100, true));
    assert_eq!(row("proxying"), (80, false));
    assert!(rows.iter().all(|row| !row.what.contains("refusals")), "what was not measured has no row");
}

#[test]
fn the_page_has_a_table_for_each_section_that_was_measured() {
    let page = markdown(&comparison(), &["a-p99.svg".to_owned()]);
    assert!(
        page.contains("| tidegate | 256 | 1,200 (1,200-1,200) | 0.30 | 0.30 | 0.30 | 10.0 | 3.00 | 0.80 |"),
        "{page}"
    );
    assert!(page.contains("| tidegate | 256 | 900 | 900 (900-900) | 0.45 | 0.45 | 0.45 | 10.0 | 0 |"), "{page}");
    assert!(
        page.contains("| tidegate's gateway | 64 | 800 (800-800) | 1.00 | 1.00 | 1.00 | 10.0 | 0.00 | 0.80 |"),
        "{page}"
    );
    assert!(page.contains("60/s | 20.00, missed | `make bench-peers ONLY=reservations` |"), "{page}");
    assert!(page.contains("![a-p99.svg](a-p99.svg)") && !page.contains("## Refusals"), "{page}");
}

#[test]
fn what_is_written_is_read_again_and_lies_beside_its_plots() {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let whole = comparison();
    let written = write(&whole, directory.path()).unwrap_or_else(|error| panic!("{error}"));
    let names: Vec<_> = written.iter().filter_map(|path| path.file_name()?.to_str()).collect();
    let stem = "2026-11-22-2x-amd-epyc";
    let files = ["md", "json"].map(|kind| format!("{stem}.{kind}")).into_iter();
    let plots = ["p50", "p99", "p999", "cpu", "open", "skus"].map(|name| format!("{stem}-{name}.svg"));
    assert_eq!(names, files.chain(plots).collect::<Vec<_>>());
    assert_eq!(read(&written[1]).unwrap_or_else(|error| panic!("{error}")), whole);

    let part = Comparison { only: vec!["open".to_owned(), "proxies".to_owned()], ..whole };
    assert_eq!(part.stem(), format!("{stem}-open-proxies"), "a part takes nothing's place");
}

#[test]
fn plots_are_of_what_there_are_lines_for() {
    let all = comparison().medians;
    let p99 = plots(&all).into_iter().find(|(name, _)| *name == "p99").map(|(_, text)| text).expect("p99 is plotted");
    assert_eq!(p99.matches("<polyline").count(), 4, "one for each who was measured: {p99}");
    assert!(!p99.contains("NaN") && !p99.contains("inf"), "{p99}");
    assert!(plots(&all[..1]).is_empty(), "a point is no line");
}
