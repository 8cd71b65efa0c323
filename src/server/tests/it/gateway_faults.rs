//! What goes wrong before and behind the gateway: each has a defined answer, and afterwards everything is given back.

use std::io::ErrorKind;
use std::time::Duration;

use crate::client::Client;
use crate::gateway::{admission, gateway, get, is_at_rest, metric};
use crate::platform::Platform;
use crate::program::{Server, wait_until};

/// Reads an answer that begins well: why it breaks off, if it does.
fn why_it_ends(shopper: &mut Client) -> Option<ErrorKind> {
    match shopper.try_receive() {
        Ok(begun) => assert_eq!(begun.status, 200, "{begun:?}"),
        Err(error) => return Some(error.kind()),
    }
    loop {
        match shopper.read_chunk() {
            Ok(Some(_piece)) => {}
            Ok(None) => return None,
            Err(error) => return Some(error.kind()),
        }
    }
}

#[test]
fn an_upstream_that_hangs_or_breaks_off_has_a_defined_answer() {
    let platform = Platform::start();
    let (_dir, server) = gateway(&platform, "");
    for (path, status, code) in
        [("/hang", 504, "upstream_timeout"), ("/reset", 502, "upstream_failed"), ("/garbage", 502, "upstream_failed")]
    {
        let answer = get(&server, path, &[]);
        assert_eq!(answer.problem(status, code)["upstream"], "platform", "{path}");
        assert!(answer.header("proxy-status").is_some_and(|why| why.starts_with("tidegate; error=")), "{path}");
    }
    assert_eq!(get(&server, "/header-bomb", &[]).problem(502, "upstream_failed")["upstream"], "platform");
    // What has begun cannot be taken back: it breaks off here as it did there.
    for path in ["/reset-mid-body", "/stall", "/trailers"] {
        let mut shopper = server.shopper();
        shopper.send("GET", path, &[], b"");
        // The end of our own patience would be another error.
        let why = why_it_ends(&mut shopper);
        assert!(matches!(why, Some(ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset)), "{path}: {why:?}");
    }
    assert_eq!(get(&server, "/fail", &[]).status, 500, "the platform's own answers are handed on");
    wait_until("all is given back", || is_at_rest(&server));
    assert_eq!(get(&server, "/", &[]).status, 200);
}

#[test]
fn what_is_safe_is_tried_again_within_a_budget_and_nothing_else() {
    let platform = Platform::start();
    let (_dir, server) = gateway(&platform, "");
    assert_eq!(get(&server, "/refuse", &[]).status, 503);
    assert_eq!(platform.asked(), 3, "three tries");
    let mut shopper = server.shopper();
    shopper.send("POST", "/refuse", &[], b"{}");
    assert_eq!(shopper.receive().status, 503);
    assert_eq!(platform.asked(), 4, "who knows what it has done");
    shopper.send("POST", "/refuse", &[("Idempotency-Key", "k")], b"{\"units\":1}");
    assert_eq!(shopper.receive().status, 503);
    assert_eq!(platform.asked(), 7, "its key says that it is safe");
    assert!((metric(&server, "tidegate_gateway_retries_total") - 4.0).abs() < 0.1);
}

#[test]
fn an_upstream_that_fails_again_and_again_is_left_alone_for_a_while() {
    let platform = Platform::start();
    let (_dir, server) = gateway(&platform, "");
    let mut shopper = server.shopper();
    let refused = (0..30)
        .map(|_| {
            shopper.send("POST", "/fail", &[], b"");
            shopper.receive()
        })
        .find(|answer| answer.status == 503)
        .expect("the breaker opens");
    let problem = refused.problem(503, "overloaded");
    assert_eq!((&problem["reason"], &problem["class"]), (&"breaker_open".into(), &"browse".into()));
    assert_eq!(refused.header("proxy-status"), Some("tidegate; error=destination_unavailable"));
    assert!(platform.asked() <= 20);
    assert_eq!(admission(&server)["upstreams"][0]["breaker"]["state"], "open");
    wait_until("it is tried again", || get(&server, "/", &[]).status == 200);
}

#[test]
fn an_upstream_that_breaks_its_answers_off_is_left_alone_as_well() {
    let platform = Platform::start();
    let (_dir, server) = gateway(&platform, "");
    let ask = || {
        let mut shopper = server.shopper();
        shopper.send("GET", "/reset-mid-body", &[], b"");
        shopper.try_receive()
    };
    let refused = (0..60).find_map(|_| ask().ok()).expect("the breaker opens");
    assert_eq!(refused.problem(503, "overloaded")["reason"], "breaker_open");
    assert!(platform.asked() >= 20, "fewer than twenty calls say little");
}

#[test]
fn what_says_nothing_of_the_upstream_opens_no_breaker() {
    let platform = Platform::start();
    let (_dir, server) = gateway(&platform, "");
    let mut shopper = server.shopper();
    for _ in 0..20 {
        for (path, headers, status) in [
            ("/too-many", [("X", "1")], 429),
            ("/unknown-method", [("X", "1")], 501),
            ("/", [("Tidegate-Timeout", "0")], 504),
        ] {
            shopper.send("POST", path, &headers, b"");
            assert_eq!(shopper.receive().status, status, "{path}");
        }
    }
    // Nobody sends what they say that they will; few at once, so that there is a place for each.
    for _ in 0..3 {
        let slow: Vec<_> = std::iter::repeat_with(|| server.shopper()).take(5).collect();
        let slow = slow.into_iter().map(|mut shopper| {
            shopper.send_raw("POST /cart HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nx");
            shopper
        });
        for mut shopper in slow.collect::<Vec<_>>() {
            shopper.receive().problem(504, "upstream_timeout");
        }
    }
    assert_eq!(admission(&server)["upstreams"][0]["breaker"]["state"], "closed");
    assert_eq!(get(&server, "/", &[]).status, 200);
    wait_until("all is given back", || is_at_rest(&server));
}

#[test]
fn nobody_at_the_other_end_is_a_502_and_one_of_two_is_enough() {
    let platform = Platform::start();
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port");
    let dir = tempfile::tempdir().expect("a directory");
    let alone = format!("[[gateway.upstream]]\nname = \"gone\"\nurl = \"http://{free}\"\n");
    let server = Server::start_gateway(&dir.path().join("alone"), &alone);
    get(&server, "/", &[]).problem(502, "upstream_failed");
    let both =
        format!("[[gateway.upstream]]\nname = \"half\"\nurls = [\"http://{free}\", \"http://{}\"]\n", platform.address);
    let server = Server::start_gateway(&dir.path().join("both"), &both);
    for _ in 0..40 {
        assert_eq!(get(&server, "/", &[]).status, 200);
    }
    let endpoints = admission(&server)["upstreams"][0]["endpoints"].clone();
    let ejected = endpoints.as_array().expect("a list").iter().find(|one| one["ejected"] == true);
    assert_eq!(ejected.map(|one| one["address"].clone()), Some(free.to_string().into()));
}

#[test]
fn a_client_that_goes_away_ends_its_call() {
    let platform = Platform::start();
    let dir = tempfile::tempdir().expect("a directory");
    let server = Server::start_gateway(&dir.path().join("data"), &platform.upstream("timeout_ms = 60000"));
    let mut shopper = server.shopper();
    shopper.send("GET", "/hang", &[], b"");
    wait_until("the platform is asked", || platform.asked() == 1);
    assert_eq!(admission(&server)["upstreams"][0]["in_flight"], 1);
    drop(shopper);
    wait_until("the call is broken off", || platform.gone() == 1);
    wait_until("all is given back", || is_at_rest(&server));
    // A client in a hurry says so.
    get(&server, "/hang", &[("Tidegate-Timeout", "50")]).problem(504, "upstream_timeout");
    assert_eq!(admission(&server)["upstreams"][0]["breaker"]["state"], "closed");
}

#[test]
fn what_could_be_read_as_two_requests_is_refused_or_ends_its_connection() {
    let platform = Platform::start();
    let (_dir, server) = gateway(&platform, "");
    let hidden = "GET /hidden HTTP/1.1\r\nHost: t\r\n\r\n";
    for (name, head) in [
        ("two lengths", "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc".to_owned()),
        ("a length with a sign", "Content-Length: +5\r\n\r\nabcde".to_owned()),
        ("a folded line", "X-A: 1\r\n folded\r\n\r\n".to_owned()),
        ("a bare CR", "X-A: 1\rX-B: 2\r\n\r\n".to_owned()),
        ("a NUL", "X-A: \0\r\n\r\n".to_owned()),
        ("chunked twice", "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n".to_owned()),
        ("an unknown coding", "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n".to_owned()),
        ("a space before the colon", "Content-Length : 3\r\n\r\nabc".to_owned()),
        ("a broken chunk", format!("Transfer-Encoding: chunked\r\n\r\nzz\r\n{hidden}")),
    ] {
        let before = platform.asked();
        let mut shopper = server.shopper();
        shopper.send_raw(format!("POST /shown HTTP/1.1\r\nHost: t\r\n{head}{hidden}"));
        let answer = shopper.try_receive().ok();
        let is_refused = answer.as_ref().is_none_or(|answer| answer.status == 400);
        let ends = shopper.bytes_until_closed() == 0;
        assert!(ends && is_refused, "{name}: {answer:?}");
        assert!(platform.asked() <= before + 1, "{name}: the hidden request came through");
    }
    // Chunks win over a length, which is not sent on, and nothing is read behind them.
    let mut shopper = server.shopper();
    let before = platform.asked();
    shopper.send_raw(format!(
        "POST /shown HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{hidden}"
    ));
    let asked = shopper.receive().json();
    assert!(asked["headers"]["content-length"].is_null() || asked["headers"]["content-length"] == "0");
    assert_eq!((shopper.bytes_until_closed(), platform.asked()), (0, before + 1));
    wait_until("all is given back", || is_at_rest(&server));
}

#[test]
fn who_sends_slowly_or_too_much_is_cut_off() {
    let platform = Platform::start();
    let limits = "[http]\nheader_timeout_ms = 200\nbody_timeout_ms = 200\nsend_timeout_ms = 200\n";
    let (_dir, server) = gateway(&platform, limits);
    let mut slow = server.shopper();
    slow.send_raw("GET / HTTP/1.1\r\nHost:");
    assert_eq!(slow.bytes_until_closed(), 0);
    let mut slow = server.shopper();
    slow.send_raw("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nhalf");
    assert_eq!(slow.bytes_until_closed(), 0);
    let mut bomb = server.shopper();
    bomb.send_raw(format!("GET / HTTP/1.1\r\nHost: t\r\nX: {}\r\n\r\n", "x".repeat(100 << 10)));
    assert_eq!(bomb.receive().status, 431);
    let mut many = server.shopper();
    many.send_raw(format!("GET / HTTP/1.1\r\nHost: t\r\n{}\r\n", "X: 1\r\n".repeat(200)));
    assert_eq!(many.receive().status, 431);
    // Trailers are headers too.
    let mut trailers = server.shopper();
    trailers.send_raw("POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n");
    let sent = (0..64).all(|_| trailers.try_send_raw(format!("X: {}\r\n", "x".repeat(64 << 10)).as_bytes()).is_ok());
    let is_done = sent && trailers.try_receive().is_ok_and(|answer| answer.status == 200);
    assert!(!is_done, "four megabytes of trailers are no request");
    drop(trailers);
    wait_until("all is given back", || is_at_rest(&server));
    assert_eq!(get(&server, "/", &[]).status, 200);
}

#[test]
fn a_name_that_nobody_knows_is_a_502_and_the_others_work() {
    let platform = Platform::start();
    let nobody = "[[gateway.upstream]]\nname = \"nobody\"\nurl = \"http://nobody.invalid:9000\"\n\
                  [[gateway.route]]\npath = \"/nobody\"\nupstream = \"nobody\"\n";
    let (_dir, server) = gateway(&platform, nobody);
    get(&server, "/nobody", &[]).problem(502, "upstream_failed");
    assert_eq!(get(&server, "/", &[]).status, 200);
}

#[test]
fn an_endpoint_that_fails_its_checks_is_left_alone_until_it_is_well() {
    let (sick, well) = (Platform::start(), Platform::start());
    sick.set_sick(true);
    let dir = tempfile::tempdir().expect("a directory");
    let both = format!(
        "[[gateway.upstream]]\nname = \"both\"\nurls = [\"http://{}\", \"http://{}\"]\nhealth_path = \"/health\"\n\
         health_interval_ms = 500\n",
        sick.address, well.address
    );
    let server = Server::start_gateway(&dir.path().join("data"), &both);
    let failing = || {
        let endpoints = admission(&server)["upstreams"][0]["endpoints"].clone();
        endpoints.as_array().map_or(0, |all| all.iter().filter(|one| one["failing_checks"] == true).count())
    };
    wait_until("the check has failed", || failing() == 1);
    let before = sick.asked();
    for _ in 0..30 {
        assert_eq!(get(&server, "/", &[]).status, 200);
    }
    assert_eq!((sick.asked(), well.asked() >= 30), (before, true));
    // Where all fail their checks, the checks may be what is wrong.
    well.set_sick(true);
    wait_until("both checks have failed", || failing() == 2);
    assert_eq!(get(&server, "/", &[]).status, 200);
    sick.set_sick(false);
    wait_until("it is well again", || failing() == 1);
    wait_until("it is asked again", || get(&server, "/", &[]).status == 200 && sick.asked() > before);
}

#[test]
fn a_draining_gateway_answers_what_it_has_and_takes_nothing_new() {
    let platform = Platform::start();
    let (_dir, server) = gateway(&platform, "");
    let mut waiting = server.shopper();
    waiting.send("GET", "/trickle", &[], b"");
    assert_eq!(waiting.receive().status, 200);
    let mut kept = server.shopper();
    kept.send("GET", "/", &[], b"");
    assert_eq!(kept.receive().status, 200);
    server.signal("TERM");
    std::thread::sleep(Duration::from_millis(100));
    kept.send("GET", "/", &[], b"");
    let refused = kept.receive();
    assert_eq!(refused.problem(503, "draining")["reason"], "draining");
    assert_eq!(refused.header("connection"), Some("close"));
    while waiting.read_chunk().expect("it is answered to its end").is_some() {}
    assert!(server.wait().success());
}
