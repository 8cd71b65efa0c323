//! Answers without an end: each keeps a connection to the platform for as long as it likes, so that there are only so many.

use std::time::{Duration, Instant};

use http_body_util::BodyExt;
use hyper::StatusCode;
use serde_json::Value;

use crate::gateway::{admission, gateway, is_at_rest, metric};
use crate::gateway_http2::{connect, request, run};
use crate::platform::Platform;
use crate::program::{PATIENCE, wait_until};

/// Connections of each listener, and no more streams than these.
const MOST: usize = 20;

#[test]
fn streams_beyond_what_there_may_be_are_refused_until_one_ends() {
    let platform = Platform::start();
    let (_dir, server) = gateway(&platform, &format!("[http]\nmax_connections = {MOST}\n"));
    run(async {
        let mut sender = connect(&server).await;
        let mut streams = Vec::new();
        let refused = loop {
            let answer = sender.send_request(request("/stream")).await.expect("an answer");
            if answer.status() != StatusCode::OK {
                break answer;
            }
            streams.push(answer);
            // Where descriptors are few there may be fewer.
            assert!(streams.len() <= MOST, "one more than there may be");
        };
        assert!(!streams.is_empty());
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(refused.headers().contains_key("retry-after"));
        let problem = refused.into_body().collect().await.expect("a body").to_bytes();
        let problem: Value = serde_json::from_slice(&problem).expect("JSON");
        assert_eq!(
            [&problem["code"], &problem["reason"], &problem["class"]],
            ["overloaded", "upstream_limit", "browse"]
        );
        assert_eq!(admission(&server)["upstreams"][0]["streams"], streams.len());
        wait_until("the platform hears that this one is not wanted", || platform.gone() == 1);
        let ended = sender.send_request(request("/")).await.expect("an answer");
        assert_eq!(ended.status(), StatusCode::OK, "what has an end is no stream");
        drop(streams.pop());
        let begun = Instant::now();
        while sender.send_request(request("/stream")).await.expect("an answer").status() != StatusCode::OK {
            assert!(begun.elapsed() < PATIENCE, "the room of the one that ended is lost");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let refused = metric(&server, "tidegate_gateway_refusals_total{class=\"browse\",reason=\"upstream_limit\"}");
    assert!(refused >= 1.0, "{refused}");
    wait_until("all is given back", || is_at_rest(&server));
}
