//! One connection from its first byte to its last: hyper, set up as this house wants it, and the
//! rules that hold for every request whatever its route.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderValue, TRANSFER_ENCODING};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::body::{self, Leftover};
use super::watch::{Allowed, Phase, Watch, Watched};
use super::{Code, Handler, Problem, Reply, RequestBody};

/// The largest head that is answered, in bytes.
const HEAD_BYTES: usize = 96 * 1024;

/// What hyper may buffer: heads up to this long get a problem of ours, longer ones its bare 431.
const BUFFER_BYTES: usize = 256 * 1024;

/// How long a connection may be kept alive without a request.
const IDLE: Duration = Duration::from_secs(300);

/// What is read and thrown away after the last answer, so that the client gets to see it.
const LINGER_BYTES: usize = 8 * 1024 * 1024;
const LINGER: Duration = Duration::from_secs(1);

/// How long a client may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For a request's head.
    pub head: Duration,
    /// For a request's body.
    pub body: Duration,
    /// For accepting an answer.
    pub send: Duration,
}

impl Limits {
    pub(super) fn allowed(&self) -> Allowed {
        Allowed::new(IDLE, self.head, self.body, self.send)
    }
}

/// Serves the connection until either side ends it.
pub(super) async fn serve<H: Handler>(socket: TcpStream, watch: Arc<Watch>, handler: Arc<H>) {
    let mut socket = Watched::new(socket, Arc::clone(&watch));
    let leftover = Arc::new(Leftover::default());
    let service = service_fn(|request| answer(&handler, Arc::clone(&watch), Arc::clone(&leftover), request));
    // Time is kept by the watch; an answer's few bytes are cheaper copied than written in parts. A
    // client that has said all it has to say may still listen, and what it asked for is done.
    let served = http1::Builder::new()
        .header_read_timeout(None)
        .half_close(true)
        .max_buf_size(BUFFER_BYTES)
        .writev(false)
        .serve_connection(TokioIo::new(&mut socket), service)
        .without_shutdown();
    // Whatever ended it, answers may be on their way: also those before a head that nobody can read.
    drop(served.await);
    linger(socket).await;
}

/// Closing a socket that still has bytes to read resets it, and the reset may overtake the answer.
async fn linger(mut socket: Watched) {
    let discard = async {
        socket.shutdown().await?;
        tokio::io::copy(&mut socket.take(LINGER_BYTES as u64), &mut tokio::io::sink()).await
    };
    // The client is gone or had its time: either way there is nobody left to tell.
    let _ = tokio::time::timeout(LINGER, discard).await;
}

async fn answer<H: Handler>(
    handler: &Arc<H>,
    watch: Arc<Watch>,
    leftover: Arc<Leftover>,
    request: Request<Incoming>,
) -> Result<Reply, Infallible> {
    watch.enter(Phase::Busy);
    let (head, body) = request.into_parts();
    // Hyper takes the chunks and drops a Content-Length beside them; whoever stands before us may
    // have done otherwise, so that no byte after such a request is ever read as a request.
    let ambiguous = head.headers.contains_key(TRANSFER_ENCODING);
    let mut reply = if head_bytes(&head) > HEAD_BYTES {
        Problem::new(Code::HeadersTooLarge, format!("send at most {HEAD_BYTES} bytes of headers"))
            .closing()
            .into_reply()
    } else {
        handler.handle(head, RequestBody::new(body, Arc::clone(&watch), Arc::clone(&leftover))).await
    };
    // Hyper closes where a body was not read that has not come yet, and says so to nobody.
    let left = leftover.take();
    let goes_on = !ambiguous && !reply.headers().contains_key(CONNECTION) && body::discard(left).await;
    if !goes_on {
        reply.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    reply.body_mut().begin(&watch);
    Ok(reply)
}

/// The head's size on the wire, near enough.
fn head_bytes(head: &hyper::http::request::Parts) -> usize {
    let target = head.uri.path_and_query().map_or(0, |target| target.as_str().len());
    let fields = head.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    target + fields.sum::<usize>()
}
