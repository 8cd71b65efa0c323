//! What a client speaks, told by the first bytes that it sends. It reads none of them.

use std::io;
use std::time::Duration;

use tokio::net::TcpStream;

/// What the clients of a listener may speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocols {
    /// HTTP/1.1 and nothing else.
    Http1,
    /// HTTP/1.1, from which a client may go over to another protocol, and HTTP/2 with prior knowledge.
    Http1AndHttp2,
}

/// What a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spoken {
    Http1,
    Http2,
}

/// How a connection of HTTP/2 begins (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// How long to wait for the rest of what may become a preface; a client sends it in one piece.
const REST: Duration = Duration::from_millis(5);

/// Waits for the first bytes.
pub(super) async fn detect(socket: &TcpStream) -> io::Result<Spoken> {
    let mut first = [0; PREFACE.len()];
    loop {
        let count = socket.peek(&mut first).await?;
        if count == 0 || !PREFACE.starts_with(&first[..count]) {
            return Ok(Spoken::Http1);
        }
        if count == PREFACE.len() {
            return Ok(Spoken::Http2);
        }
        // Looking leaves the bytes where they are, so that the socket goes on being readable.
        tokio::time::sleep(REST).await;
    }
}

#[cfg(test)]
mod tests {
    use super::{PREFACE, Spoken, detect};
    use tokio::io::AsyncWriteExt;
    use tokio::net::{TcpListener, TcpStream};

    async fn spoken(pieces: &[&[u8]]) -> Spoken {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let mut client = TcpStream::connect(listener.local_addr().expect("bound")).await.expect("it listens");
        let (socket, _) = listener.accept().await.expect("a client has come");
        let said = async {
            for piece in pieces {
                client.write_all(piece).await.expect("the server is there");
                tokio::time::sleep(super::REST * 2).await;
            }
            client.shutdown().await.expect("the server is there");
        };
        tokio::join!(detect(&socket), said).0.expect("a socket that can be looked at")
    }

    #[test]
    fn the_preface_tells_however_it_is_cut() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            assert_eq!(spoken(&[PREFACE]).await, Spoken::Http2);
            assert_eq!(spoken(&[&PREFACE[..3], &PREFACE[3..20], &PREFACE[20..]]).await, Spoken::Http2);
            assert_eq!(spoken(&[b"GET / HTTP/1.1\r\n\r\n"]).await, Spoken::Http1);
            assert_eq!(spoken(&[b"PRI", b"NT / HTTP/1.1\r\n"]).await, Spoken::Http1);
            assert_eq!(spoken(&[]).await, Spoken::Http1);
        });
    }
}
