//! The open loop against servers that answer, stall, and never answer: what was due counts, whatever became of it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;
use std::time::Duration;

use bench::load::http::{Ask, Http};
use bench::load::{Job, Pace, Span, Summary, run};

const ANSWER: &[u8] = b"HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n";
const RATE_PER_S: u32 = 200;
const SPAN: Span = Span { warm_up: Duration::ZERO, measured: Duration::from_secs(1) };
const STALL: Duration = Duration::from_millis(500);

/// Answers one connection, after a pause before the request of this number.
fn server(stalled: usize, stall: Duration) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("it is bound");
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("the load connects");
        let mut request = [0; 4096];
        for number in 0.. {
            if !stream.read(&mut request).is_ok_and(|count| count > 0) {
                break;
            }
            if number == stalled {
                thread::sleep(stall);
            }
            if stream.write_all(ANSWER).is_err() {
                break;
            }
        }
    });
    address
}

fn offer(address: SocketAddr) -> Summary {
    let target = Http::constant(Ask::Reserve);
    let pace = Pace::Open { rate_per_s: RATE_PER_S };
    let job = Job { name: "stub", target: &target, address, connections: 1, pace, span: SPAN, process: None };
    run(&job).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn a_stall_is_in_the_latency_of_all_that_was_due_meanwhile() {
    let summary = offer(server(20, STALL));
    assert_eq!((summary.errors, summary.unanswered, summary.offered_per_s), (0, 0, Some(RATE_PER_S)));
    // A hundred of two hundred were due within the stall: one of them alone waited for half a second, but a quarter of all
    // waited for at least half of it. A closed loop would have seen a single one.
    assert!(summary.max_us >= 499_000.0, "{summary:?}");
    assert!(summary.p99_us >= 450_000.0, "{summary:?}");
}

#[test]
fn what_is_never_answered_counts_with_the_time_that_it_took() {
    let summary = offer(server(10, Duration::from_secs(3600)));
    assert_eq!(summary.unanswered, u64::from(RATE_PER_S) - 10, "{summary:?}");
    assert_eq!(summary.requests, 10);
    assert!(summary.p50_us >= 9e6, "{summary:?}");
}
