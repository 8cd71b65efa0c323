//! A gateway that stops while clients are connected in every way: what has an end is answered, what has none is ended, and
//! whoever waits for nothing is sent elsewhere.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tempfile::TempDir;

use crate::client::Client;
use crate::gateway::admission;
use crate::platform::Platform;
use crate::program::{PATIENCE, Server, wait_until};

/// A gateway that drains for as long as there is anything to wait for, however slow that is.
fn patient(platform: &Platform) -> (TempDir, Server) {
    let dir = tempfile::tempdir().expect("a directory");
    let limits = "[http]\ndrain_timeout_ms = 3600000\nbody_timeout_ms = 3600000\n";
    let config = platform.upstream("timeout_ms = 600000") + limits;
    let server = Server::start_gateway(&dir.path().join("data"), &config);
    (dir, server)
}

/// Half a request, on its way to the platform: something to wait for.
fn begin(server: &Server) -> Client {
    let mut begun = server.shopper();
    begun.send_raw("POST /cart HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\n\r\nha");
    wait_until("it is under way", || admission(server)["upstreams"][0]["in_flight"] == 1);
    begun
}

/// Its other half, and its answer.
fn finish(mut begun: Client) {
    begun.send_raw("lf");
    let answer = begun.receive();
    assert_eq!((answer.status, answer.header("connection")), (200, Some("close")), "{answer:?}");
}

/// A WebSocket and an event stream.
fn endless(server: &Server) -> (Client, Client) {
    let mut socket = server.shopper();
    socket.send_raw("GET /socket HTTP/1.1\r\nHost: t\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    assert_eq!(socket.receive().status, 101);
    let mut events = server.shopper();
    events.send("GET", "/stream", &[], b"");
    assert_eq!(events.receive().status, 200);
    (socket, events)
}

#[test]
fn what_has_no_end_does_not_keep_the_server() {
    let platform = Platform::start();
    let (_dir, server) = patient(&platform);
    let (socket, _events) = endless(&server);
    wait_until("both are counted", || admission(&server)["upstreams"][0]["streams"] == 2);
    assert!(server.stop().success());
    assert_eq!(socket.bytes_until_closed(), 0);
}

#[test]
fn a_connection_without_a_request_is_closed_while_others_are_waited_for() {
    let platform = Platform::start();
    let (_dir, server) = patient(&platform);
    let busy = begin(&server);
    let mut kept = server.shopper();
    kept.send("GET", "/", &[], b"");
    assert_eq!(kept.receive().status, 200);
    server.signal("TERM");
    assert_eq!(kept.bytes_until_closed(), 0);
    finish(busy);
    assert!(server.wait().success());
}

#[test]
fn what_has_no_end_is_ended_while_others_are_waited_for() {
    let platform = Platform::start();
    let (_dir, server) = patient(&platform);
    let (socket, mut events) = endless(&server);
    let busy = begin(&server);
    server.signal("TERM");
    assert_eq!(socket.bytes_until_closed(), 0);
    wait_until("the events have ended", || events.read_chunk().is_err());
    finish(busy);
    assert!(server.wait().success());
}

#[test]
fn http_2_is_told_to_go_elsewhere_and_what_is_under_way_is_answered() {
    let platform = Platform::start();
    let (_dir, server) = patient(&platform);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let address = server.gateway.expect("it was started with one");
        let socket = tokio::net::TcpStream::connect(address).await.expect("the gateway accepts");
        let builder = http2::Builder::new(TokioExecutor::new());
        let (mut sender, connection) =
            builder.handshake(TokioIo::new(socket)).await.expect("the gateway speaks HTTP/2");
        let connection = tokio::spawn(connection);
        let request = |path: &str| {
            Request::get(format!("http://shop.example{path}")).body(Full::<Bytes>::default()).expect("a request")
        };
        let slow = sender.send_request(request("/trickle")).await.expect("an answer");
        let events = sender.send_request(request("/stream")).await.expect("an answer");
        server.signal("TERM");
        let body = slow.into_body().collect().await.expect("all of it").to_bytes();
        assert_eq!(body.len(), 20);
        assert!(events.into_body().collect().await.is_err(), "it would have gone on for ever");
        let ended = tokio::time::timeout(PATIENCE, connection).await.expect("it ends").expect("no panic");
        assert!(ended.is_ok(), "it was told to go, and not cut off: {ended:?}");
        tokio::time::timeout(PATIENCE, async {
            while sender.ready().await.is_ok() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await
        .expect("nothing more is taken");
    });
    assert!(server.wait().success());
}
