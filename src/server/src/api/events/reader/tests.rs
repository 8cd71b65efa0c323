//! Reading over the seam between store and log, and where neither has what is asked for.

use std::sync::Arc;

use engine::records;
use serde_json::Value;
use tempfile::TempDir;
use wal::{FrameBuffer, Log, Lsn, Options, Prepared, RealDisk};

use super::Reader;
use crate::api::events::batch::Batch;
use crate::api::events::cursor::Cursor;
use crate::api::events::log::EventLog;
use crate::api::metrics::ApiMetrics;
use crate::api::past::{Past, written};
use crate::http::Problem;
use crate::telemetry::Registry;

const RECORDS: u64 = 10;

/// Writes on-hand at 1, 2, 3 and so on, each a record.
fn past() -> Past {
    let mut past = Past::new();
    (1..=RECORDS).for_each(|at| past.at(at, &written("A", at as u32)));
    past
}

/// A log of which everything up to `base` was let go.
fn log_after(base: u64, past: &Past) -> (TempDir, Arc<EventLog>) {
    let dir = tempfile::tempdir().expect("a directory");
    let options =
        Options { segment_bytes: 1 << 20, reserve_bytes: 1 << 19, prepare_step_bytes: 1 << 18, ..Options::default() };
    let disk = RealDisk::open(dir.path()).expect("a directory of ours");
    let (mut log, mut preparer) = Log::create(disk, options, Lsn(base)).expect("a new log");
    while preparer.step().expect("there is space") == Prepared::Worked {}
    for (lsn, event) in (1..).zip(&past.events).filter(|(lsn, _)| *lsn > base) {
        let (mut record, mut frame) = (Vec::new(), FrameBuffer::new());
        records::encode(event, &mut record);
        assert!(frame.push(&record));
        log.write(&mut frame, Lsn(lsn), lsn).expect("space is prepared");
        log.sync().expect("it is written");
    }
    let log = EventLog::open(dir.path(), options).expect("a directory of ours");
    (dir, Arc::new(log))
}

fn reader(seen: u64, log: &Arc<EventLog>, past: &Past) -> Reader {
    Reader::after(Lsn(seen), Arc::clone(log), Arc::clone(&past.store), Arc::new(ApiMetrics::new(&Registry::new())))
}

/// The LSNs of all events, `limit` at a time, or why there are no more.
fn read_all(mut reader: Reader, durable: u64, limit: usize) -> Result<Vec<u64>, Problem> {
    let mut found = Vec::new();
    while reader.seen() < Lsn(durable) {
        let mut batch = Batch::list(limit);
        reader.read(Lsn(durable), &mut batch)?;
        assert!(!batch.is_empty(), "every record is an event");
        let answer = batch.into_answer(reader.log().cursor(reader.seen()));
        let answer: Value = serde_json::from_slice(&answer).expect("valid JSON");
        let events = answer["events"].as_array().expect("a list").iter();
        found.extend(events.map(|event| event["lsn"].as_u64().expect("a number")));
    }
    Ok(found)
}

fn oldest(problem: &Problem) -> Lsn {
    let problem: Value = serde_json::from_slice(&problem.to_json()).expect("valid JSON");
    assert_eq!(problem["code"], "events_gone");
    problem["oldest"].as_str().and_then(Cursor::parse).expect("a cursor").lsn
}

#[test]
fn from_wherever_it_begins_it_reads_each_record_once_and_in_order() {
    let past = past();
    for base in 0..RECORDS {
        let (_dir, log) = log_after(base, &past);
        for seen in 0..=RECORDS {
            for durable in seen..=RECORDS {
                for limit in [1, 3, 1000] {
                    let found = read_all(reader(seen, &log, &past), durable, limit).expect("all of it is kept");
                    let expected: Vec<_> = (seen + 1..=durable).collect();
                    assert_eq!(found, expected, "after {seen} up to {durable}, the log begins after {base}");
                }
            }
        }
    }
}

#[test]
fn what_neither_has_is_gone_and_the_older_of_the_two_is_told() {
    let past = past();
    past.forget(5);
    for (base, expected) in [(2, 2), (4, 4), (8, 4)] {
        let (_dir, log) = log_after(base, &past);
        let begin = if base < 4 { base } else { 4 };
        for seen in 0..begin {
            let gone = read_all(reader(seen, &log, &past), RECORDS, 1000).expect_err("it is forgotten");
            assert_eq!(oldest(&gone), Lsn(expected), "after {seen}, the log begins after {base}");
        }
        let found = read_all(reader(expected, &log, &past), RECORDS, 1000).expect("all of that is kept");
        assert_eq!(found, (expected + 1..=RECORDS).collect::<Vec<_>>());
    }
}

/// Nobody makes such a directory but by losing the store.
#[test]
fn a_store_that_never_had_what_the_log_has_let_go_is_told_as_gone() {
    let (_dir, log) = log_after(6, &past());
    let gone = read_all(reader(3, &log, &Past::new()), RECORDS, 1000).expect_err("nobody has it");
    assert_eq!(oldest(&gone), Lsn(6));
}
