//! `tidegate verify` and `tidegate log` on what a server has left behind.

use std::fs;

use serde_json::{Value, json};

use crate::program::{Server, run, wait_until};
use crate::shop::Shop;

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
fn the_log_tells_settings_limits_and_sales() {
    let mut shop = Shop::open(&[("ENGINE__ON_CONFIRM", "fulfil")]);
    shop.stock("A", 3);
    shop.set_sku("A", &json!({"max_per_customer": 2})).ok(200);
    let later = shop.now_ms() + 3_600_000;
    shop.set_sale("s", &json!({"skus": ["A"], "starts_ms": later, "quota": 2})).ok(200);
    shop.set_sale("s", &json!({"skus": ["A"], "quota": 2, "close_when_sold_out": true})).ok(200);
    shop.reserve("r", "A", 2, json!({"customer": "c", "sale": "s"})).ok(201);
    shop.stock("A", 1);
    shop.settle("r", "confirm");
    assert_eq!(shop.client.request("DELETE", "/v1/skus/A", &[], b"").status, 204);
    let dir = shop.close();
    assert_eq!(run(&["verify"], dir.path()).status.code(), Some(0));
    let log = records(&run(&["log"], dir.path()));
    let kinds: Vec<_> = log.iter().map(|record| record["type"].as_str().expect("a type")).collect();
    let expected = [
        "stock.set",
        "sku.set",
        "sale.set",
        "sale.set",
        "sale.opened",
        "reservation.held",
        "sale.sold_out",
        "stock.set",
        "stock.shortfall",
        "reservation.confirmed",
        "reservation.fulfilled",
        "sale.closed",
        "sku.deleted",
    ];
    assert_eq!(kinds, expected);
    assert_eq!(log[1]["sku_change"], json!({"sku": "A", "settings": {"max_per_customer": 2}}));
    let settings = json!({"skus": ["A"], "quota": 2, "close_when_sold_out": true});
    assert_eq!(log[3]["sale_change"], json!({"sale": "s", "version": 2, "settings": settings}));
    assert_eq!(log[6]["sale_change"], json!({"sale": "s", "state": "sold_out"}));
    assert_eq!(log[5]["lines"][0]["counted_in"], json!(["max_per_customer", "sale_quota"]));
    let taken = |record: usize| -> Vec<_> {
        let limits = log[record]["limits"].as_array().expect("a list");
        let bucket = |name: &'static str| limits.iter().find(|bucket| bucket["limit"] == name).expect("a bucket");
        ["max_per_customer", "sale_quota"]
            .map(bucket)
            .iter()
            .map(|bucket| (bucket["held"].as_u64(), bucket["fulfilled"].as_u64()))
            .collect()
    };
    assert_eq!(taken(5), [(Some(2), Some(0)); 2]);
    assert_eq!(taken(10), [(Some(0), Some(2)); 2]);
    assert_eq!(log[8]["stock"][0]["available"], -1);
    assert_eq!(log[12]["sku_change"], json!({"sku": "A"}));
}

#[test]
fn verify_counts_the_limits_of_what_is_left() {
    let mut shop = Shop::open(&[]);
    shop.stock("A", 3);
    shop.set_sku("A", &json!({"max_per_customer": 2, "channel_quotas": {"web": 2}})).ok(200);
    shop.set_sale("s", &json!({"skus": ["A"], "max_per_customer": 2})).ok(200);
    shop.reserve("r", "A", 2, json!({"customer": "c", "channel": "web", "sale": "s"})).ok(201);
    shop.reserve("short", "A", 1, json!({"customer": "d", "ttl_ms": 1})).ok(201);
    wait_until("the hold is swept", || shop.sku("A")["locations"][0]["held"] == 2);
    let dir = shop.close();
    let verified = run(&["verify"], dir.path());
    assert_eq!((verified.status.code(), &records(&verified)[0]["sound"]), (Some(0), &json!(true)));
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
