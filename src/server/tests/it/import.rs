//! The import client against a scripted server: what is sent, when it is sent again, and how the
//! answers come back to the user's own line numbers.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

use server::import::{self, ImportError, Job, Report, Source};

/// One request as the server saw it.
struct Request {
    head: String,
    body: String,
}

impl Request {
    fn lines(&self) -> usize {
        self.body.lines().count()
    }

    /// The answer that applies every line but those given, by the number in the body.
    fn answer(&self, refused: &[usize]) -> String {
        let errors: Vec<_> = refused
            .iter()
            .map(|line| format!(r#"{{"line":{line},"code":"invalid_request","detail":"bad"}}"#))
            .collect();
        let body = format!(
            r#"{{"applied":{},"refused":{},"stale":0,"skipped":0,"errors":[{}]}}"#,
            self.lines() - refused.len(),
            refused.len(),
            errors.join(",")
        );
        reply("200 OK\r\n", &body)
    }
}

fn reply(head: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {head}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}")
}

fn not_ready(retry_after: &str) -> String {
    reply(
        &format!("503 Service Unavailable\r\nRetry-After: {retry_after}\r\n"),
        r#"{"code":"recovering","detail":"40 % replayed"}"#,
    )
}

/// A server that turns away the first requests before their body, one for each of `early`, answers
/// so many more by the script, and then is gone. An empty answer hangs up.
fn serve(
    early: Vec<String>,
    requests: usize,
    script: impl Fn(&Request) -> String + Send + 'static,
) -> (String, JoinHandle<Vec<Request>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    let seen = std::thread::spawn(move || {
        let accept = || listener.accept().expect("a client comes").0;
        for refusal in early {
            let stream = accept();
            receive_head(&mut BufReader::new(&stream));
            send(&stream, &refusal);
        }
        (0..requests)
            .map(|_| {
                let stream = accept();
                let request = receive(&stream);
                send(&stream, &script(&request));
                request
            })
            .collect()
    });
    (url, seen)
}

fn send(mut stream: &TcpStream, text: &str) {
    let sent = stream.write_all(text.as_bytes());
    sent.expect("the client reads");
}

fn receive_head(reader: &mut impl BufRead) -> String {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        let read = reader.read_line(&mut head).expect("the client sends");
        assert_ne!(read, 0, "the head ends with a blank line");
    }
    head.to_ascii_lowercase()
}

fn receive(stream: &TcpStream) -> Request {
    let mut reader = BufReader::new(stream);
    let head = receive_head(&mut reader);
    send(stream, "HTTP/1.1 100 Continue\r\n\r\n");
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .and_then(|length| length.parse().ok())
        .expect("the length is announced");
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("the client sends");
    let body = String::from_utf8(body).expect("the samples are UTF-8");
    Request { head, body }
}

/// Writes the content to a file of that name and imports it.
fn import(name: &str, content: &str, url: &str, patience: Duration) -> (Result<(), ImportError>, Report) {
    with_job(name, content, url, patience, |job| {
        let mut report = Report::default();
        (import::import(job, &mut report), report)
    })
}

fn exit_code(name: &str, content: &str, url: &str) -> u8 {
    with_job(name, content, url, Duration::ZERO, import::run)
}

fn with_job<T>(name: &str, content: &str, url: &str, patience: Duration, run: impl FnOnce(&Job) -> T) -> T {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let path = directory.path().join(name);
    std::fs::write(&path, content).expect("a temporary file can be written");
    run(&Job { source: Source::File(path), target: url.parse().expect("a good address"), format: None, patience })
}

/// An address at which nobody listens.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    format!("http://{}", listener.local_addr().expect("it is bound"))
}

fn refused_lines(report: &Report) -> Vec<u64> {
    report.errors().iter().map(|error| error.line).collect()
}

#[test]
fn lines_go_out_as_ndjson_and_the_account_comes_back() {
    let (url, seen) = serve(vec![], 1, |_| {
        let body = r#"{"applied":1,"refused":1,"stale":2,"skipped":3,
            "errors":[{"line":2,"code":"unknown_sku","detail":"no B"}]}"#;
        reply("200 OK\r\n", body)
    });
    let content = "{\"sku\":\"A\"}\n\n{\"sku\":\"B\"}\n";
    let (outcome, report) = import("stock.ndjson", content, &url, import::PATIENCE);
    outcome.unwrap();

    let request = &seen.join().unwrap()[0];
    assert!(request.head.starts_with("post /v1/stock/import http/1.1"));
    assert!(request.head.contains("content-type: application/x-ndjson"));
    assert_eq!(request.body, "{\"sku\":\"A\"}\n{\"sku\":\"B\"}\n");
    assert_eq!(report.to_string(), "applied 1, refused 1, stale 2, skipped 3");
    assert_eq!(report.errors()[0].to_string(), "3: unknown_sku: no B", "the blank line counts in the file");
}

#[test]
fn errors_keep_the_lines_of_the_file_across_requests() {
    let line = format!("{{\"sku\":\"{}\"}}\n", "A".repeat(1000));
    let lines = 2 * 8 * 1024 * 1024 / line.len() + 10;
    let (url, seen) = serve(vec![], 3, |request| request.answer(&[1, request.lines()]));
    let (outcome, report) = import("stock.ndjson", &line.repeat(lines), &url, import::PATIENCE);
    outcome.unwrap();

    let mut expected = Vec::new();
    let mut before = 0;
    for request in seen.join().unwrap() {
        assert!(request.body.len() <= 8 * 1024 * 1024);
        expected.push(before + 1);
        before += request.lines() as u64;
        expected.push(before);
    }
    assert_eq!(before, lines as u64);
    assert_eq!(refused_lines(&report), expected);
    assert_eq!(report.applied, before - 6);
}

#[test]
fn rows_keep_their_lines_and_bad_ones_are_not_sent() {
    let (url, seen) = serve(vec![], 1, |request| request.answer(&[2]));
    let content = "sku,on_hand\nA,1\nB,many\n\nC,3\nD,\n";
    let (outcome, report) = import("stock.csv", content, &url, import::PATIENCE);
    outcome.unwrap();
    assert_eq!(
        seen.join().unwrap()[0].body,
        "{\"sku\":\"A\",\"on_hand\":1}\n{\"sku\":\"C\",\"on_hand\":3}\n{\"sku\":\"D\"}\n"
    );
    assert_eq!(refused_lines(&report), [3, 5]);
    assert_eq!((report.applied, report.refused), (2, 2));
}

#[test]
fn a_server_that_is_not_ready_is_tried_again() {
    let early = vec![not_ready("0"), not_ready("0")];
    let (url, seen) = serve(early, 1, |request| request.answer(&[]));
    let content = "{\"sku\":\"A\"}\n".repeat(100_000);
    let (outcome, report) = import("stock.ndjson", &content, &url, import::PATIENCE);
    outcome.unwrap();
    assert_eq!(seen.join().unwrap()[0].lines(), 100_000);
    assert_eq!(report.applied, 100_000);
}

#[test]
fn a_pause_longer_than_the_patience_is_not_begun() {
    let (url, seen) = serve(vec![not_ready("3600")], 0, |_| String::new());
    let (outcome, report) = import("stock.ndjson", "\n{}\n", &url, import::PATIENCE);
    let error = outcome.unwrap_err();
    assert!(matches!(error, ImportError::Unavailable { line: 2, .. }));
    assert!(error.to_string().contains("recovering: 40 % replayed"));
    assert_eq!(report, Report::default());
    seen.join().unwrap();
}

#[test]
fn a_server_that_is_away_is_named() {
    let url = nobody();
    let (outcome, _) = import("stock.ndjson", "{}\n", &url, Duration::ZERO);
    let message = outcome.unwrap_err().to_string();
    assert!(message.contains(&format!("cannot reach the server at {url}")));
}

#[test]
fn lines_under_way_when_the_connection_breaks_are_not_sent_again() {
    let (url, seen) = serve(vec![], 1, |_| String::new());
    let (outcome, _) = import("stock.ndjson", "{}\n{}\n", &url, import::PATIENCE);
    let error = outcome.unwrap_err();
    assert!(matches!(error, ImportError::Broken { first: 1, last: 2, .. }), "{error}");
    assert_eq!(seen.join().unwrap().len(), 1);
}

#[test]
fn a_refusal_of_the_whole_request_ends_the_import() {
    let (url, _) = serve(vec![], 1, |_| reply("403 Forbidden\r\n", r#"{"code":"forbidden","detail":"read only"}"#));
    let (outcome, _) = import("stock.ndjson", "{}\n", &url, import::PATIENCE);
    assert_eq!(outcome.unwrap_err().to_string(), "the server refused lines 1 to 1 with 403: forbidden: read only");
}

#[test]
fn an_answer_that_is_not_ours_is_said_to_be_foreign() {
    let (url, _) = serve(vec![], 1, |_| reply("200 OK\r\n", "<html>"));
    let (outcome, _) = import("stock.ndjson", "{}\n", &url, import::PATIENCE);
    assert!(matches!(outcome, Err(ImportError::Foreign { .. })));
}

#[test]
fn the_exit_code_tells_sound_refused_and_unusable_apart() {
    let (url, _) = serve(vec![], 1, |request| request.answer(&[]));
    assert_eq!(exit_code("stock.ndjson", "{}\n", &url), 0);
    let (url, _) = serve(vec![], 1, |request| request.answer(&[1]));
    assert_eq!(exit_code("stock.ndjson", "{}\n", &url), 1);
    assert_eq!(exit_code("stock.ndjson", "{}\n", &nobody()), 1);
    assert_eq!(exit_code("stock.csv", "stock\n", &nobody()), 2);
    assert_eq!(exit_code("stock.txt", "{}\n", &nobody()), 2);
    assert_eq!(exit_code("stock.ndjson", "", &nobody()), 0);
}
