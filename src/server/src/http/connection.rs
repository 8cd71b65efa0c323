//! One connection from its first byte to its last: hyper, set up as this house wants it, and the
//! rules that hold for every request whatever its route.

use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body as _, Incoming};
use hyper::header::{CONNECTION, HeaderMap, HeaderValue, TRANSFER_ENCODING};
use hyper::http::request::Parts;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Request, Version};
use hyper_util::rt::{TokioIo, TokioTimer};
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::body::{Leftover, Unread, discard};
use super::capacity::Permit;
use super::protocol::{Spoken, detect};
use super::roll::Roll;
use super::streams::{Streams, own_watch};
use super::watch::{Allowed, Phase, Watch, Watched};
use super::{Code, Handler, Problem, Protocols, Reply, RequestBody, Takeover};

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

/// Streams of HTTP/2 that a client may have open at once.
const STREAMS: u32 = 128;

/// How often a connection of HTTP/2 is asked whether its client is still there, and how long that may take.
const PING: Duration = Duration::from_secs(20);

/// One connection, as its requests see it.
struct Connection<H> {
    from: IpAddr,
    watch: Arc<Watch>,
    permit: Permit,
    roll: Arc<Roll>,
    handler: Arc<H>,
    /// Left by the answer that lets the connection leave HTTP.
    takeover: Mutex<Option<Takeover>>,
}

/// Serves the connection until either side ends it.
pub(super) async fn serve<H: Handler>(
    socket: TcpStream,
    from: IpAddr,
    watch: Arc<Watch>,
    permit: Permit,
    roll: Arc<Roll>,
    handler: Arc<H>,
) {
    let mut socket = Watched::new(socket, Arc::clone(&watch));
    let spoken = match H::PROTOCOLS {
        Protocols::Http1 => Ok(Spoken::Http1),
        Protocols::Http1AndHttp2 => detect(&mut socket).await,
    };
    let connection = Arc::new(Connection { from, watch, permit, roll, handler, takeover: Mutex::new(None) });
    match spoken {
        Ok(Spoken::Http1) => http1(socket, connection).await,
        Ok(Spoken::Http2) => http2(socket, connection).await,
        // Gone before it has said anything.
        Err(_) => {}
    }
}

async fn http1<H: Handler>(mut socket: Watched, connection: Arc<Connection<H>>) {
    let service = service_fn(|request| Arc::clone(&connection).answer(request));
    let mut builder = http1::Builder::new();
    // Time is kept by the watch.
    builder.header_read_timeout(None).max_buf_size(BUFFER_BYTES);
    if H::PROTOCOLS == Protocols::Http1 {
        // An answer's few bytes are cheaper copied than written in parts. A client that has said all it has to say may
        // still listen, and what it asked for is done; somebody else's work for it is broken off.
        builder.writev(false).half_close(true);
    }
    let served = builder.serve_connection(TokioIo::new(&mut socket), service).without_shutdown().await;
    let sent: Bytes = served.map(|parts| parts.read_buf).unwrap_or_default();
    let takeover = connection.takeover.lock().take();
    match takeover {
        Some(takeover) => {
            connection.watch.enter(Phase::Busy);
            connection.watch.set_endless(true);
            socket.unread(sent);
            takeover.take(socket).await;
        }
        // Whatever ended it, answers may be on their way: also those before a head that nobody can read.
        None => linger(socket).await,
    }
}

async fn http2<H: Handler>(socket: Watched, connection: Arc<Connection<H>>) {
    let service = service_fn(|request| Arc::clone(&connection).answer(request));
    // Streams reset before they are answered are bounded by hyper's defaults (CVE-2023-44487), and so are headers in
    // many parts.
    let roll = &connection.roll;
    let served = http2::Builder::new(Streams(Arc::clone(roll)))
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEAD_BYTES as u32)
        .keep_alive_interval(PING)
        .keep_alive_timeout(PING)
        .serve_connection(TokioIo::new(socket), service);
    let mut served = pin!(served);
    // It ends as its client wishes, or because of what its client did: either way nobody is left to tell.
    tokio::select! {
        _ended = served.as_mut() => return,
        () = roll.until_draining() => served.as_mut().graceful_shutdown(),
    }
    let _ended = served.await;
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

impl<H: Handler> Connection<H> {
    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Result<Reply, Infallible> {
        if request.version() == Version::HTTP_2 {
            let own = own_watch();
            own.enter(Phase::Busy);
            let exchange = self.watch.share(Arc::clone(&own));
            let mut reply = self.ask(request, own, None).await;
            // It is a connection's, and here there are several on one.
            reply.headers_mut().remove(CONNECTION);
            reply.body_mut().begin_beside(exchange);
            return Ok(reply);
        }
        self.watch.enter(Phase::Busy);
        self.watch.set_endless(false);
        // Hyper takes the chunks and drops a Content-Length beside them; whoever stands before us may
        // have done otherwise, so that no byte after such a request is ever read as a request.
        let ambiguous = request.headers().contains_key(TRANSFER_ENCODING);
        let leftover = (!request.body().is_end_stream()).then(Arc::<Leftover>::default);
        let mut reply = self.ask(request, Arc::clone(&self.watch), leftover.clone()).await;
        if let Some(takeover) = reply.extensions_mut().remove::<Takeover>() {
            *self.takeover.lock() = Some(takeover);
            return Ok(reply);
        }
        // Hyper closes where a body was not read that has not come yet, and says so to nobody.
        let unread = leftover.map_or(Unread::Nothing, |leftover| leftover.answered());
        if matches!(unread, Unread::Reading) {
            self.watch.upload();
        }
        let is_last = ambiguous || reply.headers().contains_key(CONNECTION) || self.roll.is_draining();
        let goes_on = !is_last && is_gone(unread).await;
        // Where connections run short, nobody keeps one that it may not need again.
        if !goes_on || self.permit.capacity().is_nearly_used_up() {
            reply.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        reply.body_mut().begin(&self.watch);
        Ok(reply)
    }

    async fn ask(&self, request: Request<Incoming>, watch: Arc<Watch>, leftover: Option<Arc<Leftover>>) -> Reply {
        let (head, body) = request.into_parts();
        if let Err(problem) = check(&head) {
            let reply = problem.closing().into_reply();
            self.handler.turned_away(reply.status());
            return reply;
        }
        let body = RequestBody::new(body, watch, leftover);
        self.handler.handle(self.from, head, body).await
    }
}

/// Whether nothing is left of a body in front of the next request.
async fn is_gone(unread: Unread) -> bool {
    match unread {
        Unread::Nothing => true,
        Unread::Left(left) => discard(left).await,
        Unread::Reading | Unread::Answered => false,
    }
}

/// The rules for every head.
fn check(head: &Parts) -> Result<(), Problem> {
    if head_bytes(head) > HEAD_BYTES {
        return Err(Problem::new(Code::HeadersTooLarge, format!("send at most {HEAD_BYTES} bytes of headers")));
    }
    if !is_plainly_coded(&head.headers) {
        return Err(Problem::invalid("", "the one Transfer-Encoding there may be is `chunked`"));
    }
    Ok(())
}

/// Whether a body comes as it is, or in chunks once: of codings within each other, two readers may see two bodies.
fn is_plainly_coded(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    let is_chunked = codings.next().is_none_or(|coding| coding.as_bytes().eq_ignore_ascii_case(b"chunked"));
    is_chunked && codings.next().is_none()
}

/// The head's size on the wire, near enough.
fn head_bytes(head: &Parts) -> usize {
    let target = head.uri.path_and_query().map_or(0, |target| target.as_str().len());
    let fields = head.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    target + fields.sum::<usize>()
}
