//! Further tries of what failed, how many there are and where they go; and what a failure says of how much an upstream can do.

use crate::gateway::{admission, gateway, get, metric};
use crate::platform::Platform;
use crate::program::{Server, wait_until};

#[test]
fn a_platform_that_refuses_is_not_asked_three_times_as_much() {
    let platform = Platform::start();
    // Every other request is answered: the breaker stays closed.
    let lenient =
        "max_concurrency = 100\n[admission]\nbreaker_failures_in_a_row = 10000\nbreaker_failure_percent = 100\n";
    let (_dir, server) = gateway(&platform, lenient);
    for _ in 0..60 {
        assert_eq!(get(&server, "/refuse", &[]).status, 503);
        assert_eq!(get(&server, "/", &[]).status, 200);
    }
    let retries = metric(&server, "tidegate_gateway_retries_total");
    // Ten within ten seconds in any case; a tenth of the traffic is hardly more. Without a budget there were 120.
    assert!((10.0..60.0).contains(&retries), "{retries}");
    assert_eq!(platform.asked(), 120 + retries as u64);
}

#[test]
fn another_try_goes_to_another_endpoint_though_it_has_more_to_do() {
    let platform = Platform::start();
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port");
    let both = format!(
        "[[gateway.upstream]]\nname = \"half\"\nurls = [\"http://{free}\", \"http://{}\"]\ntimeout_ms = 600000\n",
        platform.address
    );
    let dir = tempfile::tempdir().expect("a directory");
    let server = Server::start_gateway(&dir.path().join("data"), &both);
    let mut hanging = server.shopper();
    hanging.send("GET", "/hang", &[], b"");
    wait_until("one of the two is busy", || platform.asked() == 1);
    // The other one has nothing to do, and is asked first each time, since nobody listens there.
    for _ in 0..3 {
        assert_eq!(get(&server, "/", &[]).status, 200);
    }
    assert!(metric(&server, "tidegate_gateway_retries_total") >= 3.0);
}

#[test]
fn only_an_upstream_that_says_when_to_come_back_gets_less_for_its_failures() {
    let platform = Platform::start();
    // Every other request is answered: the breaker stays closed.
    let lenient = "[admission]\nbreaker_failures_in_a_row = 10000\nbreaker_failure_percent = 100\n";
    let (_dir, server) = gateway(&platform, lenient);
    let limit_after = |path: &str, count: usize| {
        for _ in 0..count {
            assert!(get(&server, path, &[]).status >= 500);
            assert_eq!(get(&server, "/", &[]).status, 200);
        }
        admission(&server)["upstreams"][0]["limit"].as_f64().expect("a number")
    };
    let first = limit_after("/refuse", 1);
    assert!(limit_after("/refuse", 50) >= first, "with less to do it would be as broken");
    assert!(limit_after("/fail", 50) >= first);
    assert!(limit_after("/overloaded", 30) < first, "it has too much to do");
}
