//! `tidegate verify` and `tidegate log` on what a server has left behind.

use std::fs;

use serde_json::{Value, json};

use crate::program::{Server, run};

fn left_behind() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Server::start(dir.path());
    let mut client = server.client();
    client.put("/v1/skus/A/locations/default", r#"{"on_hand":10}"#).ok(200);
    client.put("/v1/reservations/r1", r#"{"customer":"c","lines":[{"sku":"A","quantity":2}]}"#).ok(201);
    client.put("/v1/reservations/r2", r#"{"lines":[{"sku":"A","quantity":3}]}"#).ok(201);
    client.post("/v1/reservations/r1/confirm", r#"{"order":"o"}"#).ok(200);
    client.post("/v1/reservations/r2/release", "").ok(200);
    client.post("/v1/skus/A/locations/default/adjust", r#"{"delta":-1,"reason":"damaged"}"#).ok(200);
    drop(client);
    assert!(server.stop().success());
    dir
}

fn records(output: &std::process::Output) -> Vec<Value> {
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().map(|line| serde_json::from_str(line).expect("a JSON object a line")).collect()
}

#[test]
fn a_sound_log_is_reported_sound() {
    let dir = left_behind();
    let verified = run(&["verify"], dir.path());
    assert_eq!(verified.status.code(), Some(0), "{verified:?}");
    let report = &records(&verified)[0];
    let figure = |name: &str| report[name].as_u64();
    assert_eq!(report["sound"], true);
    assert_eq!(
        ["records", "last_lsn", "skus", "live_reservations", "torn_bytes"].map(figure),
        [6, 6, 1, 1, 0].map(Some)
    );
    assert!(report["digest"].as_str().is_some_and(|digest| digest.len() == 16), "{report}");
    assert_eq!(records(&run(&["verify"], dir.path()))[0], *report, "it changes nothing");
}

#[test]
fn a_damaged_log_is_reported_with_its_file_and_offset() {
    let dir = left_behind();
    let segment = dir.path().join("log/0000000000000001.seg");
    let mut bytes = fs::read(&segment).expect("a segment");
    bytes[1024 + 70] ^= 0x40;
    fs::write(&segment, &bytes).expect("writable");
    let verified = run(&["verify"], dir.path());
    assert_eq!(verified.status.code(), Some(1), "{verified:?}");
    let report = &records(&verified)[0];
    assert_eq!(report["sound"], false);
    let problem = report["problem"].as_str().expect("a problem");
    assert!(problem.contains("0000000000000001.seg") && problem.contains("byte 1024"), "{problem}");
    assert_eq!(run(&["log"], dir.path()).status.code(), Some(3));
    assert_eq!(fs::read(&segment).expect("a segment"), bytes);
}

#[test]
fn the_log_tells_what_was_decided() {
    let dir = left_behind();
    let log = records(&run(&["log"], dir.path()));
    let kinds: Vec<_> = log.iter().map(|record| (record["lsn"].as_u64(), record["type"].as_str())).collect();
    let expected = [
        (Some(1), Some("stock.set")),
        (Some(2), Some("reservation.held")),
        (Some(3), Some("reservation.held")),
        (Some(4), Some("reservation.confirmed")),
        (Some(5), Some("reservation.released")),
        (Some(6), Some("stock.adjusted")),
    ];
    assert_eq!(kinds, expected);
    let confirmed = &log[3];
    assert_eq!(
        (&confirmed["reservation"], &confirmed["customer"], &confirmed["order"]),
        (&json!("r1"), &json!("c"), &json!("o"))
    );
    assert_eq!((&confirmed["stock"][0]["held"], &confirmed["stock"][0]["allocated"]), (&json!(3), &json!(2)));
    assert_eq!((&log[5]["delta"], &log[5]["reason"]), (&json!(-1), &json!("damaged")));
    let part = records(&run(&["log", "--from", "3", "--limit", "2"], dir.path()));
    assert_eq!(part, log[2..4]);
}

#[test]
fn a_running_servers_data_is_left_alone() {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Server::start(dir.path());
    for command in ["verify", "log"] {
        let refused = run(&[command], dir.path());
        assert_eq!(refused.status.code(), Some(5));
        let message = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(message.contains(&server.pid().to_string()), "{message}");
    }
}

#[test]
fn a_directory_without_a_log_is_bad_usage_and_stays_as_it_is() {
    let dir = tempfile::tempdir().expect("a directory");
    for command in ["verify", "log"] {
        assert_eq!(run(&[command], &dir.path().join("none")).status.code(), Some(2));
        assert_eq!(run(&[command], dir.path()).status.code(), Some(2));
    }
    assert_eq!(fs::read_dir(dir.path()).expect("readable").count(), 0);
}
