//! A request's body that is sent more than once.

use std::convert::Infallible;
use std::future::pending;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::mpsc::unbounded_channel;

use super::{KEPT_BYTES, Sent, Source};
use crate::http::RequestBody;

/// A body of which nothing has come, and the client that sends it.
async fn awaited() -> (Source, DuplexStream) {
    let (mut client, server) = duplex(1 << 20);
    let (give, mut given) = unbounded_channel();
    let service = service_fn(move |request: Request<Incoming>| {
        let _ = give.send(request.into_body());
        pending::<Result<Response<Full<Bytes>>, Infallible>>()
    });
    tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(server), service));
    client.write_all(b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n").await.expect("there is room");
    let body = given.recv().await.expect("the head is there");
    (Source::new(RequestBody::unwatched(body), None), client)
}

async fn send(client: &mut DuplexStream, piece: &str) {
    let chunk = format!("{:x}\r\n{piece}\r\n", piece.len());
    client.write_all(chunk.as_bytes()).await.expect("there is room");
}

async fn next(sent: &mut Sent) -> Option<Bytes> {
    sent.frame().await.and_then(Result::ok).and_then(|frame| frame.into_data().ok())
}

#[tokio::test]
async fn who_sends_it_again_has_it_from_its_beginning_and_alone() {
    let (source, mut client) = awaited().await;
    let mut first = source.open();
    send(&mut client, "one").await;
    assert_eq!(next(&mut first).await, Some("one".into()));
    let mut second = source.open();
    send(&mut client, "two").await;
    // Its connection may be sending still: what it took now would be nobody's.
    assert!(first.frame().await.is_some_and(|taken| taken.is_err()));
    assert_eq!(next(&mut second).await, Some("one".into()));
    assert_eq!(next(&mut second).await, Some("two".into()));
    send(&mut client, "").await;
    assert!(second.frame().await.is_none());
    assert_eq!(source.passed(), 6, "what was kept passes once");
}

#[tokio::test]
async fn what_is_too_much_to_keep_is_not_sent_again() {
    let (source, mut client) = awaited().await;
    let mut first = source.open();
    send(&mut client, &"x".repeat(KEPT_BYTES)).await;
    let mut taken = 0;
    while taken < KEPT_BYTES {
        taken += next(&mut first).await.expect("more has come").len();
    }
    assert!(source.can_repeat());
    send(&mut client, "x").await;
    assert_eq!(next(&mut first).await, Some("x".into()));
    assert!(!source.can_repeat());
}
