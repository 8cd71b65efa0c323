//! A disk that is full, and has space again: promises are kept, new ones are refused, the store waits,
//! and all of it goes on without a restart.

use serde_json::json;

use crate::client::Client;
use crate::mounted::Mounted;
use crate::program::{Server, run, wait_until};

const SMALL: [(&str, &str); 3] =
    [("LOG__SEGMENT_BYTES", "4194304"), ("LOG__RESERVE_BYTES", "2097152"), ("STORE__CHECKPOINT_INTERVAL_MS", "100")];

#[test]
fn a_full_disk_refuses_what_is_new_and_service_returns_with_the_space() {
    // RocksDB goes on only when a memtable's worth of space, 128 MiB, is free, and files that wait for compaction take some.
    let Some(disk) = Mounted::new(768) else { return };
    let data = disk.path().join("data");
    let server = Server::start_with(&data, &SMALL);
    let mut client = server.client();
    client.put("/v1/skus/A/locations/default", r#"{"on_hand":10000000}"#).ok(200);
    let mut made = 0;
    let mut reserve = |client: &mut Client| {
        let ids = (made..made + 1_000).map(|n| format!("r{n}"));
        let reserve = |id| json!({"op": "reserve", "id": id, "lines": [{"sku": "A", "quantity": 1}]});
        let operations: Vec<_> = ids.map(reserve).collect();
        made += 1_000;
        let results = client.post("/v1/batch", &json!({"operations": operations}).to_string()).ok(200);
        let last = results["results"].as_array().and_then(|results| results.last()).expect("results").clone();
        (last["status"].as_u64().expect("a status"), last["body"]["code"].clone())
    };
    assert_eq!(reserve(&mut client).0, 201);

    let ballast = disk.fill();
    let mut refused = (201, json!(null));
    for _ in 0..60 {
        refused = reserve(&mut client);
        if refused.0 != 201 {
            break;
        }
    }
    assert_eq!(refused, (503, json!("storage_full")));
    client.put("/v1/reservations/late", r#"{"lines":[{"sku":"A","quantity":1}]}"#).problem(503, "storage_full");
    client.post("/v1/reservations/r1/confirm", "").ok(200);
    client.post("/v1/reservations/r2/release", "").ok(200);
    let checkpoint = server.order("/admin/v1/checkpoint", "").problem(503, "storage_failed");
    assert_eq!(checkpoint["reason"], "checkpoint_failed");
    let backup = json!({"directory": disk.path().join("copy")}).to_string();
    server.order("/admin/v1/backup", &backup).problem(503, "storage_failed");
    assert!(!disk.path().join("copy").exists(), "what was made is gone");
    assert_eq!(Client::connect(server.admin).get("/readyz").status, 200, "settling goes on");

    drop(ballast);
    wait_until("reservations are taken again", || reserve(&mut client).0 == 201);
    wait_until("the store goes on", || server.order("/admin/v1/checkpoint", "").status == 200);
    wait_until("nobody is warned any more", || {
        let ready = Client::connect(server.admin).get("/readyz");
        ready.status == 200 && ready.json()["warnings"].is_null()
    });
    server.order("/admin/v1/backup", &backup).ok(200);
    drop(client);
    assert!(server.stop().success());
    for directory in [data, disk.path().join("copy")] {
        let verified = run(&["verify"], &directory);
        assert_eq!(verified.status.code(), Some(0), "{verified:?}");
    }
}
