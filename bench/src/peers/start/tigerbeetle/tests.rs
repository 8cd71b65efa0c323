//! What can be said without a server: figures are read, and what is missing is told.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::load::Pace;
use crate::peers::plan::Case;
use crate::peers::subject::TIGERBEETLE;

/// A line as the script prints it.
const PRINTED: &str = r#"{"target": "tigerbeetle batches of 8,189", "connections": 2, "seconds": 4.0, "requests": 818900,
    "rate": 204725, "p50_us": 37091.03, "p99_us": 54122.57, "p999_us": 54122.57, "max_us": 54122.57, "errors": 0}"#;

#[test]
fn the_figures_of_the_script_are_those_of_any_load() {
    let read = summary(PRINTED).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((read.target.as_str(), read.connections, read.requests), (TIGERBEETLE, 2, 818_900));
    assert_eq!((read.errors, read.cpu_us, read.first_error), (0, None, None));
    assert!((read.rate - 204_725.0).abs() < 0.5 && (read.p99_us - 54_122.57).abs() < 0.01);
}

#[test]
fn other_words_are_no_figures() {
    let error = summary("Traceback").map(|_| ()).expect_err("that is no JSON").to_string();
    assert!(error.contains("tigerbeetle's client") && error.contains("Traceback"), "{error}");
}

/// Why it cannot be started with this program.
fn refusal(server: &Path, work: &Path) -> String {
    let programs = Tigerbeetle { server: server.to_owned(), python: "python3".into(), script: "none.py".into() };
    let cases = [Case { name: TIGERBEETLE, connections: 2, pace: Pace::Closed }];
    let started = start(&mut Stage::default(), &Wanted(&cases), &programs, work);
    started.expect_err("there is no such server").to_string()
}

#[test]
fn a_server_that_is_missing_or_not_executable_or_fails_is_told() {
    let work = tempfile::tempdir().expect("a directory can be made");
    let file = work.path().join("tigerbeetle");
    assert!(refusal(&file, work.path()).contains("--tigerbeetle PATH must name its program"));

    fs::write(&file, "#!/bin/sh\necho no direct I/O here >&2\nexit 1\n").expect("a file can be written");
    assert!(refusal(&file, work.path()).contains("which must be executable"));

    fs::set_permissions(&file, Permissions::from_mode(0o755)).expect("it is ours");
    let failed = refusal(&file, work.path());
    assert!(failed.contains("exit status: 1: no direct I/O here"), "{failed}");
}

#[test]
fn it_is_not_started_for_others() {
    let programs = Tigerbeetle { server: "none".into(), python: "none".into(), script: "none".into() };
    let work = tempfile::tempdir().expect("a directory can be made");
    assert!(start(&mut Stage::default(), &Wanted(&[]), &programs, work.path()).is_ok());
}
