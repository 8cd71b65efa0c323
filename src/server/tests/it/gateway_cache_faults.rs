//! Stale answers of the gateway: given out while they are fetched anew, while the platform fails, and in a brownout.

use tempfile::TempDir;

use crate::client::Answer;
use crate::gateway::{admission, get, is_at_rest, metric};
use crate::gateway_cache::{ask_together, keeping, outcomes, way};
use crate::platform::Platform;
use crate::program::{Server, wait_until};

const STALE: &str = "tidegate; hit";
const INSTEAD: &str = "tidegate; fwd=stale; detail=stale-if-error";

/// A gateway that gives out stale answers where there is no other, with one that is stale already.
fn with_stale(platform: &Platform, path: &str, more: &str) -> (TempDir, Server) {
    let keys = format!("cache_ttl_ms = 1\nstale_if_error_ms = 3600000\n{more}");
    let (dir, server) = keeping(platform, &keys, "");
    assert_eq!(get(&server, path, &[]).status, 200);
    (dir, server)
}

fn is_instead(answer: &Answer) -> bool {
    answer.status == 200
        && way(answer) == INSTEAD
        && answer.header("age").is_some()
        && answer.body.starts_with("answer ")
}

#[test]
fn a_stale_answer_is_given_at_once_while_one_request_fetches_it_anew() {
    let platform = Platform::start();
    let (_dir, server) = keeping(&platform, "cache_ttl_ms = 1\nstale_while_revalidate_ms = 3600000", "");
    assert_eq!(get(&server, "/say", &[]).body, "answer 1");
    platform.hold(true);
    // The platform answers nobody, and everybody is answered.
    let is_stale = |answer: &Answer| way(answer) == STALE && answer.body == "answer 1";
    wait_until("it is fetched anew", || {
        assert!(is_stale(&get(&server, "/say", &[])));
        platform.asked() == 2
    });
    for mut shopper in ask_together(&server, "/say", 20) {
        assert!(is_stale(&shopper.receive()));
    }
    assert_eq!(platform.asked(), 2, "one request fetches it");
    platform.hold(false);
    wait_until("the new one is given out", || get(&server, "/say", &[]).body != "answer 1");
    assert!(outcomes(&server, "stale") >= 20);
    // What the answer says itself holds for one whose route says nothing.
    let (_dir, server) = keeping(&platform, "", "");
    let path = "/say?cache-control=max-age=0,stale-while-revalidate=3600";
    let first = get(&server, path, &[]).body;
    assert_eq!(get(&server, path, &[]).body, first);
    wait_until("all is given back", || is_at_rest(&server));
}

#[test]
fn a_platform_that_fails_hangs_or_is_gone_is_stood_in_for() {
    let platform = Platform::start();
    let (_dir, server) = with_stale(&platform, "/say", "");
    platform.fail(true);
    wait_until("it fails", || is_instead(&get(&server, "/say", &[])));
    platform.fail(false);
    platform.hold(true);
    // Its timeout is 400 ms; whoever waits for the same gets the same.
    let mut shoppers = ask_together(&server, "/say", 3);
    for shopper in &mut shoppers {
        let answer = shopper.receive();
        assert!(is_instead(&answer), "{answer:?}");
    }
    assert!(is_instead(&get(&server, "/say", &[("Tidegate-Timeout", "20")])), "it cannot wait");
    platform.hold(false);
    platform.leave();
    // What it said at last was fresh for a millisecond.
    wait_until("nothing is fresh", || is_instead(&get(&server, "/say", &[])));
    for _ in 0..30 {
        // Refused connections, and then the breaker.
        let answer = get(&server, "/say", &[]);
        assert!(is_instead(&answer), "{answer:?}");
    }
    assert_eq!(admission(&server)["upstreams"][0]["breaker"]["state"], "open");
    let refused = get(&server, "/say?x-a=b", &[]);
    assert_eq!((refused.status, way(&refused)), (503, "tidegate; fwd=miss"), "nothing is kept of this one");
    wait_until("all is given back", || is_at_rest(&server));
}

#[test]
fn an_answer_that_breaks_off_is_none() {
    let platform = Platform::start();
    let (_dir, server) = keeping(&platform, "", "");
    let broken = get(&server, "/reset-mid-body", &[]);
    assert_eq!(broken.problem(502, "upstream_failed")["upstream"], "platform");
    assert_eq!(way(&broken), "tidegate; fwd=miss");
    wait_until("all is given back", || is_at_rest(&server));
}

#[test]
fn what_the_answer_forbids_is_not_given_out_stale() {
    let platform = Platform::start();
    let path = "/say?cache-control=max-age=0,must-revalidate&etag=a";
    let (_dir, server) = with_stale(&platform, path, "");
    platform.fail(true);
    assert_eq!(get(&server, path, &[]).status, 500);
    platform.fail(false);
    let again = get(&server, path, &[]);
    assert_eq!((again.status, way(&again)), (200, "tidegate; fwd=stale; fwd-status=304; stored"));
}

#[test]
fn an_upstream_at_its_limit_is_stood_in_for_and_so_is_a_route_that_is_switched_off() {
    let platform = Platform::start();
    let dir = tempfile::tempdir().expect("a directory");
    let upstream = platform.upstream("timeout_ms = 60000\nmax_concurrency = 1");
    let routes = "[[gateway.route]]\npath = \"/say\"\nupstream = \"platform\"\nclass = \"payment\"\ncache_ttl_ms = 1\n\
        stale_if_error_ms = 3600000\nbrownout_level = 1\n";
    let server = Server::start_gateway(&dir.path().join("data"), &(upstream + routes));
    assert_eq!(get(&server, "/say", &[]).body, "answer 1");
    let mut busy = server.shopper();
    busy.send("GET", "/hang", &[], b"");
    wait_until("its only place is taken", || platform.asked() == 2);
    assert!(is_instead(&get(&server, "/say", &[])), "its limit");
    wait_until("it browns out", || {
        assert_eq!(get(&server, "/other", &[]).status, 503);
        admission(&server)["brownout"]["level"].as_u64() > Some(0)
    });
    let copy = get(&server, "/say", &[]);
    assert_eq!((copy.status, way(&copy), copy.body.as_str()), (200, STALE, "answer 1"));
    assert!(metric(&server, "tidegate_gateway_degraded_total") >= 1.0);
    let refused = get(&server, "/say?x-a=b", &[]);
    assert_eq!(refused.problem(503, "overloaded")["reason"], "brownout");
    assert_eq!(platform.asked(), 2);
    drop(busy);
    wait_until("all is given back", || is_at_rest(&server));
}
