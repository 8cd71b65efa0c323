//! Backups of a serving server, and data directories made from them: nothing acknowledged before a
//! backup is missing from it, and what is half made is never taken for whole.

use std::fs;
use std::path::Path;
use std::process::Output;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::{Server, run, serve_in_vain};

fn backup(server: &Server, directory: &Path) -> Value {
    server.order("/admin/v1/backup", &json!({"directory": directory}).to_string()).ok(200)
}

fn restore(backup: &Path, data_dir: &Path, more: &[&str]) -> Output {
    let from = backup.to_str().expect("a path of ours");
    run(&[&["restore", "--from", from], more].concat(), data_dir)
}

fn report(data_dir: &Path) -> Value {
    let verified = run(&["verify"], data_dir);
    assert_eq!(verified.status.code(), Some(0), "{verified:?}");
    serde_json::from_slice(&verified.stdout).expect("JSON")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("a directory");
    entries.map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn a_backup_under_load_has_all_that_was_acknowledged_before_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let (data, copy, restored) = (dir.path().join("data"), dir.path().join("copy"), dir.path().join("restored"));
    let server = Server::start(&data);
    server.client().put("/v1/skus/A/locations/default", r#"{"on_hand":1000000}"#).ok(200);
    let (acknowledged, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let (before, manifest) = std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut client = server.client();
            for n in 0.. {
                client.put(&format!("/v1/reservations/r{n}"), r#"{"lines":[{"sku":"A","quantity":1}]}"#).ok(201);
                acknowledged.store(n, Ordering::SeqCst);
                if stop.load(Ordering::SeqCst) {
                    break;
                }
            }
        });
        while acknowledged.load(Ordering::SeqCst) < 500 {
            std::thread::yield_now();
        }
        let before = acknowledged.load(Ordering::SeqCst);
        let manifest = backup(&server, &copy);
        stop.store(true, Ordering::SeqCst);
        (before, manifest)
    });
    let cursor = server.client().get("/v1/events?limit=1").ok(200)["next"].clone();
    assert!(server.stop().success());
    assert!(manifest["lsn"].as_u64() > Some(before) && manifest["lsn"].as_u64() >= manifest["lsn_store"].as_u64());
    assert_eq!((&manifest["epoch"], &manifest["format"]), (&json!(0), &json!(1)));

    let found = report(&copy);
    assert_eq!((&found["last_lsn"], &found["store"]["lsn"]), (&manifest["lsn"], &manifest["lsn_store"]));
    let done = restore(&copy, &restored, &[]);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    let said: Value = serde_json::from_slice(&done.stdout).expect("JSON");
    assert_eq!(said["lsn"], manifest["lsn"]);
    assert!(said["epoch"].as_u64() > Some(1), "its own, not merely the next: {said}");
    assert_eq!(report(&restored)["digest"], found["digest"]);

    let server = Server::start(&restored);
    let mut client = server.client();
    for n in 0..=before {
        client.get(&format!("/v1/reservations/r{n}")).ok(200);
    }
    let held = client.get("/v1/skus/A").ok(200)["locations"][0]["held"].as_u64();
    assert_eq!(held, manifest["lsn"].as_u64().map(|lsn| lsn - 1));
    // It is another history from here on, and the old one's places are none of it.
    let cursor = cursor.as_str().expect("a cursor");
    client.get(&format!("/v1/events?after={cursor}")).problem(410, "events_gone");
    client.put("/v1/reservations/next", r#"{"lines":[{"sku":"A","quantity":1}]}"#).ok(201);
    drop(client);
    server.kill();
    let server = Server::start(&restored);
    server.client().get("/v1/reservations/next").ok(200);
    let again = dir.path().join("again");
    assert_eq!(backup(&server, &again)["epoch"], said["epoch"]);
    assert!(server.stop().success());
    report(&restored);
    report(&again);
}

/// A backup of ten records whose store has none, so that any of them can be the last.
fn of_ten_records() -> (TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().expect("a directory");
    let (data, copy) = (dir.path().join("data"), dir.path().join("copy"));
    let server = Server::start(&data);
    let mut client = server.client();
    for n in 1..=10 {
        client.put("/v1/skus/A/locations/default", &json!({"on_hand": n}).to_string()).ok(200);
    }
    drop(client);
    assert!(server.stop().success());
    fs::create_dir(&copy).expect("it is new");
    fs::rename(data.join("log"), copy.join("log")).expect("one file system");
    drop(store::Store::open(&copy.join("store"), &store::Options::default()).expect("an empty store"));
    let manifest = json!({"format": 1, "lsn_store": 0, "lsn": 10, "time_ms": 0, "partition": 0, "epoch": 0,
                          "digest": "0000000000000000"});
    fs::write(copy.join("backup.json"), manifest.to_string()).expect("writable");
    (dir, copy)
}

#[test]
fn any_record_of_the_backups_log_can_be_the_last() {
    let (dir, copy) = of_ten_records();
    for until in 0..=10_u64 {
        let data = dir.path().join(format!("until-{until}"));
        let done = restore(&copy, &data, &["--until", &until.to_string()]);
        assert_eq!(done.status.code(), Some(0), "{done:?}");
        assert_eq!(report(&data)["last_lsn"], until);
        let server = Server::start(&data);
        let stock = server.client().get("/v1/skus/A");
        if until == 0 {
            stock.problem(404, "unknown_sku");
        } else {
            assert_eq!(stock.ok(200)["available"], until);
        }
    }
    let refused = restore(&copy, &dir.path().join("late"), &["--until", "11"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("from 0 to 10"), "{refused:?}");
    assert!(!dir.path().join("late").exists(), "nothing was made");
}

#[test]
fn a_backup_goes_where_nothing_is() {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Server::start(&dir.path().join("data"));
    let taken = dir.path().join("taken");
    fs::create_dir(&taken).expect("it is new");
    for directory in [taken.clone(), dir.path().join("none/copy")] {
        let refused = server.order("/admin/v1/backup", &json!({"directory": directory}).to_string());
        assert_eq!(refused.problem(400, "invalid_request")["pointer"], "/directory");
    }
    assert!(names(&taken).is_empty());
    for body in ["", "{}", r#"{"directory":1}"#, r#"{"directory":"x","also":1}"#] {
        server.order("/admin/v1/backup", body).problem(400, "invalid_request");
    }
}

#[test]
fn only_a_whole_backup_is_restored_and_only_where_nothing_is() {
    let (dir, copy) = of_ten_records();
    let data = dir.path().join("new");
    let manifest = fs::read_to_string(copy.join("backup.json")).expect("it was written");
    let refused = |code: i32, says: &str| {
        let refused = restore(&copy, &data, &[]);
        assert_eq!(refused.status.code(), Some(code), "{refused:?}");
        assert!(stderr(&refused).contains(says), "{refused:?}");
    };
    fs::remove_file(copy.join("backup.json")).expect("it is there");
    refused(2, "no backup");
    for (bad, says) in [
        (manifest.replace("\"format\":1", "\"format\":2"), "format 2"),
        (manifest.replace("\"digest\":\"0", "\"digest\":\"1"), "digest"),
        (manifest.replace("\"lsn_store\":0", "\"lsn_store\":3"), "covers record 0"),
        (manifest.replace("\"epoch\":0", "\"epoch\":4"), "another partition or epoch"),
        (manifest.replace("\"epoch\":0", "\"epoch\":4294967295"), "epoch"),
        ("{}".to_owned(), "missing field"),
    ] {
        assert_ne!(bad, manifest);
        fs::write(copy.join("backup.json"), bad).expect("writable");
        refused(3, says);
    }
    fs::write(copy.join("backup.json"), &manifest).expect("writable");

    let segment = copy.join("log/0000000000000001.seg");
    let sound = fs::read(&segment).expect("a segment");
    let mut damaged = sound.clone();
    damaged[3 * 512 + 100] ^= 1;
    fs::write(&segment, damaged).expect("writable");
    refused(3, "damaged");
    assert_eq!(names(&data), ["LOCK"], "what was made is gone");
    fs::write(&segment, sound).expect("writable");

    fs::write(data.join("precious"), "").expect("writable");
    refused(2, "`precious`");
    fs::remove_file(data.join("precious")).expect("it is there");

    // A restore that was broken off keeps servers out, and the next one begins anew.
    fs::create_dir_all(data.join("restoring/store")).expect("writable");
    let kept_out = serve_in_vain(&data);
    assert_eq!(kept_out.status.code(), Some(3), "{kept_out:?}");
    assert!(stderr(&kept_out).contains("broken off"), "{kept_out:?}");
    assert_eq!(run(&["verify"], &data).status.code(), Some(3));
    assert_eq!(restore(&copy, &data, &[]).status.code(), Some(0));
    assert_eq!(report(&data)["last_lsn"], 10);
    refused(2, "is not empty");
    // The same when it broke off with all or a part of it in its place.
    for in_place in ["log", "store"] {
        fs::create_dir(data.join("restoring")).expect("it is gone");
        assert_eq!(serve_in_vain(&data).status.code(), Some(3));
        assert_eq!(restore(&copy, &data, &[]).status.code(), Some(0));
        assert_eq!(report(&data)["last_lsn"], 10);
        fs::remove_dir_all(data.join(in_place)).expect("it is there");
    }
}

#[test]
fn a_store_of_another_life_is_refused() {
    let (dir, copy) = of_ten_records();
    let mut stores = Vec::new();
    for life in ["one", "other"] {
        let data = dir.path().join(life);
        assert_eq!(restore(&copy, &data, &[]).status.code(), Some(0));
        let server = Server::start(&data);
        let body = json!({"lines": [{"sku": "A", "quantity": 1}]}).to_string();
        server.client().put(&format!("/v1/reservations/{life}"), &body).ok(201);
        assert!(server.stop().success());
        stores.push(data.join("store"));
    }
    fs::rename(&stores[0], dir.path().join("aside")).expect("one file system");
    fs::rename(&stores[1], &stores[0]).expect("one file system");
    let refused = serve_in_vain(&dir.path().join("one"));
    assert_eq!(refused.status.code(), Some(3), "{refused:?}");
    assert!(stderr(&refused).contains("is not of this log: record 11"), "{refused:?}");
}

#[test]
fn the_data_of_a_server_that_was_killed_early_can_be_verified() {
    let dir = tempfile::tempdir().expect("a directory");
    Server::start(dir.path()).kill();
    assert_eq!(report(dir.path())["last_lsn"], 0);
}

#[test]
fn a_backup_that_is_not_what_it_says_is_damaged() {
    let (_dir, copy) = of_ten_records();
    assert_eq!(report(&copy)["replayed_from_start"], true);
    assert!(!copy.join("LOCK").exists(), "a backup is left as it is");
    let manifest = fs::read_to_string(copy.join("backup.json")).expect("it was written");
    fs::write(copy.join("backup.json"), manifest.replace("\"lsn\":10", "\"lsn\":9")).expect("writable");
    let verified = run(&["verify"], &copy);
    assert_eq!(verified.status.code(), Some(1), "{verified:?}");
}
