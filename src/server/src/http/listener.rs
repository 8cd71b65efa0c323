//! Listening and accepting. A listener has its address to itself: two servers on one port would
//! be two ledgers. It deals connections to I/O threads in turn and knows nothing of requests.

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use admission::Reason;
use metrics::Counter;
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::net::{TcpListener, TcpStream};

use super::{Arrival, Capacity, Code, Handler, IoThread, Problem};

/// Connections that the system keeps ready for us.
const BACKLOG: i32 = 4096;

/// How long to leave the system alone when it cannot give us a connection: descriptors come back.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// A bound address.
#[derive(Debug)]
pub struct Listener(std::net::TcpListener);

impl Listener {
    /// Binds the address; another listener there, of anybody, is an error.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        // Only lets a restart take over from connections that are still fading away.
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        socket.set_nonblocking(true)?;
        Ok(Self(socket.into()))
    }

    /// The address, with the port that was given.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// Accepts for ever, dealing to `threads`, of which there is one at least, in turn; drop the future to stop.
pub async fn accept<H: Handler>(
    listener: Listener,
    threads: &[IoThread<H>],
    capacity: &Arc<Capacity>,
    send_timeout: Duration,
    refused: Counter,
) -> io::Result<Infallible> {
    let listener = TcpListener::from_std(listener.0)?;
    let mut turn = 0;
    loop {
        let (socket, address) = loop {
            match listener.accept().await {
                Ok(accepted) => break accepted,
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        };
        let Some(permit) = capacity.try_acquire() else {
            refused.increment(1);
            turn_away(&socket, address.ip());
            continue;
        };
        // A socket that cannot be set up is one that its client has closed already.
        if let Ok(socket) = prepare(socket, send_timeout) {
            threads[turn % threads.len()].deal(Arrival { socket, from: address.ip().to_canonical(), permit });
            turn = turn.wrapping_add(1);
        }
    }
}

fn prepare(socket: TcpStream, send_timeout: Duration) -> io::Result<std::net::TcpStream> {
    socket.set_nodelay(true)?;
    SockRef::from(&socket).set_tcp_user_timeout(Some(send_timeout))?;
    socket.into_std()
}

/// Says why and closes; what does not fit the socket's empty buffer at once is not worth waiting.
fn turn_away(socket: &TcpStream, client: IpAddr) {
    let reason = Reason::TooManyConnections.word();
    tracing::debug!(reason, %client, "refused");
    let problem = Problem::new(Code::Overloaded, "too many connections: use fewer, or try later");
    let body = problem.with_reason(reason).to_json();
    let mut answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\nretry-after: 1\r\n\
         connection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    answer.extend_from_slice(&body);
    let _ = socket.try_write(&answer);
}
