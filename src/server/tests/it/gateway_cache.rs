//! Answers that the gateway keeps: which, for whom, how long, and how few questions the platform hears.

use serde_json::Value;
use server::config::{Config, Flags};
use tempfile::TempDir;

use crate::client::{Answer, Client};
use crate::gateway::{admission, gateway, get, is_at_rest, metric};
use crate::platform::Platform;
use crate::program::{Server, wait_until};

/// A gateway that keeps all answers for a minute, unless these keys of its route or more settings say otherwise.
pub fn keeping(platform: &Platform, keys: &str, more: &str) -> (TempDir, Server) {
    let ttl = if keys.contains("cache_ttl_ms") { "" } else { "cache_ttl_ms = 60000" };
    // So important that a busy machine does not shed it.
    let route =
        format!("[[gateway.route]]\npath = \"*\"\nupstream = \"platform\"\nclass = \"payment\"\n{ttl}\n{keys}\n{more}");
    gateway(platform, &route)
}

/// How an answer came about, without the seconds.
pub fn way(answer: &Answer) -> &str {
    let said = answer.header("cache-status").unwrap_or_default();
    said.split("; ttl=").next().unwrap_or_default()
}

pub fn outcomes(server: &Server, outcome: &str) -> u64 {
    metric(server, &format!("tidegate_gateway_cache_total{{outcome=\"{outcome}\"}}")) as u64
}

const HIT: &str = "tidegate; hit";
const STORED: &str = "tidegate; fwd=miss; stored";
const MISS: &str = "tidegate; fwd=miss";

#[test]
fn an_answer_is_given_again_as_long_as_it_is_fresh() {
    let platform = Platform::start();
    let (_dir, server) = keeping(&platform, "", "");
    let first = get(&server, "/say?x-a=b", &[]);
    assert_eq!((first.status, way(&first), first.body.as_str()), (200, STORED, "answer 1"));
    for path in ["/say?x-a=b", "/a/../say?x-a=b", "/s%61y?x-a=b"] {
        let again = get(&server, path, &[("Cookie", "sid=2"), ("Cache-Control", "no-cache")]);
        assert_eq!((again.status, way(&again), again.body.as_str()), (200, HIT, "answer 1"), "{path}");
        assert_eq!((again.header("x-a"), again.header("via")), (Some("b"), Some("1.1 tidegate")));
        assert!(again.header("age").is_some_and(|age| age.parse::<u64>().is_ok()), "{again:?}");
    }
    assert_eq!(way(&get(&server, "/say?x-a=c", &[])), STORED, "another target");
    let mut shopper = server.shopper();
    shopper.send_raw("GET /say?x-a=b HTTP/1.1\r\nHost: other\r\n\r\n");
    assert_eq!(way(&shopper.receive()), STORED, "another host");
    assert_eq!(platform.asked(), 3);
    assert_eq!((outcomes(&server, "hit"), outcomes(&server, "miss")), (3, 3));
    wait_until("the bytes are told", || metric(&server, "tidegate_gateway_cache_bytes") > 0.0);
    wait_until("all is given back", || is_at_rest(&server));
}

#[test]
fn a_route_that_does_not_ask_for_it_keeps_nothing_and_nor_does_one_without_memory() {
    let platform = Platform::start();
    let (_dir, server) = gateway(&platform, "");
    let answer = get(&server, "/say?cache-control=max-age=60", &[]);
    assert_eq!((answer.status, answer.header("cache-status")), (200, None));
    let (_dir, server) = keeping(&platform, "", "[gateway]\ncache_bytes = 0\n");
    for _ in 0..2 {
        assert_eq!(get(&server, "/say", &[]).header("cache-status"), None);
    }
    assert_eq!(platform.asked(), 3);
}

#[test]
fn it_is_asked_for_again_when_its_time_is_over() {
    let platform = Platform::start();
    let (_dir, server) = keeping(&platform, "cache_ttl_ms = 50", "");
    assert_eq!(get(&server, "/say", &[]).body, "answer 1");
    wait_until("it is fetched anew", || get(&server, "/say", &[]).body == "answer 2");
    assert_eq!(
        get(&server, "/say?cache-control=max-age=60", &[]).body,
        get(&server, "/say?cache-control=max-age=60", &[]).body
    );
}

#[test]
fn what_is_for_one_client_or_not_to_be_kept_is_asked_for_each_time() {
    let platform = Platform::start();
    let (_dir, server) = keeping(&platform, "", "");
    for says in ["cache-control=no-store", "cache-control=Private", "set-cookie=sid=1", "vary=*", "status=302"] {
        let path = format!("/say?{says}");
        let answers = [get(&server, &path, &[]), get(&server, &path, &[])];
        assert_eq!(answers.each_ref().map(way), [MISS, MISS], "{says}");
        assert_ne!(answers[0].body, answers[1].body, "{says}");
    }
    let known = [("Authorization", "Bearer a")];
    let path = "/say?cache-control=max-age=60";
    assert_eq!(way(&get(&server, path, &known)), MISS);
    assert_eq!(way(&get(&server, path, &[])), STORED);
    assert_ne!(way(&get(&server, path, &known)), HIT, "what others get may not be meant for him");
    let path = "/say?cache-control=public,max-age=60";
    assert_eq!(way(&get(&server, path, &known)), STORED);
    assert_eq!(way(&get(&server, path, &[("Authorization", "Bearer b")])), HIT);
}

#[test]
fn answers_that_differ_are_kept_apart() {
    let platform = Platform::start();
    let (_dir, server) = keeping(&platform, "", "");
    let ask = |language: &str| get(&server, "/say?vary=Accept-Language", &[("Accept-Language", language)]);
    let (german, english) = (ask("de"), ask("en"));
    assert_eq!((way(&german), way(&english)), (STORED, STORED));
    for (language, before) in [("de", &german), ("en", &english)] {
        let again = ask(language);
        assert_eq!((way(&again), &again.body), (HIT, &before.body), "{language}");
    }
    assert_eq!(platform.asked(), 2);
}

#[test]
fn a_stale_answer_is_confirmed_rather_than_sent_again() {
    let platform = Platform::start();
    let (_dir, server) = keeping(&platform, "cache_ttl_ms = 50", "");
    for validator in ["etag=a", "last-modified=Sun,+06+Nov+1994+08:49:37+GMT"] {
        let (path, before) = (format!("/say?{validator}"), platform.confirmed());
        let first = get(&server, &path, &[]);
        let mut renewed = get(&server, &path, &[]);
        wait_until("it is confirmed", || {
            renewed = get(&server, &path, &[]);
            platform.confirmed() > before && way(&renewed) == "tidegate; fwd=stale; fwd-status=304; stored"
        });
        assert_eq!((renewed.status, renewed.body.as_str()), (200, first.body.as_str()));
    }
    assert!(outcomes(&server, "revalidated") > 0);
    // What has changed is sent.
    let path = "/say?etag=b&cache-control=no-cache";
    assert_eq!(way(&get(&server, path, &[])), STORED);
    assert_eq!(way(&get(&server, path, &[])), "tidegate; fwd=stale; fwd-status=304; stored", "each use is asked for");
}

#[test]
fn a_client_that_has_it_already_is_told_so() {
    let platform = Platform::start();
    let (_dir, server) = keeping(&platform, "", "");
    let path = "/say?etag=a";
    let first = get(&server, path, &[("If-None-Match", "\"b\"")]);
    assert_eq!((first.status, way(&first)), (200, STORED), "all of it is asked for");
    let known = get(&server, path, &[("If-None-Match", "\"b\", W/\"a\"")]);
    assert_eq!((known.status, way(&known), known.body.as_str(), known.header("etag")), (304, HIT, "", Some("\"a\"")));
    assert_eq!(get(&server, path, &[("If-None-Match", "\"b\"")]).status, 200);
    assert_eq!(platform.asked(), 1);
}

#[test]
fn a_head_is_answered_from_what_is_kept_and_keeps_nothing() {
    let platform = Platform::start();
    let (_dir, server) = keeping(&platform, "", "");
    let head = || {
        let mut shopper = server.shopper();
        shopper.send("HEAD", "/say", &[], b"");
        shopper.receive_head()
    };
    for _ in 0..2 {
        let answer = head();
        assert_eq!((answer.status, way(&answer)), (200, MISS));
    }
    let whole = get(&server, "/say", &[]);
    assert_eq!(way(&whole), STORED);
    let answer = head();
    assert_eq!((answer.status, way(&answer), answer.header("content-length")), (200, HIT, Some("8")));
    assert_eq!((whole.body.len(), platform.asked()), (8, 3));
}

#[test]
fn parts_bodies_and_other_methods_pass_by() {
    let platform = Platform::start();
    let (_dir, server) = keeping(&platform, "", "");
    assert_eq!(way(&get(&server, "/say", &[])), STORED);
    let mut shopper = server.shopper();
    for (method, headers, body, says) in [
        ("GET", &[("Range", "bytes=0-1")][..], &b""[..], "tidegate; fwd=bypass"),
        ("GET", &[], b"{}", "tidegate; fwd=bypass"),
        ("POST", &[], b"{}", "tidegate; fwd=method"),
    ] {
        shopper.send(method, "/say", headers, body);
        let answer = shopper.receive();
        assert_eq!((answer.status, way(&answer)), (200, says), "{method} {headers:?}");
        assert_ne!(answer.body, "answer 1");
    }
    assert_eq!((platform.asked(), outcomes(&server, "bypass")), (4, 3));
}

#[test]
fn nobody_can_poison_what_others_get() {
    let platform = Platform::start();
    let (_dir, server) = keeping(&platform, "", "[gateway]\ntrusted_hops = 1\n");
    let forged = [
        ("X-Forwarded-Port", "666"),
        ("X-Original-URL", "/admin"),
        ("Forwarded", "host=evil"),
        ("X-HTTP-Method-Override", "POST"),
    ];
    let answer = get(&server, "/shown", &forged);
    assert_eq!(way(&answer), STORED);
    let seen = &answer.json()["headers"];
    for name in ["x-forwarded-port", "x-original-url", "x-http-method-override"] {
        assert_eq!(seen[name], Value::Null, "{name}");
    }
    assert_eq!(seen["forwarded"], "for=127.0.0.1;proto=http;host=\"t\"");
    // What goes on to the upstream is part of the key.
    assert_eq!(way(&get(&server, "/shown", &[("X-Forwarded-Host", "evil")])), STORED);
    let plain = get(&server, "/shown", &[]);
    assert_eq!((way(&plain), plain.json()["headers"]["x-forwarded-host"].as_str()), (HIT, Some("t")));
}

#[test]
fn what_cannot_be_kept_as_written_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("bad.toml");
    for (keys, says) in [
        ("stale_if_error_ms = 1", "`stale_if_error_ms` needs a `cache_ttl_ms`"),
        ("stale_while_revalidate_ms = 1", "`stale_while_revalidate_ms` needs a `cache_ttl_ms`"),
        ("cache_ttl_ms = 2592000001", "allowed is 0 to 2592000000"),
        ("cache_ttl_ms = -1", "bad.toml:4: in [[gateway.route]] invalid value"),
    ] {
        let route = format!("[[gateway.route]]\npath = \"/\"\nupstream = \"a\"\n{keys}\n");
        let upstream = "[[gateway.upstream]]\nname = \"a\"\nurl = \"http://127.0.0.1:9\"\n";
        std::fs::write(&file, upstream.to_owned() + &route).expect("writable");
        let refused = Config::load(Some(&file), std::iter::empty(), Flags::default()).expect_err("it cannot be");
        assert!(refused.to_string().contains(says), "{keys}: {refused}");
    }
}

#[test]
fn a_flag_beside_a_route_keeps_its_own() {
    let platform = Platform::start();
    let beta =
        "[[gateway.route]]\npath = \"*\"\nupstream = \"platform\"\nheader = \"x-beta: 1\"\ncache_ttl_ms = 60000\n";
    let (_dir, server) = keeping(&platform, "", beta);
    assert_eq!(get(&server, "/say", &[]).body, "answer 1");
    assert_eq!(get(&server, "/say", &[("X-Beta", "1")]).body, "answer 2");
    assert_eq!(get(&server, "/say", &[]).body, "answer 1");
}

#[test]
fn fifty_who_ask_at_once_are_one_question() {
    let platform = Platform::start();
    let (_dir, server) = keeping(&platform, "", "");
    platform.hold(true);
    let mut shoppers = ask_together(&server, "/say", 50);
    wait_until("all but one wait", || admission(&server)["cache"]["waiting"] == 49);
    platform.hold(false);
    let answers: Vec<_> = shoppers.iter_mut().map(Client::receive).collect();
    assert!(answers.iter().all(|answer| answer.body == "answer 1"), "{answers:?}");
    let count = |wanted: &str| answers.iter().filter(|answer| way(answer) == wanted).count();
    assert_eq!((count(STORED), count("tidegate; fwd=miss; collapsed")), (1, 49));
    assert_eq!(platform.asked(), 1);
    assert_eq!(admission(&server)["cache"]["fetches"], 0);
    wait_until("all is given back", || is_at_rest(&server));
}

/// So many connections, each with the same request.
pub fn ask_together(server: &Server, path: &str, count: usize) -> Vec<Client> {
    let ask = |_| {
        let mut shopper = server.shopper();
        shopper.send("GET", path, &[], b"");
        shopper
    };
    (0..count).map(ask).collect()
}

#[test]
fn who_waits_for_an_answer_that_is_for_another_asks_by_himself() {
    let platform = Platform::start();
    let (_dir, server) = keeping(&platform, "", "");
    platform.hold(true);
    let mut shoppers = ask_together(&server, "/say?cache-control=private", 10);
    wait_until("all but one wait", || admission(&server)["cache"]["waiting"] == 9);
    platform.hold(false);
    let mut bodies: Vec<_> = shoppers.iter_mut().map(|shopper| shopper.receive().body).collect();
    bodies.sort();
    bodies.dedup();
    assert_eq!((bodies.len(), platform.asked()), (10, 10), "nobody gets another's");
}

#[test]
fn who_waits_for_an_answer_that_turns_out_to_differ_gets_his_own() {
    let platform = Platform::start();
    let (_dir, server) = keeping(&platform, "", "");
    platform.hold(true);
    let path = "/say?vary=accept-language";
    let mut shoppers: Vec<_> = ["de", "en", "de", "en", "de", "en"]
        .iter()
        .map(|language| {
            let mut shopper = server.shopper();
            shopper.send("GET", path, &[("Accept-Language", language)], b"");
            shopper
        })
        .collect();
    wait_until("all but one wait", || admission(&server)["cache"]["waiting"] == 5);
    platform.hold(false);
    let bodies: Vec<_> = shoppers.iter_mut().map(|shopper| shopper.receive().body).collect();
    let of = |first: usize| bodies.iter().skip(first).step_by(2).collect::<Vec<_>>();
    assert!(of(0).iter().all(|german| !of(1).contains(german)), "{bodies:?}");
    assert_eq!(platform.asked(), 2, "one question for each: {bodies:?}");
}

#[test]
fn a_first_client_that_leaves_does_not_take_the_answer_with_it() {
    let platform = Platform::start();
    let (_dir, server) = keeping(&platform, "", "");
    platform.hold(true);
    let leader = ask_together(&server, "/say", 1);
    wait_until("it is asked for", || platform.asked() == 1);
    let mut others = ask_together(&server, "/say", 5);
    wait_until("they wait", || admission(&server)["cache"]["waiting"] == 5);
    drop(leader);
    platform.hold(false);
    for other in &mut others {
        assert_eq!(other.receive().body, "answer 1");
    }
    assert_eq!(platform.asked(), 1);
    wait_until("all is given back", || is_at_rest(&server));
}

#[test]
fn what_is_too_large_passes_through_and_memory_is_bounded() {
    let platform = Platform::start();
    let (_dir, server) = keeping(&platform, "", "[gateway]\ncache_bytes = 262144\n");
    for _ in 0..2 {
        let large = get(&server, "/say?bytes=1048577", &[]);
        assert_eq!((large.body.len(), way(&large)), (1_048_577, MISS));
    }
    for number in 0..100 {
        let answer = get(&server, &format!("/say?bytes=20000&x-a={number}"), &[]);
        assert_eq!((answer.body.len(), way(&answer)), (20_000, STORED));
        let bytes = admission(&server)["cache"]["bytes"].as_u64().expect("a number");
        assert!(bytes <= 262_144, "{bytes}");
    }
    assert!(admission(&server)["cache"]["bytes"].as_u64() > Some(100_000));
    wait_until("all is given back", || is_at_rest(&server));
}

/// The body of an answer that does not say its length, and how the answer came about.
fn unbounded(server: &Server, path: &str) -> (Vec<u8>, String) {
    let mut shopper = server.shopper();
    shopper.send("GET", path, &[], b"");
    let begun = shopper.receive();
    assert_eq!(begun.status, 200, "{begun:?}");
    let mut body = begun.body.clone().into_bytes();
    if begun.header("transfer-encoding").is_some() {
        while let Some(chunk) = shopper.read_chunk().expect("a whole body") {
            body.extend(chunk);
        }
    }
    (body, way(&begun).to_owned())
}

#[test]
fn a_body_that_does_not_say_its_length_is_kept_if_it_is_short_and_comes_soon() {
    let platform = Platform::start();
    let (_dir, server) = keeping(&platform, "", "");
    for (path, length, ways) in [
        ("/say?chunked=5000", 5_000, [STORED, HIT]),
        ("/say?chunked=2000000", 2_000_000, [MISS, MISS]),
        // Slower than the upstream's timeout.
        ("/trickle", 20, [MISS, MISS]),
    ] {
        for way in ways {
            let (body, found) = unbounded(&server, path);
            assert_eq!((body.len(), found.as_str()), (length, way), "{path}");
            assert!(path == "/trickle" || body.chunks(10).all(|ten| ten == b"0123456789"), "{path}: in order");
        }
    }
    let mut listener = server.shopper();
    listener.send("GET", "/stream", &[], b"");
    let begun = listener.receive();
    assert_eq!((begun.status, way(&begun)), (200, MISS));
    assert!(listener.read_chunk().expect("it goes on").is_some());
    drop(listener);
    wait_until("all is given back", || is_at_rest(&server));
}
