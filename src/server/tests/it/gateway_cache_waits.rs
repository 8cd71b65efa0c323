//! Who waits for whom at the gateway's cache, and for how long: nobody for what will not be his, and nobody longer than he
//! would have waited by himself.

use tempfile::TempDir;

use crate::client::Client;
use crate::gateway::{admission, get, is_at_rest};
use crate::gateway_cache::{ask_together, keeping, way};
use crate::platform::Platform;
use crate::program::{Server, wait_until};

const HIT: &str = "tidegate; hit";
const STORED: &str = "tidegate; fwd=miss; stored";
const MISS: &str = "tidegate; fwd=miss";

/// A gateway that keeps all answers, before a platform that may take its time.
fn patient(platform: &Platform) -> (TempDir, Server) {
    let dir = tempfile::tempdir().expect("a directory");
    let route = "[[gateway.route]]\npath = \"*\"\nupstream = \"platform\"\nclass = \"payment\"\ncache_ttl_ms = 60000\n";
    let config = platform.upstream("timeout_ms = 3600000") + route;
    let server = Server::start_gateway(&dir.path().join("data"), &config);
    (dir, server)
}

fn ask(server: &Server, path: &str, headers: &[(&str, &str)]) -> Client {
    let mut shopper = server.shopper();
    shopper.send("GET", path, headers, b"");
    shopper
}

#[test]
fn nobody_waits_for_the_answer_to_somebody_who_is_known() {
    let platform = Platform::start();
    let (_dir, server) = patient(&platform);
    platform.hold(true);
    let path = "/say?cache-control=max-age=60";
    let mut known = ask(&server, path, &[("Authorization", "Bearer a")]);
    wait_until("he asks", || platform.asked() == 1);
    let mut others = ask_together(&server, path, 5);
    wait_until("the others ask once", || platform.asked() == 2 && admission(&server)["cache"]["waiting"] == 4);
    platform.hold(false);
    let his = known.receive();
    let bodies: Vec<_> = others.iter_mut().map(|other| other.receive().body).collect();
    assert!(bodies.iter().all(|body| *body == bodies[0] && *body != his.body), "{bodies:?} and {his:?}");
    assert_eq!(platform.asked(), 2);
}

#[test]
fn a_first_visit_does_not_keep_an_answer_from_being_kept() {
    let platform = Platform::start();
    let (_dir, server) = patient(&platform);
    platform.hold(true);
    let path = "/say?begins=sid=1";
    let mut first = ask(&server, path, &[]);
    wait_until("he asks", || platform.asked() == 1);
    let mut others: Vec<_> = (0..5).map(|_| ask(&server, path, &[("Cookie", "sid=2")])).collect();
    wait_until("they wait", || admission(&server)["cache"]["waiting"] == 5);
    platform.hold(false);
    assert_eq!(way(&first.receive()), MISS);
    for other in &mut others {
        assert_eq!(other.receive().status, 200);
    }
    let next = get(&server, path, &[("Cookie", "sid=3")]);
    assert_eq!((way(&next), next.header("set-cookie")), (HIT, None), "one of theirs was kept");
}

#[test]
fn what_is_known_to_be_for_one_alone_is_not_waited_for() {
    let platform = Platform::start();
    let (_dir, server) = patient(&platform);
    let path = "/say?cache-control=private";
    assert_eq!(way(&get(&server, path, &[])), MISS);
    platform.hold(true);
    let mut shoppers = ask_together(&server, path, 5);
    wait_until("each asks at once", || platform.asked() == 6);
    assert_eq!(admission(&server)["cache"]["waiting"], 0);
    platform.hold(false);
    let mut bodies: Vec<_> = shoppers.iter_mut().map(|shopper| shopper.receive().body).collect();
    bodies.sort();
    bodies.dedup();
    assert_eq!(bodies.len(), 5, "nobody gets another's");
    wait_until("all is given back", || is_at_rest(&server));
}

#[test]
fn a_stream_and_a_slow_body_begin_at_once_for_everybody() {
    let platform = Platform::start();
    let (_dir, server) = patient(&platform);
    for path in ["/stream", "/stall"] {
        let mut shoppers = ask_together(&server, path, 3);
        for shopper in &mut shoppers {
            let begun = shopper.receive();
            assert_eq!((begun.status, way(&begun)), (200, MISS), "{path}");
            assert!(shopper.read_chunk().expect("it goes on").is_some(), "{path}");
        }
    }
    wait_until("all is given back", || is_at_rest(&server));
}

#[test]
fn who_has_waited_in_vain_has_all_the_time_of_his_own() {
    let platform = Platform::start();
    // Its timeout is 400 ms, and the body takes a second.
    let (_dir, server) = keeping(&platform, "", "");
    for mut shopper in ask_together(&server, "/trickle", 5) {
        let begun = shopper.receive();
        assert_eq!((begun.status, way(&begun)), (200, MISS));
        let mut bytes = 0;
        while let Some(chunk) = shopper.read_chunk().expect("a whole body") {
            bytes += chunk.len();
        }
        assert_eq!(bytes, 20);
    }
    wait_until("all is given back", || is_at_rest(&server));
}

#[test]
fn an_upstream_that_lets_everybody_wait_is_found_out_by_those_who_go_alone() {
    let platform = Platform::start();
    let (_dir, server) = keeping(&platform, "", "[admission]\nbreaker_failures_in_a_row = 2\n");
    for _ in 0..2 {
        let mut shopper = server.shopper();
        shopper.send("HEAD", "/hang", &[], b"");
        assert_eq!(shopper.receive_head().status, 504);
    }
    assert_eq!(admission(&server)["upstreams"][0]["breaker"]["state"], "open");
}

#[test]
fn who_cannot_wait_does_not_speak_against_the_upstream() {
    let platform = Platform::start();
    let (_dir, server) = keeping(&platform, "", "[admission]\nbreaker_failures_in_a_row = 2\n");
    for _ in 0..4 {
        let mut shopper = server.shopper();
        shopper.send("HEAD", "/hang", &[("Tidegate-Timeout", "20")], b"");
        assert_eq!(shopper.receive_head().status, 504);
    }
    assert_eq!(admission(&server)["upstreams"][0]["breaker"]["state"], "closed");
    assert_eq!(way(&get(&server, "/say", &[])), STORED);
}
