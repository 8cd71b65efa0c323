//! Batches on the wire, and what a run makes of the answers.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;
use std::time::Duration;

use bench::load::Span;
use bench::load::batch::{Batch, Plan, measure};
use serde_json::Value;

fn operations(request: &[u8]) -> Vec<Value> {
    let text = String::from_utf8_lossy(request);
    let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
    assert!(head.contains(&format!("content-length: {}", body.len())), "{head}");
    let body: Value = serde_json::from_str(body).expect("the body is JSON");
    body["operations"].as_array().expect("a list").clone()
}

/// Answers every batch with so many reservations that were made.
fn stand_in(made: usize) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("it is bound");
    let body = format!(r#"{{"results":[{}]}}"#, vec![r#"{"status":201}"#; made].join(","));
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.expect("a client comes"));
            let answer = answer.clone();
            thread::spawn(move || {
                while let Some(length) = head(&mut stream) {
                    let mut body = vec![0; length];
                    stream.read_exact(&mut body).expect("the body comes");
                    stream.get_mut().write_all(answer.as_bytes()).expect("the client reads");
                }
            });
        }
    });
    address
}

/// The length of the body after the next head; nothing when the client has gone.
fn head(stream: &mut impl BufRead) -> Option<usize> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        match stream.read_line(&mut line) {
            Ok(1..) if line.trim().is_empty() => return Some(length),
            Ok(1..) => {}
            _ => return None,
        }
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.trim().parse().expect("a length");
        }
    }
}

fn plan(size: u32) -> Plan {
    let span = Span { warm_up: Duration::ZERO, measured: Duration::from_millis(200) };
    Plan { size, connections: 2, minimal: false, span }
}

#[test]
fn every_reservation_of_every_batch_has_its_own_id() {
    let mut batch = Batch::new(3, 7, false);
    let mut ids = 0x0123_4567_89ab_cdef..;
    let mut seen: Vec<_> = (0..2).flat_map(|_| operations(batch.with_ids(&mut ids))).collect();
    assert_eq!(seen[0]["id"], "0123456789abcdef");
    assert_eq!((&seen[5]["op"], &seen[5]["customer"]), (&Value::from("reserve"), &Value::from("c-00007")));
    seen.dedup_by_key(|operation| operation["id"].clone());
    assert_eq!(seen.len(), 6);
}

#[test]
fn an_answer_counts_when_every_reservation_was_made() {
    let batch = Batch::new(2, 0, true);
    let made = br#"{"results":[{"status":201},{"status":201}]}"#;
    assert!(batch.is_answered_by(made));
    assert!(!batch.is_answered_by(br#"{"results":[{"status":201},{"status":503}]}"#));
    assert!(!Batch::new(1, 0, true).is_answered_by(made));
}

#[test]
fn a_run_counts_reservations_and_not_batches() {
    let figures = measure(stand_in(5), plan(5)).expect("the stand-in answers");
    assert!(figures.batches > 0, "{figures:?}");
    assert!((figures.rate - figures.batches as f64 * 5.0 / 0.2).abs() <= 0.5, "{figures:?}");
    assert_eq!((figures.errors, figures.first_error), (0, None));
}

#[test]
fn a_batch_that_was_not_wholly_done_is_an_error() {
    let figures = measure(stand_in(4), plan(5)).expect("the stand-in answers");
    assert_eq!(figures.batches, 0);
    assert!(figures.errors > 0);
    assert!(figures.first_error.is_some_and(|answer| answer.contains("\"status\":201")));
}
