//! Clients that send bad HTTP, or none, or too slowly: the server ends them and serves the others.

use std::io::ErrorKind;
use std::time::Duration;

use crate::client::Client;
use crate::program::{Server, wait_until};

const GOOD: &str = r#"{"lines":[{"sku":"A","quantity":1}]}"#;
const PUT: &str = "PUT /v1/reservations/r HTTP/1.1\r\nHost: t\r\n";

fn server_with(settings: &[(&str, &str)]) -> (tempfile::TempDir, Server) {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Server::start_with(dir.path(), settings);
    server.client().put("/v1/skus/A/locations/default", r#"{"on_hand":1000}"#).ok(200);
    (dir, server)
}

fn still_serves(server: &Server, id: &str) {
    server.client().put(&format!("/v1/reservations/{id}"), GOOD).ok(201);
}

#[test]
fn heads_that_cannot_be_parsed_end_the_connection_and_nothing_else() {
    let (_dir, server) = server_with(&[]);
    let heads: &[&[u8]] = &[
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"G\x00T / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nA : b\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: b\r\n folded\r\n\r\n",
        b"PUT /v1/reservations/x HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"PUT /v1/reservations/x HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"PUT /v1/reservations/x HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"PUT /v1/reservations/x HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"PUT /v1/reservations/x HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ];
    for (index, head) in heads.iter().enumerate() {
        let mut client = server.client();
        client.send_raw(head);
        match client.try_receive() {
            Ok(answer) => assert_eq!(answer.status, 400, "{}", head.escape_ascii()),
            Err(error) => assert!(
                matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset),
                "{}: {error}",
                head.escape_ascii()
            ),
        }
        still_serves(&server, &format!("good-{index}"));
    }
}

#[test]
fn a_second_request_hidden_behind_two_lengths_is_never_answered() {
    let (_dir, server) = server_with(&[]);
    for (index, lengths) in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: chunked\r\n",
    ]
    .into_iter()
    .enumerate()
    {
        let hidden = format!("hidden-{index}");
        let mut client = server.client();
        let second = format!("PUT /v1/reservations/{hidden} HTTP/1.1\r\nContent-Length: {}\r\n\r\n{GOOD}", GOOD.len());
        client.send_raw(format!("GET /v1/skus/A HTTP/1.1\r\n{lengths}\r\n0\r\n\r\n{second}"));
        let answer = client.receive();
        answer.ok(200);
        assert_eq!(answer.header("connection"), Some("close"));
        assert_eq!(client.bytes_until_closed(), 0, "the hidden request was answered");
        let mut client = server.client();
        client.get(&format!("/v1/reservations/{hidden}")).problem(404, "reservation_not_found");
        // The same behind a body that is read to its end.
        let shown = format!("PUT /v1/reservations/shown-{index} HTTP/1.1\r\n{lengths}\r\n");
        client.send_raw(format!("{shown}{:x}\r\n{GOOD}\r\n0\r\n\r\n{second}", GOOD.len()));
        let answer = client.receive();
        answer.ok(201);
        assert_eq!(answer.header("connection"), Some("close"));
        assert_eq!(client.bytes_until_closed(), 0, "the hidden request was answered");
        server.client().get(&format!("/v1/reservations/{hidden}")).problem(404, "reservation_not_found");
    }
}

#[test]
fn a_chunked_body_is_read_and_a_broken_one_is_not() {
    let (_dir, server) = server_with(&[]);
    let mut client = server.client();
    client.send_raw(format!("{PUT}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{GOOD}\r\n0\r\n\r\n", GOOD.len()));
    client.receive().ok(201);
    let mut client = server.client();
    client.send_raw(format!("{PUT}Transfer-Encoding: chunked\r\n\r\nzz\r\n"));
    match client.try_receive() {
        Ok(answer) => drop(answer.problem(400, "invalid_request")),
        Err(error) => assert_eq!(error.kind(), ErrorKind::UnexpectedEof),
    }
    still_serves(&server, "good");
}

#[test]
fn headers_may_be_long_and_not_longer() {
    let (_dir, server) = server_with(&[]);
    let get = |bytes: usize| {
        let half = "x".repeat(bytes / 2);
        server.client().request("GET", "/v1/skus/A", &[("A", &half), ("B", &half)], b"")
    };
    get(95 * 1024).ok(200);
    let refused = get(97 * 1024);
    refused.problem(431, "headers_too_large");
    assert_eq!(refused.header("connection"), Some("close"));
    get(200 * 1024).problem(431, "headers_too_large");
    let mut client = server.client();
    client.send_raw(format!("GET / HTTP/1.1\r\nA: {}", "x".repeat(300 * 1024)));
    assert_eq!(client.receive().status, 431);
    still_serves(&server, "good");
}

#[test]
fn who_is_too_slow_is_cut_off_and_an_idle_connection_is_kept() {
    let timeouts = [("HTTP__HEADER_TIMEOUT_MS", "100"), ("HTTP__BODY_TIMEOUT_MS", "100")];
    let (_dir, server) = server_with(&timeouts);
    let mut idle = server.client();
    idle.get("/v1/skus/A").ok(200);
    let silent = server.client();
    let mut half_a_head = server.client();
    half_a_head.send_raw("GET /v1/skus/A HTTP/1.1\r\nHo");
    let mut half_a_body = server.client();
    half_a_body.send_raw(format!("{PUT}Content-Length: 100\r\n\r\n{{"));
    for slow in [silent, half_a_head, half_a_body] {
        assert_eq!(slow.bytes_until_closed(), 0);
    }
    idle.get("/v1/skus/A").ok(200);
    let metrics = Client::connect(server.admin).get("/metrics").body;
    assert!(metrics.contains("tidegate_http_client_timeouts_total{listener=\"api\"} 3"), "{metrics}");
    still_serves(&server, "good");
}

#[test]
fn who_does_not_read_its_answers_is_cut_off() {
    let (_dir, server) = server_with(&[("HTTP__SEND_TIMEOUT_MS", "100")]);
    let mut deaf = server.client();
    let path = format!("/v1/skus?ids={}", vec!["A"; 1000].join(","));
    // More than all buffers on the way can hold.
    for _ in 0..200 {
        deaf.send("GET", &path, &[], b"");
    }
    wait_until("the client is cut off", || {
        let metrics = Client::connect(server.admin).get("/metrics").body;
        metrics.contains("tidegate_http_client_timeouts_total{listener=\"api\"} 1")
    });
    still_serves(&server, "good");
}

#[test]
fn what_trickles_in_gets_no_more_time_than_what_stops() {
    let (_dir, server) = server_with(&[("HTTP__HEADER_TIMEOUT_MS", "100"), ("HTTP__BODY_TIMEOUT_MS", "100")]);
    for (index, begun) in [String::new(), format!("{PUT}Content-Length: 1000000\r\n\r\n")].iter().enumerate() {
        let mut client = server.client();
        client.send_raw(begun.as_bytes());
        wait_until("the client is cut off", || {
            std::thread::sleep(Duration::from_millis(10));
            client.try_send_raw(b"x").is_err()
        });
        still_serves(&server, &format!("good-{index}"));
    }
    let metrics = Client::connect(server.admin).get("/metrics").body;
    assert!(metrics.contains("tidegate_http_client_timeouts_total{listener=\"api\"} 2"), "{metrics}");
}

#[test]
fn connections_over_the_cap_are_told_so_at_once() {
    let (_dir, server) = server_with(&[("HTTP__MAX_CONNECTIONS", "2")]);
    wait_until("earlier connections are closed", || {
        let metrics = Client::connect(server.admin).get("/metrics").body;
        metrics.contains("tidegate_http_connections{listener=\"api\"} 0")
    });
    let mut kept: Vec<_> = (0..2).map(|_| server.client()).collect();
    for client in &mut kept {
        client.get("/v1/skus/A").ok(200);
    }
    let refused = server.client().receive();
    assert_eq!(refused.problem(503, "overloaded")["reason"], "too_many_connections");
    assert_eq!(refused.header("retry-after"), Some("1"));
    drop(kept.pop());
    let mut served = None;
    wait_until("there is room again", || {
        served = server.client().try_put("/v1/reservations/again", GOOD).ok();
        served.as_ref().is_some_and(|answer| answer.status != 503)
    });
    served.expect("an answer").ok(201);
    kept[0].get("/v1/skus/A").ok(200);
}

#[test]
fn where_connections_run_short_nobody_keeps_one() {
    let (_dir, server) = server_with(&[("HTTP__MAX_CONNECTIONS", "10")]);
    wait_until("earlier connections are closed", || {
        let metrics = Client::connect(server.admin).get("/metrics").body;
        metrics.contains("tidegate_http_connections{listener=\"api\"} 0")
    });
    let mut kept: Vec<_> = (0..9).map(|_| server.client()).collect();
    for client in &mut kept {
        assert_eq!(client.get("/v1/skus/A").header("connection"), None);
    }
    let mut last = server.client();
    let answer = last.get("/v1/skus/A");
    assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
    assert_eq!(last.bytes_until_closed(), 0);
}

#[test]
fn a_client_that_hangs_up_cancels_nothing() {
    let (_dir, server) = server_with(&[]);
    let mut client = server.client();
    for index in 0..200 {
        let mut gone = server.client();
        gone.send("PUT", &format!("/v1/reservations/gone-{index}"), &[], GOOD.as_bytes());
    }
    wait_until("every request is decided", || {
        let mut found = |index| client.get(&format!("/v1/reservations/gone-{index}")).status == 200;
        (0..200).filter(|index| found(*index)).count() >= 190
    });
    let stock = client.get("/v1/skus/A").ok(200);
    let held = stock["locations"][0]["held"].as_u64().expect("a number");
    let found = (0..200).filter(|index| client.get(&format!("/v1/reservations/gone-{index}")).status == 200).count();
    assert_eq!(held, found as u64);
}
