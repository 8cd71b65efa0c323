//! When a connection is used again, and when it is not.

use super::{Arriving, Connections, IDLE_TICKS};
use crate::gateway::body::Source;
use http_body_util::BodyExt;
use hyper::{Request, Response};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

const PATIENCE: Duration = Duration::from_secs(10);

/// Answers `bytes` to whatever each connection sends; tells the number of each connection as it comes, and as it goes.
async fn upstream(bytes: &'static [u8], closes: bool) -> (SocketAddr, UnboundedReceiver<(u32, &'static str)>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let address = listener.local_addr().expect("bound");
    let (sender, told) = unbounded_channel();
    tokio::spawn(async move {
        for number in 1.. {
            let (mut socket, _) = listener.accept().await.expect("a client has come");
            let sender = sender.clone();
            tokio::spawn(async move {
                let _ = sender.send((number, "comes"));
                let mut asked = [0; 1024];
                while socket.read(&mut asked).await.is_ok_and(|count| count > 0) {
                    socket.write_all(bytes).await.expect("the other side is there");
                    if closes {
                        break;
                    }
                }
                drop(socket);
                let _ = sender.send((number, "goes"));
            });
        }
    });
    (address, told)
}

async fn ask(connections: &Arc<Connections>, to: SocketAddr) -> Response<Arriving> {
    let connection = connections.get(to, PATIENCE).await.expect("somebody listens");
    connection.ask(Request::new(Source::empty().open())).await.expect("an answer")
}

async fn ask_whole(connections: &Arc<Connections>, to: SocketAddr) {
    ask(connections, to).await.into_body().collect().await.expect("a whole body");
}

fn waiting(connections: &Connections) -> usize {
    connections.idle.lock().values().map(Vec::len).sum()
}

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

#[tokio::test]
async fn a_connection_is_used_again_when_its_answer_has_ended() {
    let (to, mut told) = upstream(ANSWER, false).await;
    let connections = Arc::default();
    for _ in 0..3 {
        ask_whole(&connections, to).await;
        assert_eq!(waiting(&connections), 1);
    }
    assert_eq!(told.recv().await, Some((1, "comes")));
    let both = (ask(&connections, to).await, ask(&connections, to).await);
    assert_eq!(told.recv().await, Some((2, "comes")), "one that is busy carries nothing else");
    drop(both);
    assert_eq!(waiting(&connections), 2);
}

#[tokio::test]
async fn a_connection_is_closed_with_an_answer_that_has_not_ended() {
    let (to, mut told) = upstream(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nok", false).await;
    let connections = Arc::default();
    drop(ask(&connections, to).await);
    assert_eq!(waiting(&connections), 0, "what is still to come stands in the way of the next answer");
    assert_eq!(told.recv().await, Some((1, "comes")));
    assert_eq!(told.recv().await, Some((1, "goes")));
}

#[tokio::test]
async fn a_connection_that_the_other_side_has_closed_is_not_used() {
    let (to, mut told) = upstream(ANSWER, true).await;
    let connections = Arc::default();
    ask_whole(&connections, to).await;
    assert_eq!(told.recv().await, Some((1, "comes")));
    assert_eq!(told.recv().await, Some((1, "goes")));
    let seen = async {
        // Once the tick sees that it cannot be used, neither does a call.
        while waiting(&connections) > 0 {
            connections.idle.lock().retain(|_, waiting| waiting.iter().any(|idle| idle.sender.is_ready()));
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, seen).await.expect("it is closed here as well");
    ask_whole(&connections, to).await;
    assert_eq!(told.recv().await, Some((2, "comes")));
}

#[tokio::test]
async fn a_connection_that_nobody_uses_is_closed() {
    let (to, mut told) = upstream(ANSWER, false).await;
    let connections = Arc::default();
    ask_whole(&connections, to).await;
    (1..IDLE_TICKS).for_each(|_| connections.tick());
    assert_eq!(waiting(&connections), 1);
    connections.tick();
    assert_eq!((waiting(&connections), told.recv().await), (0, Some((1, "comes"))));
    assert_eq!(told.recv().await, Some((1, "goes")));
    assert!(connections.idle.lock().is_empty(), "nothing is left of an address that is not asked any more");
}

#[tokio::test]
async fn nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let to = listener.local_addr().expect("bound");
    drop(listener);
    let made = Arc::<Connections>::default().get(to, PATIENCE).await;
    assert_eq!(made.expect_err("it is refused").kind(), std::io::ErrorKind::ConnectionRefused);
}
