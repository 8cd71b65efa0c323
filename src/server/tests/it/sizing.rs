//! `tidegate bench-self` and `tidegate plan`: that what is measured can be planned by, and that what is planned can be served.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;
use server::config::{Config, Flags};

use crate::program::tidegate;

/// Round figures.
const MACHINE: &str = r#"{"format":1,"cores":4,"sync_4k_p50_us":100,"sync_4k_p99_us":300,"sync_256k_p50_us":358,
    "hash_ns":400,"route_ns":100,"parse_ns":{"first_line":1500,"further_line":200},
    "decide_and_apply_ns":{"first_line":2000,"further_line":800},"encode_ns":{"first_line":400,"further_line":100},
    "serialise_ns":{"first_line":600,"further_line":100},"record_bytes":{"first_line":246,"further_line":100}}"#;

fn tide(arguments: &[&str]) -> Output {
    tidegate().args(arguments).output().expect("the binary runs")
}

fn plan(machine: &Path, rest: &[&str]) -> Output {
    let machine = machine.to_str().expect("a path of ours");
    tide(&[&["plan", "--measured", machine], rest].concat())
}

fn machine(dir: &Path, text: &str) -> PathBuf {
    let file = dir.join("machine.json");
    fs::write(&file, text).expect("writable");
    file
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

const SALE: [&str; 8] = ["--peak-rps", "500", "--mean-rps", "50", "--skus", "20000", "--ttl", "172800"];

#[test]
fn what_is_measured_can_be_planned_by_and_nothing_is_left_behind() {
    let dir = tempfile::tempdir().expect("a directory");
    let disk = dir.path().join("disk");
    fs::create_dir(&disk).expect("writable");
    let measured = tide(&["bench-self", "--json", "--dir", disk.to_str().expect("a path of ours")]);
    assert_eq!(measured.status.code(), Some(0), "{measured:?}");
    assert_eq!(fs::read_dir(&disk).expect("a directory").count(), 0, "it removes what it has written");
    let file = machine(dir.path(), &text(&measured.stdout));
    let planned = plan(&file, &["--peak-rps", "1", "--skus", "1", "--ttl", "1", "--json"]);
    assert_eq!(planned.status.code(), Some(0), "{planned:?}");
    let planned: Value = serde_json::from_slice(&planned.stdout).expect("JSON");
    assert_eq!(planned["config"]["engine"]["shards"], 1);
}

#[test]
fn a_directory_that_is_not_there_is_told_by_name() {
    let measured = tide(&["bench-self", "--dir", "nowhere/at/all"]);
    assert_eq!(measured.status.code(), Some(4), "{measured:?}");
    assert!(text(&measured.stderr).contains("nowhere/at/all"), "{measured:?}");
}

#[test]
fn without_a_file_the_machine_is_measured_at_once() {
    let dir = tempfile::tempdir().expect("a directory");
    let planned =
        tide(&["plan", "--peak-rps", "1", "--skus", "1", "--ttl", "1", "--dir", dir.path().to_str().unwrap()]);
    assert_eq!(planned.status.code(), Some(0), "{planned:?}");
    assert!(text(&planned.stdout).contains("shards = 1"), "{planned:?}");
    assert_eq!(fs::read_dir(dir.path()).expect("a directory").count(), 0);
}

#[test]
fn what_is_printed_is_a_configuration_and_says_what_it_rests_on() {
    let dir = tempfile::tempdir().expect("a directory");
    let planned = plan(&machine(dir.path(), MACHINE), &SALE);
    let printed = text(&planned.stdout);
    let file = dir.path().join("tidegate.toml");
    fs::write(&file, &printed).expect("writable");
    let config = Config::load(Some(&file), std::iter::empty(), Flags::default()).unwrap();
    assert_eq!((config.engine.default_ttl_ms, config.engine.max_hold_ms), (172_800_000, 172_800_000));
    // 86,400,000 live ones and 20,000 SKUs, by 0.7 each.
    assert_eq!((config.engine.max_reservations, config.engine.max_skus), (123_428_572, 28_572));
    assert_eq!((config.store.history_days, config.engine.shards, config.engine.io_threads), (30, 1, 1));
    let basis =
        |what: &str| printed.lines().find(|line| line.contains(what)).and_then(|line| line.split(' ').next_back());
    assert_eq!(basis("group commit"), Some("measured"), "{printed}");
    assert_eq!(basis("cores at the peak"), Some("extrapolated"), "{printed}");
}

#[test]
fn every_figure_of_the_json_says_its_unit_and_what_it_rests_on() {
    let dir = tempfile::tempdir().expect("a directory");
    let planned = plan(&machine(dir.path(), MACHINE), &[&SALE[..], &["--json"]].concat());
    let planned: Value = serde_json::from_slice(&planned.stdout).expect("JSON");
    let figures = planned["figures"].as_array().expect("a list");
    let live = figures.iter().find(|figure| figure["name"] == "live_memory_bytes").expect("it is among them");
    assert_eq!((live["unit"].as_str(), live["basis"].as_str()), (Some("bytes"), Some("extrapolated")));
    for figure in figures {
        assert!(figure["value"].as_f64().is_some_and(|value| value > 0.0), "{figure}");
        assert!(["measured", "extrapolated"].contains(&figure["basis"].as_str().unwrap_or_default()), "{figure}");
    }
}

#[test]
fn what_one_node_cannot_take_is_an_answer_of_its_own() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = machine(dir.path(), MACHINE);
    let rush = plan(&file, &["--peak-rps", "10000000", "--skus", "20000", "--ttl", "1"]);
    let (said, answer) = (text(&rush.stderr), text(&rush.stdout));
    assert_eq!((rush.status.code(), answer.as_str()), (Some(1), ""));
    assert!(said.contains("It would need") && said.contains("nodes"), "{said}");
    let hot = plan(&file, &["--peak-rps", "10000000", "--skus", "1", "--ttl", "1"]);
    let said = text(&hot.stderr);
    assert_eq!(hot.status.code(), Some(1));
    assert!(said.contains("no number of nodes") && said.contains("one shard"), "{said}");
}

#[test]
fn what_is_no_measurement_and_a_mean_above_the_peak_are_bad_usage() {
    let dir = tempfile::tempdir().expect("a directory");
    let sale = &SALE[..];
    let unknown = machine(dir.path(), &MACHINE.replace("hash_ns", "hash_us"));
    for (file, said) in [(unknown, "hash_us"), (dir.path().join("none.json"), "none.json")] {
        let output = plan(&file, sale);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(text(&output.stderr).contains(said), "{output:?}");
    }
    let file = machine(dir.path(), MACHINE);
    let output = plan(&file, &["--peak-rps", "5", "--mean-rps", "6", "--skus", "1", "--ttl", "1"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--mean-rps 6"), "{output:?}");
}
