//! What changes what the gateway keeps: writes at the platform, patched routes, and an operator's hand.

use serde_json::json;

use crate::client::{Answer, Client};
use crate::gateway::get;
use crate::gateway_cache::{keeping, way};
use crate::platform::Platform;
use crate::program::Server;

const HIT: &str = "tidegate; hit";
const STORED: &str = "tidegate; fwd=miss; stored";

fn admin(server: &Server, method: &str, path: &str, body: &str) -> Answer {
    Client::connect(server.admin).request(method, path, &[], body.as_bytes())
}

#[test]
fn a_write_makes_what_is_kept_of_its_target_outdated_on_every_route() {
    let platform = Platform::start();
    let beta =
        "[[gateway.route]]\npath = \"*\"\nupstream = \"platform\"\nheader = \"x-beta: 1\"\ncache_ttl_ms = 60000\n";
    let (_dir, server) = keeping(&platform, "stale_if_error_ms = 60000", beta);
    let views = [&[][..], &[("X-Beta", "1")]];
    let ways = |path: &str| views.map(|view| way(&get(&server, path, view)).to_owned());
    let write = |method: &str, path: &str| {
        let mut shopper = server.shopper();
        shopper.send(method, path, &[], b"{}");
        shopper.receive().status
    };
    assert_eq!((ways("/say"), ways("/say?x-a=b")), ([STORED; 2].map(str::to_owned), [STORED; 2].map(str::to_owned)));
    for method in ["POST", "PUT", "DELETE", "PATCH", "SHOUT"] {
        assert_eq!((write(method, "/a/../say"), ways("/say")), (200, [STORED; 2].map(str::to_owned)), "{method}");
        assert_eq!(ways("/say"), [HIT; 2], "{method}");
    }
    assert_eq!(write("OPTIONS", "/say"), 200);
    platform.fail(true);
    assert_eq!(write("POST", "/say"), 500);
    platform.fail(false);
    assert_eq!((ways("/say"), ways("/say?x-a=b")), ([HIT; 2].map(str::to_owned), [HIT; 2].map(str::to_owned)));
}

#[test]
fn what_a_patched_route_says_holds_for_what_is_kept_already() {
    let platform = Platform::start();
    let (_dir, server) = keeping(&platform, "percent = 100", "");
    let patch = |route: serde_json::Value| {
        let patch = json!({"gateway": {"route": [route]}}).to_string();
        admin(&server, "PATCH", "/admin/v1/config", &patch).ok(200);
    };
    let route = json!({"path": "*", "upstream": "platform", "class": "payment"});
    let with = |keys: &[(&str, u64)]| {
        let mut route = route.clone();
        for (key, value) in keys {
            route[key] = json!(value);
        }
        route
    };
    let said = "/say?cache-control=max-age=3600";
    assert_eq!([way(&get(&server, "/say", &[])), way(&get(&server, said, &[]))], [STORED; 2]);
    // A canary that goes on does not begin with nothing.
    patch(with(&[("cache_ttl_ms", 60_000)]));
    assert_eq!([way(&get(&server, "/say", &[])), way(&get(&server, said, &[]))], [HIT; 2]);
    patch(with(&[("cache_ttl_ms", 1)]));
    assert_ne!(way(&get(&server, "/say", &[])), HIT);
    assert_eq!(way(&get(&server, said, &[])), HIT, "what the answer says itself wins");
    // And what is stale by now may be used as the route says now.
    patch(with(&[("cache_ttl_ms", 1), ("stale_if_error_ms", 3_600_000)]));
    platform.fail(true);
    let instead = get(&server, "/say", &[]);
    assert_eq!((instead.status, way(&instead)), (200, "tidegate; fwd=stale; detail=stale-if-error"));
}

#[test]
fn what_is_kept_can_be_thrown_away_as_a_whole_or_by_path() {
    let platform = Platform::start();
    let (_dir, server) = keeping(&platform, "", "");
    let paths = ["/say", "/say?x-a=b", "/products/1", "/products/2"];
    let ways = || paths.map(|path| way(&get(&server, path, &[])).to_owned());
    assert_eq!((ways(), ways()), ([STORED; 4].map(str::to_owned), [HIT; 4].map(str::to_owned)));
    let purge = |query: &str| admin(&server, "DELETE", &format!("/admin/v1/cache{query}"), "");
    assert_eq!(purge("?path=/products/*").ok(200)["purged"], 2);
    assert_eq!(ways(), [HIT, HIT, STORED, STORED]);
    assert_eq!(purge("?path=/say").ok(200)["purged"], 2, "with any query");
    assert_eq!(ways(), [STORED, STORED, HIT, HIT]);
    assert_eq!(purge("?path=/nothing").ok(200)["purged"], 0);
    assert_eq!(purge("").ok(200)["purged"], 4);
    assert_eq!(ways(), [STORED; 4]);
    for wrong in ["?path=", "?path=products", "?path=/%zz", "?route=/a", "?path=/a&path=/b"] {
        purge(wrong).problem(400, "invalid_request");
    }
    assert_eq!(ways(), [HIT; 4]);
    assert!(server.messages().contains("what is kept was thrown away"));
}
