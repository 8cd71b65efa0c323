//! `POST /admin/v1/checkpoint`: what it answers, what it lets go of, and that a start begins there.

use serde_json::{Value, json};

use crate::program::{Server, run, wait_until};

/// Small segments, and nothing kept of the log that need not be.
pub const TRIMMED: [(&str, &str); 4] = [
    ("LOG__SEGMENT_BYTES", "4194304"),
    ("LOG__RESERVE_BYTES", "1048576"),
    ("LOG__RETENTION_BYTES", "0"),
    ("STORE__CHECKPOINT_INTERVAL_MS", "3600000"),
];

/// More records than a small segment holds.
pub fn fill(server: &Server) {
    let mut client = server.client();
    client.put("/v1/skus/A/locations/default", r#"{"on_hand":1000000}"#).ok(200);
    for batch in 0..4 {
        let reserve =
            |n| json!({"op": "reserve", "id": format!("r{batch}-{n}"), "lines": [{"sku": "A", "quantity": 1}]});
        let operations: Vec<Value> = (0..9_000).map(reserve).collect();
        client.post("/v1/batch", &json!({"operations": operations}).to_string()).ok(200);
    }
}

#[test]
fn a_checkpoint_covers_all_and_lets_go_of_the_log_below() {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Server::start_with(dir.path(), &TRIMMED);
    let first = server.order("/admin/v1/checkpoint", "").ok(200);
    assert_eq!((&first["lsn"], &first["oldest_lsn"], &first["trimmed_segments"]), (&json!(0), &json!(1), &json!(0)));
    fill(&server);
    let taken = server.order("/admin/v1/checkpoint", "").ok(200);
    let figure = |name: &str| taken[name].as_u64().expect("a number");
    assert_eq!(figure("lsn"), 36_001);
    assert!(figure("trimmed_segments") >= 1 && figure("trimmed_bytes") >= 4_194_304, "{taken}");
    assert!(figure("oldest_lsn") > 1 && figure("log_kept_bytes") > 0, "{taken}");
    let metrics = crate::client::Client::connect(server.admin).get("/metrics").body;
    for line in ["tidegate_flushed_lsn 36001", "tidegate_store_stall 0", "tidegate_store_failing 0"] {
        assert!(metrics.lines().any(|found| found == line), "no `{line}` in {metrics}");
    }
    let bytes = metrics.lines().find_map(|line| line.strip_prefix("tidegate_store_disk_bytes "));
    assert!(bytes.is_some_and(|bytes| bytes != "0"), "{bytes:?}");
    server.kill();

    let server = Server::start_with(dir.path(), &TRIMMED);
    server.client().get("/v1/reservations/r0-0").ok(200);
    let messages = server.messages();
    assert!(messages.contains("last_lsn=36001 store_lsn=36001"), "{messages}");

    let verified = run(&["verify"], dir.path());
    assert_eq!(verified.status.code(), Some(0), "{verified:?}");
    let report: Value = serde_json::from_slice(&verified.stdout).expect("JSON");
    assert_eq!((&report["replayed_from_start"], &report["oldest_lsn"]), (&json!(false), &taken["oldest_lsn"]));
    assert_eq!((&report["store"]["lsn"], &report["store"]["live"]), (&json!(36_001), &json!(36_000)));
    assert!(report["compared_records"].as_u64().is_some_and(|records| records > 0), "{report}");

    // What the log has let go of is told by the store.
    let log = run(&["log", "--limit", "3"], dir.path());
    let lines: Vec<Value> =
        String::from_utf8_lossy(&log.stdout).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!([0, 1, 2].map(|n: usize| lines[n]["lsn"].clone()), [json!(1), json!(2), json!(3)]);
    let before = (figure("oldest_lsn") - 2).to_string();
    let log = run(&["log", "--from", &before], dir.path());
    let text = String::from_utf8_lossy(&log.stdout).into_owned();
    let lsns = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON")["lsn"].as_u64());
    assert!(lsns.eq((figure("oldest_lsn") - 2..=36_001).map(Some)), "without a gap where the log begins");
}

#[test]
fn checkpoints_are_taken_without_being_asked_for() {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Server::start_with(dir.path(), &[("STORE__CHECKPOINT_INTERVAL_MS", "100")]);
    server.client().put("/v1/skus/A/locations/default", r#"{"on_hand":1}"#).ok(200);
    wait_until("the store is durable", || {
        let metrics = crate::client::Client::connect(server.admin).get("/metrics").body;
        metrics.lines().any(|line| line == "tidegate_flushed_lsn 1")
    });
}

#[test]
fn only_a_post_takes_one() {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Server::start(dir.path());
    let mut admin = crate::client::Client::connect(server.admin);
    for path in ["/admin/v1/checkpoint", "/admin/v1/backup"] {
        let refused = admin.get(path);
        refused.problem(405, "method_not_allowed");
        assert_eq!(refused.header("allow"), Some("POST"));
    }
    admin.post("/admin/v1/shards", "").problem(405, "method_not_allowed");
    admin.get("/admin/v1/none").problem(404, "not_found");
}
