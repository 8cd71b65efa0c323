//! The server's life: when it starts, what it says when it cannot, and how it stops.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::client::Client;
use crate::program::{Server, serve_in_vain, tidegate, wait_until};

const GOOD: &str = r#"{"lines":[{"sku":"A","quantity":1}]}"#;

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn segment(data_dir: &Path) -> PathBuf {
    data_dir.join("log/0000000000000001.seg")
}

/// A stopped server's directory, with a few frames in its log.
fn stopped() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Server::start(dir.path());
    let mut client = server.client();
    for on_hand in 1..=5 {
        client.put("/v1/skus/A/locations/default", &format!(r#"{{"on_hand":{on_hand}}}"#)).ok(200);
    }
    drop(client);
    assert!(server.stop().success());
    dir
}

#[test]
fn sigterm_answers_what_is_in_flight_and_ends_well() {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Server::start(dir.path());
    let mut kept = server.client();
    kept.put("/v1/skus/A/locations/default", r#"{"on_hand":10}"#).ok(200);
    // In flight: half of the body is there when the signal comes.
    let mut in_flight = server.client();
    let (front, back) = GOOD.split_at(10);
    in_flight.send_raw(format!("PUT /v1/reservations/r HTTP/1.1\r\nContent-Length: {}\r\n\r\n{front}", GOOD.len()));
    // The other connection's answer shows that the thread has read on.
    for _ in 0..20 {
        kept.get("/v1/skus/A").ok(200);
    }
    server.signal("TERM");
    let mut admin = Client::connect(server.admin);
    wait_until("the server drains", || {
        let ready = admin.get("/readyz");
        ready.status == 503 && ready.problem(503, "draining")["reason"] == "draining"
    });
    admin.get("/livez").ok(200);
    let refused = kept.get("/v1/skus/A");
    refused.problem(503, "draining");
    assert_eq!(refused.header("connection"), Some("close"));
    assert!(Client::try_connect(server.api).is_err(), "a draining server accepts nobody");
    in_flight.send_raw(back);
    in_flight.receive().ok(201);
    drop(in_flight);
    drop(admin);
    assert_eq!(server.wait().code(), Some(0));
    let server = Server::start(dir.path());
    assert_eq!(server.client().get("/v1/reservations/r").ok(200)["state"], "held");
}

#[test]
fn a_client_that_never_finishes_does_not_keep_the_server() {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Server::start_with(dir.path(), &[("HTTP__DRAIN_TIMEOUT_MS", "100")]);
    let mut stuck = server.client();
    stuck.send_raw("PUT /v1/reservations/r HTTP/1.1\r\nContent-Length: 100\r\n\r\n{");
    assert_eq!(server.stop().code(), Some(0));
}

#[test]
fn sigint_stops_as_well() {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Server::start(dir.path());
    server.signal("INT");
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn a_second_server_on_the_same_directory_is_told_who_has_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Server::start(dir.path());
    let second = serve_in_vain(dir.path());
    assert_eq!(second.status.code(), Some(5));
    assert!(stderr(&second).contains(&format!("process {}", server.pid())), "{}", stderr(&second));
    server.client().put("/v1/skus/A/locations/default", r#"{"on_hand":1}"#).ok(200);
}

#[test]
fn a_second_server_on_the_same_address_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let other = tempfile::tempdir().expect("a directory");
    let server = Server::start(dir.path());
    let mut second = tidegate();
    second.args(["serve", "--api", &server.api.to_string(), "--data-dir"]).arg(other.path());
    let second = second.output().expect("the binary runs");
    assert_eq!(second.status.code(), Some(2));
    assert!(stderr(&second).contains(&server.api.to_string()), "{}", stderr(&second));
}

#[test]
fn damage_is_named_by_file_and_offset_and_nothing_is_changed() {
    let dir = stopped();
    let mut bytes = fs::read(segment(dir.path())).expect("a segment");
    // In the second frame: later ones prove that it was acknowledged.
    bytes[1024 + 100] ^= 1;
    fs::write(segment(dir.path()), &bytes).expect("writable");
    let refused = serve_in_vain(dir.path());
    assert_eq!(refused.status.code(), Some(3), "{}", stderr(&refused));
    let message = stderr(&refused);
    assert!(message.contains("0000000000000001.seg") && message.contains("byte 1024"), "{message}");
    assert_eq!(fs::read(segment(dir.path())).expect("a segment"), bytes);
}

#[test]
fn a_newer_format_is_left_to_a_newer_release() {
    let dir = stopped();
    let mut bytes = fs::read(segment(dir.path())).expect("a segment");
    let (header, checksum) = bytes[..512].split_at_mut(508);
    header[4..6].copy_from_slice(&7_u16.to_le_bytes());
    checksum.copy_from_slice(&crc32c::crc32c(header).to_le_bytes());
    fs::write(segment(dir.path()), &bytes).expect("writable");
    let refused = serve_in_vain(dir.path());
    assert_eq!(refused.status.code(), Some(3), "{}", stderr(&refused));
    assert!(stderr(&refused).contains("format version 7"), "{}", stderr(&refused));
}

#[test]
fn a_directory_that_cannot_be_had_is_named() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("file");
    fs::write(&file, "").expect("writable");
    let locked = dir.path().join("locked");
    fs::create_dir(&locked).expect("writable");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o500)).expect("ours");
    for path in [file.join("data"), locked.join("data")] {
        // Who may do everything may also write there.
        if fs::create_dir(&path).is_ok() {
            continue;
        }
        let refused = serve_in_vain(&path);
        assert_eq!(refused.status.code(), Some(4), "{}", stderr(&refused));
        assert!(stderr(&refused).contains(&path.display().to_string()), "{}", stderr(&refused));
    }
}

#[test]
fn a_log_that_fails_ends_the_server_with_a_code_of_its_own() {
    let dir = tempfile::tempdir().expect("a directory");
    let program = tidegate();
    let mut limited = Command::new("sh");
    // No file may grow beyond 4 MiB: the system refuses to prepare the rest of the segment.
    limited.args(["-c", "trap '' XFSZ; ulimit -f 8192; exec \"$0\" \"$@\""]).arg(program.get_program());
    limited.args(["serve", "--api", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data-dir"]).arg(dir.path());
    let failed = limited.stdin(Stdio::null()).output().expect("sh runs");
    assert_eq!(failed.status.code(), Some(4), "{}", stderr(&failed));
    assert!(stderr(&failed).contains("the log failed"), "{}", stderr(&failed));
}

#[test]
fn a_wrong_setting_is_bad_usage() {
    let dir = tempfile::tempdir().expect("a directory");
    let refused = tidegate().args(["serve", "--api", "nowhere", "--data-dir"]).arg(dir.path()).output();
    let refused = refused.expect("the binary runs");
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("--api"), "{}", stderr(&refused));
}

#[test]
fn operators_see_shards_and_metrics() {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Server::start_with(dir.path(), &[("ENGINE__SHARDS", "3")]);
    let mut client = server.client();
    client.put("/v1/skus/A/locations/default", r#"{"on_hand":10}"#).ok(200);
    client.put("/v1/reservations/r", GOOD).ok(201);
    client.get("/v1/skus/B").problem(404, "unknown_sku");
    let mut admin = Client::connect(server.admin);
    let shards = admin.get("/admin/v1/shards").ok(200);
    let of = |shard: &serde_json::Value, field: &str| shard[field].as_u64().expect("a number");
    let list = shards["shards"].as_array().expect("a list");
    assert_eq!(list.len(), 3);
    assert_eq!(list.iter().map(|shard| of(shard, "live_reservations")).sum::<u64>(), 1);
    assert_eq!(of(&shards, "durable_lsn"), 2);
    let metrics = admin.get("/metrics");
    assert_eq!(metrics.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    for line in [
        "tidegate_reservations_total{outcome=\"held\"} 1",
        "tidegate_http_requests_total{endpoint=\"reserve_as\",class=\"2xx\"} 1",
        "tidegate_http_requests_total{endpoint=\"sku\",class=\"4xx\"} 1",
        "tidegate_http_request_seconds_count{endpoint=\"set_stock\"} 1",
        "tidegate_http_connections{listener=\"api\"} 1",
    ] {
        assert!(metrics.body.contains(line), "no {line} in\n{}", metrics.body);
    }
}
