//! What a client speaks, told by the first bytes that it sends. Whoever serves it reads them once more.

use std::io;

use bytes::BytesMut;
use tokio::io::AsyncReadExt;

use super::watch::Watched;

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

/// What is read to find out: as a rule all of a first head.
const FIRST_BYTES: usize = 1024;

/// Reads the first bytes, and leaves them to be read again.
pub(super) async fn detect(socket: &mut Watched) -> io::Result<Spoken> {
    let mut first = BytesMut::with_capacity(FIRST_BYTES);
    let spoken = loop {
        let count = socket.read_buf(&mut first).await?;
        if first.starts_with(PREFACE) {
            break Spoken::Http2;
        }
        if count == 0 || !PREFACE.starts_with(&first) {
            break Spoken::Http1;
        }
    };
    socket.unread(first.freeze());
    Ok(spoken)
}

#[cfg(test)]
mod tests {
    use super::{PREFACE, Spoken, detect};
    use crate::http::watch::{Watch, Watched};
    use std::sync::Arc;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    /// What a client speaks that sends these and then no more, and what whoever serves it reads.
    async fn spoken(pieces: &[&[u8]]) -> (Spoken, Vec<u8>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let mut client = TcpStream::connect(listener.local_addr().expect("bound")).await.expect("it listens");
        let (socket, _) = listener.accept().await.expect("a client has come");
        let mut socket = Watched::new(socket, Arc::new(Watch::new(Arc::default())));
        let said = async {
            for piece in pieces {
                client.write_all(piece).await.expect("the server is there");
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            client.shutdown().await.expect("the server is there");
        };
        let spoken = tokio::join!(detect(&mut socket), said).0.expect("a socket that can be read");
        let mut read = Vec::new();
        socket.read_to_end(&mut read).await.expect("a socket that can be read");
        (spoken, read)
    }

    #[test]
    fn the_first_bytes_tell_however_they_are_cut_and_are_read_again() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let cases: [(&[&[u8]], Spoken); 6] = [
                (&[PREFACE], Spoken::Http2),
                (&[&PREFACE[..3], &PREFACE[3..20], &PREFACE[20..], b"more"], Spoken::Http2),
                (&[b"GET / HTTP/1.1\r\n\r\n"], Spoken::Http1),
                (&[b"PRI", b"NT / HTTP/1.1\r\n"], Spoken::Http1),
                (&[b"PRI"], Spoken::Http1),
                (&[], Spoken::Http1),
            ];
            for (pieces, expected) in cases {
                assert_eq!(spoken(pieces).await, (expected, pieces.concat()), "{pieces:?}");
            }
        });
    }
}
