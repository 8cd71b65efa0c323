//! The load generator against the bare server: the closed loop turns, and a wrong status is an error.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;
use std::time::Duration;

use bench::bare::serve;
use bench::load::http::{Ask, Http};
use bench::load::{Job, Pace, Span, Summary, run};

const SPAN: Span = Span { warm_up: Duration::from_millis(20), measured: Duration::from_millis(200) };

fn load(address: SocketAddr, connections: usize) -> Result<Summary, bench::Error> {
    let target = Http::constant(Ask::Reserve);
    let process = Some(std::process::id());
    run(&Job { name: "hyper", target: &target, address, connections, pace: Pace::Closed, span: SPAN, process })
}

fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("it is bound");
    (listener, address)
}

#[test]
fn every_connection_is_kept_busy_and_nothing_fails() {
    let (listener, address) = listen();
    thread::spawn(move || serve(&listener, 2, 230));
    for connections in [1, 16] {
        let summary = load(address, connections).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(summary.errors, 0, "{:?}", summary.first_error);
        assert!(summary.cpu_us.is_some_and(|spent| spent >= 0.0), "{summary:?}");
        assert!(summary.requests as usize > connections, "{} requests", summary.requests);
        assert!(summary.p50_us > 0.0 && summary.p50_us <= summary.p99_us && summary.p99_us <= summary.max_us);
    }
}

#[test]
fn an_unexpected_status_is_counted_and_shown() {
    let (listener, address) = listen();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("the load connects");
        let mut request = [0; 4096];
        while stream.read(&mut request).is_ok_and(|count| count > 0) {
            let answer = b"HTTP/1.1 409 Conflict\r\ncontent-length: 4\r\n\r\nfull";
            if stream.write_all(answer).is_err() {
                break;
            }
        }
    });
    let summary = load(address, 1).unwrap_or_else(|error| panic!("{error}"));
    assert!(summary.errors > 0);
    assert_eq!(summary.requests, 0);
    assert!(summary.first_error.is_some_and(|answer| answer.starts_with("HTTP/1.1 409")));
}

#[test]
fn a_connection_that_is_closed_fails_the_run() {
    let (listener, address) = listen();
    thread::spawn(move || drop(listener.accept()));
    assert!(matches!(load(address, 1), Err(bench::Error::Connection { .. })));
}
