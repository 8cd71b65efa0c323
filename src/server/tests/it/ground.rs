//! What a server finds when it starts, and what it tells whoever started it: what can be made again is
//! made again, and what cannot is refused with what to do, changing nothing.

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::checkpoint::{TRIMMED, fill};
use crate::mounted::Mounted;
use crate::program::{Server, run, serve_in_vain, wait_until};

fn left_behind() -> TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Server::start(dir.path());
    let mut client = server.client();
    client.put("/v1/skus/A/locations/default", r#"{"on_hand":1000}"#).ok(200);
    for n in 0..100 {
        client.put(&format!("/v1/reservations/r{n}"), r#"{"lines":[{"sku":"A","quantity":1}]}"#).ok(201);
    }
    drop(client);
    assert!(server.stop().success());
    dir
}

fn report(data_dir: &Path) -> Value {
    let verified = run(&["verify"], data_dir);
    serde_json::from_slice(&verified.stdout).unwrap_or_else(|error| panic!("{error}: {verified:?}"))
}

/// The program's last words.
fn last_words(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    text.lines().filter(|line| line.starts_with("tidegate: ")).collect()
}

#[track_caller]
fn refused(data_dir: &Path, code: i32, says: &[&str]) {
    let refused = serve_in_vain(data_dir);
    assert_eq!(refused.status.code(), Some(code), "{refused:?}");
    let words = last_words(&refused);
    for part in says {
        assert!(words.contains(part), "no `{part}` in: {words}");
    }
}

#[test]
fn a_store_that_was_deleted_is_made_again_from_a_whole_log() {
    let dir = left_behind();
    let before = report(dir.path());
    fs::remove_dir_all(dir.path().join("store")).expect("it is there");
    assert_eq!(report(dir.path())["sound"], true, "the log alone is sound");
    let server = Server::start(dir.path());
    server.client().get("/v1/reservations/r99").ok(200);
    wait_until("the store has all", || {
        crate::client::Client::connect(server.admin).get("/metrics").body.contains("tidegate_applied_lsn 101\n")
    });
    let messages = server.messages();
    assert!(messages.contains("there is no store: it is built from the whole log"), "{messages}");
    assert!(messages.contains("the store has all that the log had at the start"), "{messages}");
    let after = report(dir.path());
    assert_eq!((&after["store"], &after["digest"]), (&before["store"], &before["digest"]));
    assert_eq!((&after["compared_records"], &after["replayed_from_start"]), (&json!(101), &json!(true)));
}

#[test]
fn a_store_that_was_deleted_after_the_log_was_trimmed_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Server::start_with(dir.path(), &TRIMMED);
    fill(&server);
    server.order("/admin/v1/checkpoint", "").ok(200);
    assert!(server.stop().success());
    fs::remove_dir_all(dir.path().join("store")).expect("it is there");
    refused(dir.path(), 3, &["no store in", "begins with record", "restore a backup"]);
    assert!(!dir.path().join("store").exists(), "nothing was made");
    let found = report(dir.path());
    assert_eq!(found["sound"], false);
    assert!(found["problem"].as_str().is_some_and(|problem| problem.contains("restore a backup")), "{found}");
}

#[test]
fn a_damaged_store_is_refused_and_left_as_it_is() {
    for kind in ["CURRENT", "MANIFEST", ".sst"] {
        let dir = left_behind();
        let store = dir.path().join("store");
        let files = fs::read_dir(&store).expect("a store").map(|entry| entry.expect("readable").path());
        let mut damaged: Vec<_> = files.filter(|path| path.to_string_lossy().contains(kind)).collect();
        assert!(!damaged.is_empty(), "a store has such files: {kind}");
        for path in &damaged {
            let mut bytes = fs::read(path).expect("readable");
            bytes.iter_mut().skip(4).step_by(7).for_each(|byte| *byte ^= 0x5a);
            fs::write(path, bytes).expect("writable");
        }
        damaged.sort();
        let before: Vec<_> = damaged.iter().map(|path| fs::read(path).expect("readable")).collect();
        refused(dir.path(), 3, &["store", "move its directory away", "backup"]);
        let after: Vec<_> = damaged.iter().map(|path| fs::read(path).expect("it is still there")).collect();
        assert!(before == after, "{kind} was changed");
        let found = report(dir.path());
        assert_eq!(found["sound"], false, "{kind}: {found}");
        // Without the file that names its state it is none that could be made again over.
        fs::remove_file(store.join("CURRENT")).expect("it is there");
        refused(dir.path(), 3, &["move its directory away"]);
        // What the message says helps.
        fs::remove_dir_all(&store).expect("it is there");
        let server = Server::start(dir.path());
        server.client().get("/v1/reservations/r99").ok(200);
        drop(server);
    }
}

#[test]
fn a_store_without_its_log_is_refused() {
    for empty in [false, true] {
        let dir = left_behind();
        let log = dir.path().join("log");
        fs::remove_dir_all(&log).expect("it is there");
        if empty {
            fs::create_dir(&log).expect("it is gone");
        }
        refused(dir.path(), 3, &["restore a backup"]);
        assert!(!log.exists() || fs::read_dir(&log).expect("readable").count() == 0, "no new log was begun");
        assert_eq!(report(dir.path())["sound"], false);
    }
}

#[test]
fn a_log_that_ends_before_its_store_is_refused() {
    let dir = left_behind();
    let segment = dir.path().join("log/0000000000000001.seg");
    let mut bytes = fs::read(&segment).expect("a segment");
    // Everything after the first frame is gone, as if it had never been written.
    bytes[2 * 512..].fill(0);
    fs::write(&segment, bytes).expect("writable");
    refused(dir.path(), 3, &["the log ends at record 1, before record 101", "restore a backup"]);
    assert_eq!(report(dir.path())["sound"], false);
}

#[test]
fn a_directory_that_cannot_be_written_is_said_so() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("file");
    fs::write(&file, "").expect("writable");
    refused(&file.join("data"), 4, &["could not lock", "file/data"]);

    let Some(disk) = Mounted::new(64) else { return };
    let data = disk.path().join("data");
    assert!(Server::start(&data).stop().success());
    disk.make_read_only();
    refused(&data, 4, &["could not lock", "Read-only file system"]);
}

/// A log of the first format, as the builds before the store left it: from the golden records.
fn of_format_1(data_dir: &Path) {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/tests/golden/records-v1.bin");
    let golden = fs::read(golden).expect("the golden files are in the repository");
    let records: Vec<&[u8]> = wal::records(&golden).map(|record| record.expect("a whole record")).collect();
    let disk = wal::RealDisk::open(&data_dir.join("log")).expect("writable");
    let options = wal::Options { segment_bytes: 16 << 20, ..wal::Options::default() };
    let options = wal::Options { reserve_bytes: 0, ..options };
    let (mut log, _, _) = wal::Log::open(disk, options, wal::Lsn(0), &mut |_| Ok(()), &mut |_| {}).expect("a new log");
    let mut frame = wal::FrameBuffer::new();
    // Two units of A are held, and their time is moved: these two leave the books balanced.
    assert!([records[0], records[4]].into_iter().all(|record| frame.push(record)));
    log.write(&mut frame, wal::Lsn(1), 1_800_000_000_001).expect("there is space");
    log.sync().expect("a sound disk");
    log.seal(1_800_000_000_001).expect("a sound disk");
}

#[test]
fn a_directory_of_the_first_format_is_served_and_gets_a_store() {
    let dir = tempfile::tempdir().expect("a directory");
    of_format_1(dir.path());
    let server = Server::start(dir.path());
    let mut client = server.client();
    let reservation = client.get("/v1/reservations/r-1").ok(200);
    assert_eq!(reservation["lines"][0]["quantity"], 2);
    assert_eq!(client.get("/v1/skus/A").ok(200)["locations"][0]["on_hand"], 10);
    client.put("/v1/reservations/new", r#"{"lines":[{"sku":"A","quantity":1}]}"#).ok(201);
    drop(client);
    let taken = server.order("/admin/v1/checkpoint", "").ok(200);
    assert!(taken["lsn"].as_u64() >= Some(3), "{taken}");
    let messages = server.messages();
    assert!(messages.contains("there is no store: it is built from the whole log"), "{messages}");
    let found = report(dir.path());
    assert_eq!((&found["sound"], &found["replayed_from_start"]), (&json!(true), &json!(true)), "{found}");
    assert_eq!(found["compared_records"], found["last_lsn"]);
}
