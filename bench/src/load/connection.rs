//! One connection of the load. It must not know the protocol; the target reads the answers.

use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::Instant;

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};

use super::{Answer, Request, Target};
use crate::Error;

/// More than any answer of the targets.
const BUFFER_BYTES: usize = 8192;

/// What a readable connection had.
pub enum Progress {
    /// The answer is not there yet.
    Waiting,
    /// One answer, and the moment at which it was complete.
    Done {
        /// Whether it was the one that counts.
        expected: bool,
        /// From when its latency counts.
        since: Instant,
        /// When it was complete.
        at: Instant,
    },
}

/// A connection with at most one request under way.
pub struct Connection {
    address: SocketAddr,
    stream: TcpStream,
    request: Request,
    received: Box<[u8; BUFFER_BYTES]>,
    filled: usize,
    since: Instant,
}

impl Connection {
    /// Connects, greets, and registers under the token.
    pub fn open(
        address: SocketAddr,
        target: &dyn Target,
        place: usize,
        registry: &Registry,
        token: Token,
    ) -> Result<Self, Error> {
        let broken = || Error::connection(address);
        let mut stream = std::net::TcpStream::connect(address).map_err(broken())?;
        stream.set_nodelay(true).map_err(broken())?;
        target.greet(&mut stream).map_err(Error::connection(address))?;
        stream.set_nonblocking(true).map_err(broken())?;
        let mut stream = TcpStream::from_std(stream);
        registry.register(&mut stream, token, Interest::READABLE).map_err(broken())?;
        let (request, received) = (target.request(place), Box::new([0; BUFFER_BYTES]));
        Ok(Self { address, stream, request, received, filled: 0, since: Instant::now() })
    }

    /// Sends the request with this id; the latency counts from `since`.
    pub fn send(&mut self, id: u64, since: Instant) -> Result<(), Error> {
        self.filled = 0;
        self.since = since;
        // The request before was answered, so that the socket's buffer is empty and a few hundred bytes fit whole.
        self.stream.write_all(self.request.with_id(id)).map_err(Error::connection(self.address))
    }

    /// From when the latency of the last request counts.
    pub fn since(&self) -> Instant {
        self.since
    }

    /// Reads what has come. The poll is edge-triggered, but one read suffices: it reports again when more arrives.
    pub fn receive(&mut self, target: &dyn Target) -> Result<Progress, Error> {
        match self.stream.read(&mut self.received[self.filled..]) {
            Ok(0) => return Err(Error::connection(self.address)("closed by the server, or an endless answer")),
            Ok(count) => self.filled += count,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            Err(error) => return Err(Error::connection(self.address)(error)),
        }
        let Some(Answer { length, expected }) = target.answer(&self.received[..self.filled]) else {
            return Ok(Progress::Waiting);
        };
        let expected = expected && length == self.filled;
        Ok(Progress::Done { expected, since: self.since, at: Instant::now() })
    }

    /// The last answer, as far as a person needs it.
    pub fn excerpt(&self) -> String {
        String::from_utf8_lossy(&self.received[..self.filled.min(400)]).into_owned()
    }
}
