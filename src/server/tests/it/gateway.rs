//! The gateway as a shopper and as the platform behind it see it: what is handed on, what is changed on the way, and who
//! comes first.

use std::io::Write;

use serde_json::Value;
use tempfile::TempDir;

use crate::client::Answer;
use crate::platform::Platform;
use crate::program::{Server, wait_until};

/// A gateway before a platform, with these routes and more settings.
pub fn gateway(platform: &Platform, more: &str) -> (TempDir, Server) {
    let dir = tempfile::tempdir().expect("a directory");
    let config = platform.upstream("timeout_ms = 400") + more;
    let server = Server::start_gateway(&dir.path().join("data"), &config);
    (dir, server)
}

pub fn get(server: &Server, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut shopper = server.shopper();
    shopper.send("GET", path, headers, b"");
    shopper.receive()
}

/// What the platform was asked.
fn told(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

/// Everything is given back: places, streams.
pub fn is_at_rest(server: &Server) -> bool {
    let state = admission(server);
    let upstream = &state["upstreams"][0];
    let busy = upstream["endpoints"].as_array().is_some_and(|all| all.iter().any(|one| one["in_flight"] != 0));
    upstream["in_flight"] == 0 && upstream["streams"] == 0 && !busy
}

pub fn admission(server: &Server) -> Value {
    crate::client::Client::connect(server.admin).get("/admin/v1/admission").ok(200)
}

pub fn metric(server: &Server, line: &str) -> f64 {
    let text = crate::client::Client::connect(server.admin).get("/metrics").body;
    text.lines().find_map(|found| found.strip_prefix(line)?.trim().parse().ok()).unwrap_or_default()
}

#[test]
fn a_request_is_handed_on_with_who_asked_and_the_answer_as_it_is() {
    let platform = Platform::start();
    let (_dir, server) = gateway(&platform, "");
    let mut shopper = server.shopper();
    let headers =
        [("Cookie", "sid=1"), ("X-Forwarded-For", "6.6.6.6"), ("Connection", "keep-alive, x-mine"), ("X-Mine", "1")];
    shopper.send("POST", "/cart?item=1", &headers, b"{\"units\":1}");
    let asked = told(&shopper.receive());
    assert_eq!((&asked["line"], &asked["body"]), (&"POST /cart?item=1 HTTP/1.1".into(), &"{\"units\":1}".into()));
    let seen = &asked["headers"];
    assert_eq!((&seen["host"], &seen["cookie"]), (&"t".into(), &"sid=1".into()));
    assert_eq!((&seen["x-forwarded-for"], &seen["via"]), (&"127.0.0.1".into(), &"1.1 tidegate".into()));
    assert_eq!(seen["forwarded"], "for=127.0.0.1;proto=http;host=\"t\"");
    assert!(
        seen["x-request-id"].is_string() && seen["traceparent"].is_string() && seen["tidegate-timeout"].is_string()
    );
    assert!(seen["x-mine"].is_null() && seen["connection"].is_null(), "{seen}");
    // To HTTP/2 in the clear no connection goes over: what came on it then would go by no rule.
    let headers = [("Connection", "Upgrade"), ("Upgrade", "h2c"), ("HTTP2-Settings", "AAMAAABkAAQAoAAAAAIAAAAA")];
    shopper.send("GET", "/cart", &headers, b"");
    let seen = told(&shopper.receive())["headers"].clone();
    assert!(["connection", "upgrade", "http2-settings"].iter().all(|name| seen[name].is_null()), "{seen}");
    // The same connection goes on, and the upstream's too.
    shopper.send("GET", "/hop", &[], b"");
    let answer = shopper.receive();
    assert_eq!((answer.header("x-end"), answer.header("x-mine"), answer.header("keep-alive")), (Some("2"), None, None));
    assert_eq!((answer.header("via"), answer.body.as_str()), (Some("1.1 tidegate"), "hop"));
    wait_until("all is given back", || is_at_rest(&server));
}

#[test]
fn bodies_are_passed_on_in_chunks_both_ways_while_they_are_made() {
    let platform = Platform::start();
    let (_dir, server) = gateway(&platform, "");
    let mut shopper = server.shopper();
    shopper.send_raw("POST /upload HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n");
    for piece in ["one", "two!"] {
        shopper.send_raw(format!("{:x}\r\n{piece}\r\n", piece.len()));
    }
    shopper.send_raw("0\r\n\r\n");
    assert_eq!(told(&shopper.receive())["body"], "onetwo!");
    let mut shopper = server.shopper();
    shopper.send("GET", "/trickle", &[], b"");
    assert_eq!(shopper.receive().status, 200);
    let mut pieces = 0;
    while let Some(piece) = shopper.read_chunk().expect("a whole body") {
        pieces += 1;
        assert!(piece.len() < 20, "not kept back until all is there");
    }
    assert!(pieces > 1);
    wait_until("all is given back", || is_at_rest(&server));
}

#[test]
fn the_longest_route_decides_and_no_way_to_write_a_path_goes_round_it() {
    let platform = Platform::start();
    let routes = r#"
[[gateway.route]]
path = "/admin/*"
class = "admin"
upstream = "platform"
brownout_level = 1
brownout_answer = { status = 410, content_type = "text/plain", body = "closed" }
"#;
    let (_dir, server) = gateway(&platform, routes);
    let mut shopper = server.shopper();
    for path in ["//admin/x", "/./admin/x", "/a/../admin/x", "/%61dmin/x", "/a/%2e%2e/admin/x"] {
        shopper.send("GET", path, &[], b"");
        assert_eq!(told(&shopper.receive())["line"], "GET /admin/x HTTP/1.1", "{path}");
    }
    assert!((metric(&server, "tidegate_gateway_requests_total{class=\"admin\",status=\"2xx\"}") - 5.0).abs() < 0.1);
    for path in ["/a%2fadmin/x", "/a%5c..%5cadmin", "/%00", "/%zz", "/../x", "/a\\b"] {
        let refused = get(&server, path, &[]);
        assert_eq!(refused.problem(400, "invalid_request")["pointer"], "", "{path}");
    }
    assert_eq!(platform.asked(), 5);
}

#[test]
fn a_target_in_absolute_form_is_one_path_and_its_host_wins() {
    let platform = Platform::start();
    let (_dir, server) = gateway(&platform, "");
    let asked = told(&get(&server, "http://shop.example/a/../b?c=1", &[]));
    assert_eq!((&asked["line"], &asked["headers"]["host"]), (&"GET /b?c=1 HTTP/1.1".into(), &"shop.example".into()));
    let mut shopper = server.shopper();
    shopper.send_raw("CONNECT shop.example:443 HTTP/1.1\r\nHost: shop.example\r\n\r\n");
    assert_eq!(shopper.receive().status, 400);
    let mut shopper = server.shopper();
    shopper.send_raw("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
    assert_eq!(shopper.receive().status, 400);
    assert_eq!(platform.asked(), 1);
}

#[test]
fn what_is_no_host_or_hides_a_path_is_refused_and_counted() {
    let platform = Platform::start();
    let (_dir, server) = gateway(&platform, "");
    let mut refused = 0;
    for host in ["", "user@shop", "shop:port", "a b", "a/b", "a,b"] {
        let mut shopper = server.shopper();
        shopper.send_raw(format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"));
        shopper.receive().problem(400, "invalid_request");
        refused += 1;
    }
    for target in ["http://user@shop/", "/;/admin/x", "/a/..;/admin/x"] {
        get(&server, target, &[]).problem(400, "invalid_request");
        refused += 1;
    }
    get(&server, "/", &[("X", &"x".repeat(100 << 10))]).problem(431, "headers_too_large");
    let counted = metric(&server, "tidegate_gateway_requests_total{class=\"browse\",status=\"4xx\"}");
    assert!((counted - f64::from(refused + 1)).abs() < 0.1, "{counted}");
    assert_eq!(platform.asked(), 0);
    let headers =
        [("X-Original-URL", "/admin"), ("X-Rewrite-URL", "/admin"), ("traceparent", "x"), ("tracestate", "a=1")];
    let asked = told(&get(&server, "/a;b=1/c", &headers));
    assert_eq!(asked["line"], "GET /a;b=1/c HTTP/1.1");
    let seen = &asked["headers"];
    assert!(["x-original-url", "x-rewrite-url", "tracestate"].iter().all(|name| seen[name].is_null()), "{seen}");
}

#[test]
fn a_connection_may_leave_http_and_an_event_stream_has_no_end() {
    let platform = Platform::start();
    let (_dir, server) = gateway(&platform, "");
    let mut shopper = server.shopper();
    shopper.send_raw("GET /socket HTTP/1.1\r\nHost: t\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    let answer = shopper.receive();
    assert_eq!((answer.status, answer.header("upgrade")), (101, Some("websocket")));
    shopper.send_raw("tide\r\n\r\n");
    let mut echoed = String::new();
    shopper.read_line(&mut echoed);
    assert_eq!(echoed, "TIDE\r\n");
    assert_eq!(admission(&server)["upstreams"][0]["streams"], 1);
    drop(shopper);

    let mut listener = server.shopper();
    listener.send("GET", "/stream", &[], b"");
    assert_eq!(listener.receive().header("content-type"), Some("text/event-stream"));
    for _ in 0..40 {
        // Longer than the upstream's timeout.
        listener.read_chunk().expect("it goes on").expect("it has no end");
    }
    drop(listener);
    wait_until("the upstream hears that nobody listens", || platform.gone() == 1);
    wait_until("all is given back", || is_at_rest(&server));
}

#[test]
fn a_client_that_asks_too_much_is_told_so_and_others_are_not() {
    let platform = Platform::start();
    let quota = "[gateway]\ntrusted_hops = 1\nclient_rate_per_s = 1\nclient_burst = 3\n";
    let (_dir, server) = gateway(&platform, quota);
    let mut shopper = server.shopper();
    let mut ask = |client: &str| {
        shopper.send("GET", "/", &[("X-Forwarded-For", client)], b"");
        shopper.receive()
    };
    let first = ask("198.51.100.1");
    assert_eq!((first.status, first.header("ratelimit-policy")), (200, Some("\"client\";q=1;w=1;burst=3")));
    assert!(first.header("ratelimit").is_some_and(|left| left.starts_with("\"client\";r=2;")));
    let refused = (0..5).map(|_| ask("198.51.100.1")).find(|answer| answer.status != 200).expect("three at once");
    assert_eq!(refused.problem(429, "rate_limited")["reason"], "client_quota");
    assert!(refused.header("retry-after").is_some_and(|seconds| seconds.parse().is_ok_and(|seconds: u64| seconds > 0)));
    // Neither another client, nor one who says that he is somebody else as well.
    assert_eq!(ask("198.51.100.2").status, 200);
    assert_eq!(ask("198.51.100.77, 198.51.100.1").status, 429);
    let clients = admission(&server)["clients"].clone();
    assert_eq!(clients[0]["client"], "198.51.100.1");
}

#[test]
fn a_fresh_session_for_each_request_is_bounded_by_its_address() {
    let platform = Platform::start();
    let quota =
        "[gateway]\ntrusted_hops = 1\nsession_cookie = \"sid\"\nclient_rate_per_s = 1\nclients_per_address = 5\n";
    let (_dir, server) = gateway(&platform, quota);
    let mut shopper = server.shopper();
    let mut ask = |address: &str, session: &str| {
        let headers = [("X-Forwarded-For", address), ("Cookie", session)];
        shopper.send("GET", "/", &headers, b"");
        shopper.receive()
    };
    let sessions: Vec<_> = (0..100).map(|number| format!("sid={number}")).collect();
    let refused = sessions.iter().map(|session| ask("198.51.100.1", session)).find(|answer| answer.status != 200);
    let refused = refused.expect("five at once, and five a second");
    assert_eq!(refused.problem(429, "rate_limited")["reason"], "client_quota");
    assert_eq!(refused.header("ratelimit-policy"), Some("\"client\";q=5;w=1;burst=5"));
    assert_eq!(ask("198.51.100.2", "sid=1000").status, 200);
}

#[test]
fn a_flag_is_for_a_part_of_the_clients_or_for_a_header() {
    let platform = Platform::start();
    let routes = r#"
[[gateway.route]]
path = "*"
upstream = "platform"
header = "x-beta: yes"
brownout_level = 3
class = "payment"
[[gateway.route]]
path = "*"
upstream = "platform"
percent = 50
class = "checkout"
"#;
    let hops = "[gateway]\ntrusted_hops = 1\n".to_owned();
    let (_dir, server) = gateway(&platform, &(routes.to_owned() + &hops));
    let mut shopper = server.shopper();
    for client in 0..200 {
        let address = format!("198.51.100.{client}");
        for _ in 0..2 {
            shopper.send("GET", "/", &[("X-Forwarded-For", &address)], b"");
            assert_eq!(shopper.receive().status, 200);
        }
    }
    shopper.send("GET", "/", &[("X-Beta", "yes")], b"");
    assert_eq!(shopper.receive().status, 200);
    let count =
        |class| metric(&server, &format!("tidegate_gateway_requests_total{{class=\"{class}\",status=\"2xx\"}}"));
    let [payment, checkout, browse] = ["payment", "checkout", "browse"].map(count);
    assert!((payment - 1.0).abs() < 0.1 && (checkout + browse - 400.0).abs() < 0.1);
    assert!((120.0..280.0).contains(&checkout), "about a half: {checkout}");
    assert!((checkout % 2.0).abs() < 0.1, "who is meant once is meant again: {checkout}");
}

#[test]
fn a_promoted_session_is_checkout_until_its_time_is_over() {
    let platform = Platform::start();
    let (_dir, server) = gateway(&platform, "[gateway]\nsession_cookie = \"sid\"\n");
    let count = || metric(&server, "tidegate_gateway_requests_total{class=\"checkout\",status=\"2xx\"}");
    let promoting = get(&server, "/promote", &[("Cookie", "sid=a")]);
    assert_eq!((promoting.status, promoting.header("tidegate-promote")), (200, None));
    assert_eq!(get(&server, "/", &[("Cookie", "sid=b"), ("Tidegate-Promote", "60000")]).status, 200);
    assert!(count().abs() < 0.1, "nobody promotes himself");
    let asked = told(&get(&server, "/", &[("Cookie", "sid=a"), ("Tidegate-Promote", "1")]));
    assert!(asked["headers"]["tidegate-promote"].is_null());
    assert!((count() - 1.0).abs() < 0.1);
}

#[test]
fn what_is_written_wrong_is_refused_with_its_line() {
    let dir = tempfile::tempdir().expect("a directory");
    let refused = |config: &str| {
        let file = dir.path().join("bad.toml");
        std::fs::File::create(&file).and_then(|mut file| file.write_all(config.as_bytes())).expect("writable");
        let said =
            crate::program::tidegate().arg("serve").arg("--config").arg(&file).output().expect("the binary runs");
        assert_eq!(said.status.code(), Some(2), "{said:?}");
        String::from_utf8_lossy(&said.stderr).into_owned()
    };
    let platform = "[[gateway.upstream]]\nname = \"platform\"\nurl = \"http://127.0.0.1:9\"\n";
    for (config, says) in [
        ("[[gateway.upstream]]\nurl = \"http://127.0.0.1:9\"\n".to_owned(), "missing field `name`"),
        ("[[gateway.upstream]]\nname = \"a\"\n".to_owned(), "`url` or `urls`"),
        ("[[gateway.upstream]]\nname = \"a\"\nurl = \"https://a\"\n".to_owned(), "write it like http://"),
        (format!("{platform}{platform}"), "bad.toml:4: in [[gateway.upstream]] there is an upstream"),
        (format!("{platform}[[gateway.route]]\npath = \"/a\"\nupstream = \"other\"\n"), "there is no upstream `other`"),
        (format!("{platform}[[gateway.route]]\npath = \"a\"\nupstream = \"platform\"\n"), "begins with a slash"),
        (
            format!("{platform}[[gateway.route]]\npath = \"/a\"\nupstream = \"platform\"\nclass = \"vip\"\n"),
            "payment, checkout",
        ),
        (
            format!("{platform}[[gateway.route]]\npath = \"/a\"\nupstream = \"platform\"\npathh = 1\n"),
            "unknown field `pathh`",
        ),
        (
            format!("{platform}[[gateway.route]]\npath = \"/a\"\nupstream = \"platform\"\nbrownout_level = 4\n"),
            "1 to 3",
        ),
        ("[gateway]\ntrusted_hop = 1\n".to_owned(), "did you mean `gateway.trusted_hops`"),
    ] {
        let said = refused(&config);
        assert!(said.contains(says), "{config}: {said}");
    }
}
