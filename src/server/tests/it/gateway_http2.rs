//! Shoppers who speak HTTP/2 with prior knowledge: several exchanges on one connection, each bounded by itself.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Request, StatusCode, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::gateway::{gateway, is_at_rest};
use crate::gateway_cache::keeping;
use crate::platform::Platform;
use crate::program::{Server, wait_until};

type Sender = http2::SendRequest<Full<Bytes>>;

pub async fn connect(server: &Server) -> Sender {
    let address = server.gateway.expect("it was started with one");
    let socket = tokio::net::TcpStream::connect(address).await.expect("the gateway accepts");
    // A small window, so that an answer is not taken unless it is read.
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder.initial_stream_window_size(65_535).initial_connection_window_size(1 << 20);
    let (sender, connection) = builder.handshake(TokioIo::new(socket)).await.expect("the gateway speaks HTTP/2");
    tokio::spawn(connection);
    sender
}

pub fn request(path: &str) -> Request<Full<Bytes>> {
    Request::get(format!("http://shop.example{path}")).body(Full::default()).expect("a request")
}

pub fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(test);
}

#[test]
fn several_exchanges_share_a_connection() {
    let platform = Platform::start();
    let (_dir, server) = gateway(&platform, "");
    run(async {
        let mut sender = connect(&server).await;
        let slow = sender.send_request(request("/trickle"));
        let quick = sender.send_request(request("/a/../b?c=1"));
        let answer = quick.await.expect("an answer");
        assert_eq!((answer.status(), answer.version()), (StatusCode::OK, Version::HTTP_2));
        let told = answer.into_body().collect().await.expect("a body").to_bytes();
        let told: serde_json::Value = serde_json::from_slice(&told).expect("JSON");
        assert_eq!((&told["line"], &told["headers"]["host"]), (&"GET /b?c=1 HTTP/1.1".into(), &"shop.example".into()));
        assert_eq!(told["headers"]["via"], "2 tidegate");
        let body = slow.await.expect("an answer").into_body().collect().await.expect("all of it").to_bytes();
        assert_eq!(body.len(), 20);
        let mut refused = request("/%zz");
        refused.headers_mut().insert(HeaderName::from_static("x-a"), HeaderValue::from_static("1"));
        assert_eq!(sender.send_request(refused).await.expect("an answer").status(), StatusCode::BAD_REQUEST);
    });
    wait_until("all is given back", || is_at_rest(&server));
}

#[test]
fn what_is_kept_is_for_these_clients_as_well() {
    let platform = Platform::start();
    let (_dir, server) = keeping(&platform, "", "");
    run(async {
        let mut sender = connect(&server).await;
        platform.hold(true);
        let (first, second) = (sender.send_request(request("/say")), sender.send_request(request("/say")));
        platform.hold(false);
        for answer in [first, second] {
            let body = answer.await.expect("an answer").into_body().collect().await.expect("a body").to_bytes();
            assert_eq!(body, "answer 1");
        }
        let mut head = request("/say");
        *head.method_mut() = hyper::Method::HEAD;
        let head = sender.send_request(head).await.expect("an answer");
        let said = |name| head.headers().get(name).and_then(|value| value.to_str().ok());
        assert_eq!(
            (head.status(), said("content-length"), said("via")),
            (StatusCode::OK, Some("8"), Some("1.1 tidegate"))
        );
        assert!(said("cache-status").is_some_and(|said| said.starts_with("tidegate; hit; ttl=")));
        assert!(head.into_body().collect().await.expect("nothing").to_bytes().is_empty());
        let large = sender.send_request(request("/say?bytes=2000000")).await.expect("an answer");
        assert_eq!(large.into_body().collect().await.expect("a body").to_bytes().len(), 2_000_000);
    });
    assert_eq!(platform.asked(), 2);
    // Another protocol, the same host, the same answer.
    let mut shopper = server.shopper();
    shopper.send_raw("GET /say HTTP/1.1\r\nHost: shop.example\r\n\r\n");
    assert_eq!(shopper.receive().body, "answer 1");
    wait_until("all is given back", || is_at_rest(&server));
}

#[test]
fn cookies_in_crumbs_are_one_field_for_the_upstream() {
    let platform = Platform::start();
    let (_dir, server) = gateway(&platform, "");
    run(async {
        let mut sender = connect(&server).await;
        let mut crumbs = request("/");
        for crumb in ["a=1", "b=2; c=3"] {
            crumbs.headers_mut().append("cookie", HeaderValue::from_static(crumb));
        }
        let answer = sender.send_request(crumbs).await.expect("an answer");
        let told = answer.into_body().collect().await.expect("a body").to_bytes();
        let told: serde_json::Value = serde_json::from_slice(&told).expect("JSON");
        assert_eq!(told["headers"]["cookie"], "a=1; b=2; c=3");
    });
}

#[test]
fn a_kept_answer_that_is_not_read_is_let_go() {
    let platform = Platform::start();
    let (_dir, server) = keeping(&platform, "", "[http]\nsend_timeout_ms = 200\n");
    run(async {
        let mut sender = connect(&server).await;
        let begun = std::time::Instant::now();
        let mut unread_for = Duration::from_millis(100);
        loop {
            let held = sender.send_request(request("/say?bytes=1000000")).await.expect("an answer");
            assert_eq!(
                (held.status(), &held.headers()["content-length"]),
                (StatusCode::OK, &"1000000".parse().unwrap())
            );
            tokio::time::sleep(unread_for).await;
            if held.into_body().collect().await.is_err() {
                break;
            }
            assert!(begun.elapsed() < crate::program::PATIENCE, "it is held for ever");
            unread_for *= 2;
        }
        // The connection goes on, and who reads gets all.
        let read = sender.send_request(request("/say?bytes=1000000")).await.expect("an answer");
        assert_eq!(read.into_body().collect().await.expect("a body").to_bytes().len(), 1_000_000);
    });
    assert_eq!(platform.asked(), 1);
}

#[test]
fn who_resets_rapidly_is_cut_off_and_leaves_nothing() {
    let platform = Platform::start();
    let (_dir, server) = gateway(&platform, "");
    run(async {
        let mut sender = connect(&server).await;
        for _ in 0..5_000 {
            if sender.ready().await.is_err() {
                break;
            }
            // Dropped before it is answered: a reset.
            drop(sender.send_request(request("/hang")));
            tokio::task::yield_now().await;
        }
    });
    wait_until("all is given back", || is_at_rest(&server));
    let mut shopper = server.shopper();
    shopper.send("GET", "/", &[], b"");
    assert_eq!(shopper.receive().status, 200);
}

#[test]
fn an_answer_that_is_not_read_gives_its_place_back() {
    let platform = Platform::start();
    let (_dir, server) = gateway(&platform, "[http]\nsend_timeout_ms = 200\n");
    run(async {
        let mut sender = connect(&server).await;
        let held = sender.send_request(request("/big")).await.expect("an answer");
        assert_eq!(held.status(), StatusCode::OK);
        let begun = std::time::Instant::now();
        while !is_at_rest(&server) {
            assert!(begun.elapsed() < crate::program::PATIENCE, "its place is held for ever");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(held.into_body().collect().await.is_err(), "it broke off");
        let other = sender.send_request(request("/")).await.expect("the connection goes on");
        assert_eq!(other.status(), StatusCode::OK);
    });
}

#[test]
fn an_answer_from_memory_that_is_not_taken_ends_as_well() {
    let platform = Platform::start();
    let (_dir, server) = keeping(&platform, "", "[http]\nsend_timeout_ms = 200\n");
    run(async {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder.initial_stream_window_size(0);
        let address = server.gateway.expect("it was started with one");
        let socket = tokio::net::TcpStream::connect(address).await.expect("the gateway accepts");
        let (mut sender, connection) =
            builder.handshake::<_, Full<Bytes>>(TokioIo::new(socket)).await.expect("the gateway speaks HTTP/2");
        tokio::spawn(connection);
        // A problem, an answer that is kept, and one that is passed on.
        for path in ["/%zz", "/say", "/say", "/other"] {
            let answer = sender.send_request(request(path)).await.expect("a head needs no window");
            let body = tokio::time::timeout(crate::program::PATIENCE, answer.into_body().collect()).await;
            assert!(body.expect("it ends").is_err(), "{path} broke off");
        }
    });
    wait_until("all is given back", || is_at_rest(&server));
}

#[test]
fn a_flood_of_headers_ends_the_connection() {
    let platform = Platform::start();
    let (_dir, server) = gateway(&platform, "");
    run(async {
        let mut sender = connect(&server).await;
        let mut flood = request("/");
        for number in 0..3_000 {
            let name = HeaderName::try_from(format!("x-{number}")).expect("a name");
            flood.headers_mut().insert(name, HeaderValue::from_static("a value that is not short at all, for once"));
        }
        let refused = sender.send_request(flood).await;
        assert!(refused.is_err() || refused.is_ok_and(|answer| answer.status() == 431));
    });
    assert_eq!(platform.asked(), 0);
    let mut shopper = server.shopper();
    shopper.send("GET", "/", &[], b"");
    assert_eq!(shopper.receive().status, 200);
}
