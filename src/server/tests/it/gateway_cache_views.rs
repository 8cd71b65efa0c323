//! For whom an answer is that the gateway keeps: what one client says must not decide what others get, and what an upstream
//! does not see tells no answers apart.

use serde_json::Value;

use crate::gateway::get;
use crate::gateway_cache::{keeping, way};
use crate::platform::Platform;

const HIT: &str = "tidegate; hit";
const STORED: &str = "tidegate; fwd=miss; stored";
const MISS: &str = "tidegate; fwd=miss";

#[test]
fn an_answer_to_somebody_who_is_known_stays_his_though_two_say_how_long() {
    let platform = Platform::start();
    let (_dir, server) = keeping(&platform, "stale_if_error_ms = 60000", "");
    for says in [["max-age=3600", "max-age=0"], ["max-age=0", "max-age=3600"]] {
        let path = format!("/say?cache-control={}&cache-control={}&etag={}", says[0], says[1], says[0]);
        let his = get(&server, &path, &[("Authorization", "Bearer a")]);
        let others = get(&server, &path, &[]);
        assert_eq!((way(&his), his.status, others.status), (MISS, 200, 200), "{says:?}");
        assert_ne!(his.body, others.body, "{says:?}");
    }
}

#[test]
fn what_connection_names_decides_nothing() {
    let platform = Platform::start();
    let beta =
        "[[gateway.route]]\npath = \"*\"\nupstream = \"platform\"\nheader = \"x-beta: 1\"\ncache_ttl_ms = 60000\n";
    let (_dir, server) = keeping(&platform, "", beta);
    let path = "/say?vary=accept-language,origin";
    for field in [("Accept-Language", "de"), ("Origin", "https://a.example")] {
        // The upstream sees a request without it, so that its answer is no German one.
        let unsaid = get(&server, path, &[field, ("Connection", field.0)]);
        let said = get(&server, path, &[field]);
        assert_eq!(way(&said), STORED, "{field:?}");
        assert_ne!(unsaid.body, said.body, "{field:?}");
    }
    let plain = get(&server, "/say", &[("X-Beta", "1"), ("Connection", "x-beta")]);
    assert_eq!(get(&server, "/say", &[]).body, plain.body, "it went the way of those without");
    assert_ne!(get(&server, "/say", &[("X-Beta", "1")]).body, plain.body);
}

#[test]
fn what_goes_on_of_a_trusted_proxy_is_one_value_and_part_of_the_key() {
    let platform = Platform::start();
    let (_dir, server) = keeping(&platform, "", "[gateway]\ntrusted_hops = 1\n");
    let host = |answer: &crate::client::Answer| answer.json()["headers"]["x-forwarded-host"].clone();
    // The proxy of ours has written the last one.
    let twice = get(&server, "/shown", &[("X-Forwarded-Host", "a"), ("X-Forwarded-Host", "b")]);
    assert_eq!((way(&twice), host(&twice)), (STORED, "b".into()));
    let once = get(&server, "/shown", &[("X-Forwarded-Host", "a")]);
    assert_eq!((way(&once), host(&once)), (STORED, "a".into()));
    assert_eq!(way(&get(&server, "/shown", &[("X-Forwarded-Host", "b")])), HIT);
    // Nothing said is nothing said.
    assert_eq!(host(&get(&server, "/shown", &[("X-Forwarded-Host", "")])), "t");
    assert_eq!(host(&get(&server, "/shown", &[])), "t");
}

#[test]
fn names_that_are_read_in_two_ways_and_more_overrides_go_no_further() {
    let platform = Platform::start();
    let (_dir, server) = keeping(&platform, "", "");
    let forged = [("X_Forwarded_Host", "evil"), ("Content_Type", "x"), ("X-HTTP-Host-Override", "evil")];
    let kept = get(&server, "/shown", &forged);
    let passed = get(&server, "/shown", &[("X_Forwarded_Host", "evil"), ("Range", "bytes=0-1")]);
    for answer in [kept, passed] {
        let seen = &answer.json()["headers"];
        for name in ["x_forwarded_host", "content_type", "x-http-host-override"] {
            assert_eq!(seen[name], Value::Null, "{name}");
        }
    }
}

#[test]
fn answers_are_told_apart_by_what_the_upstream_sees() {
    let platform = Platform::start();
    let (_dir, server) = keeping(&platform, "", "");
    // Neither is sent.
    let path = "/say?vary=x-original-url,cache-control,accept-encoding";
    let accepts = |encodings: &'static str| [("X-Original-URL", encodings), ("Accept-Encoding", encodings)];
    for same in [
        &["gzip, br", "br;q=1.0, gzip;q=0.8", "GZIP,br , x"][..],
        &["gzip", "gzip, br;q=0"],
        &["identity", "", "deflate"],
    ] {
        assert_eq!(way(&get(&server, path, &accepts(same[0]))), STORED, "{}", same[0]);
        for other in same {
            assert_eq!(way(&get(&server, path, &accepts(other))), HIT, "{other}");
        }
    }
    assert_eq!(way(&get(&server, path, &[])), HIT, "which is as identity");
    let sent = get(&server, "/shown", &[("Accept-Encoding", "br;q=0.5, gzip")]);
    assert_eq!(sent.json()["headers"]["accept-encoding"], "br, gzip");
}
