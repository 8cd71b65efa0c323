//! Requests that are answered before they have been sent to their end, and bodies written in ways of their own.

use std::time::Duration;

use crate::gateway::{gateway, is_at_rest};
use crate::platform::Platform;
use crate::program::wait_until;

#[test]
fn an_answer_before_the_end_of_its_request_ends_the_connection() {
    let platform = Platform::start();
    let (_dir, server) = gateway(&platform, "");
    for (path, status) in [("/early", 413), ("/deaf", 504)] {
        let mut shopper = server.shopper();
        shopper.send_raw(format!(
            "POST {path} HTTP/1.1\r\nHost: t\r\nContent-Length: 4000000\r\n\r\n{}",
            "x".repeat(100_000)
        ));
        let answer = shopper.receive();
        assert_eq!((answer.status, answer.header("connection")), (status, Some("close")), "{path}");
        assert_eq!(shopper.bytes_until_closed(), 0, "{path}: nothing more can be read of such a connection");
    }
    wait_until("the platform hears of it", || platform.gone() == 1);
    wait_until("all is given back", || is_at_rest(&server));
}

#[test]
fn an_upload_that_stops_behind_its_answer_is_cut_off() {
    let platform = Platform::start();
    let (_dir, server) = gateway(&platform, "[http]\nbody_timeout_ms = 2000\n");
    let mut shopper = server.shopper();
    shopper.send_raw("POST /early-on HTTP/1.1\r\nHost: t\r\nContent-Length: 4000000\r\n\r\nand no more");
    let answer = shopper.receive();
    assert_eq!((answer.status, answer.header("connection")), (413, Some("close")));
    assert_eq!(shopper.bytes_until_closed(), 0);
    wait_until("the platform hears of it", || platform.gone() == 1);
    wait_until("all is given back", || is_at_rest(&server));
}

#[test]
fn a_body_that_nobody_wants_is_read_if_it_is_short_and_its_connection_goes_on() {
    let platform = Platform::start();
    let (_dir, server) = gateway(&platform, "[gateway]\nclient_rate_per_s = 1\n");
    let mut shopper = server.shopper();
    let statuses: Vec<_> = (0..4)
        .map(|_| {
            shopper.send("POST", "/cart", &[], b"{\"units\":1}");
            shopper.receive().status
        })
        .collect();
    assert!(statuses.contains(&429), "{statuses:?}");
}

#[test]
fn an_upload_that_is_read_to_its_end_keeps_its_connection() {
    let platform = Platform::start();
    let (_dir, server) = gateway(&platform, "");
    let mut shopper = server.shopper();
    shopper.send_raw("POST /cart HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\n");
    for _ in 0..5 {
        shopper.send_raw("x");
        std::thread::sleep(Duration::from_millis(20));
    }
    let answer = shopper.receive();
    assert_eq!((answer.status, answer.header("connection")), (200, None));
    shopper.send("GET", "/", &[], b"");
    assert_eq!(shopper.receive().status, 200, "all of it was read: the connection goes on");
}

#[test]
fn an_upload_may_take_longer_than_its_answer() {
    let platform = Platform::start();
    let (_dir, server) = gateway(&platform, "");
    let mut shopper = server.shopper();
    shopper.send_raw(format!("POST /cart HTTP/1.1\r\nHost: t\r\nContent-Length: {}\r\n\r\n", 20 * 4_096));
    for _ in 0..20 {
        // Twice as long in all as the upstream may take for an answer.
        std::thread::sleep(Duration::from_millis(40));
        shopper.send_raw("x".repeat(4_096));
    }
    assert_eq!(shopper.receive().status, 200);
}

#[test]
fn what_chunks_say_beside_their_length_goes_no_further_and_is_bounded() {
    let platform = Platform::start();
    let (_dir, server) = gateway(&platform, "");
    let head = "POST /cart HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n";
    let mut shopper = server.shopper();
    shopper.send_raw(format!("{head}3;a=b;c=\"d\"\r\none\r\n4;x\r\ntwo!\r\n0;last\r\n\r\n"));
    assert_eq!(shopper.receive().json()["body"], "onetwo!");
    let mut endless = server.shopper();
    endless.send_raw(format!("{head}1;"));
    let sent = (0..64).all(|_| endless.try_send_raw("x".repeat(64 << 10).as_bytes()).is_ok());
    assert!(!sent || endless.try_receive().map_or(true, |answer| answer.status == 400), "four megabytes say nothing");
    wait_until("all is given back", || is_at_rest(&server));
}

#[test]
fn an_answer_that_is_not_read_gives_its_place_back() {
    let platform = Platform::start();
    let (_dir, server) = gateway(&platform, "[http]\nsend_timeout_ms = 200\n");
    let mut deaf = server.shopper();
    deaf.send("GET", "/big", &[], b"");
    wait_until("the platform is asked", || platform.asked() == 1);
    wait_until("its place is given back", || is_at_rest(&server));
    assert!(deaf.bytes_until_closed() < 64 << 20, "it broke off");
}
