//! Any bytes on a connection to a whole server: what comes back is HTTP, each answer is one that the contract has, and the
//! connection ends. The first byte says which door they go to: the api, or the gateway, behind which stands the same api.
#![no_main]

mod answers;
mod server;

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use memchr::memmem;

/// Far beyond what an answer takes: only a hang takes as long.
const PATIENCE: Duration = Duration::from_secs(8);

/// How an exchange ended.
enum Exchanged {
    /// With these bytes, and the end of the connection.
    Ended(Vec<u8>),
    /// With a stream of events, which goes on for as long as somebody listens.
    Streams,
}

/// Sends the bytes, says that there are no more, and reads all that comes back.
fn exchange(door: SocketAddr, bytes: &[u8]) -> io::Result<Exchanged> {
    let mut stream = TcpStream::connect(door)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    match stream.write_all(bytes).and_then(|()| stream.shutdown(Shutdown::Write)) {
        // A server that has refused may close before it has read all.
        Err(error) if !is_closed(&error) => return Err(error),
        _ => {}
    }
    let mut received = Vec::new();
    let mut piece = [0; 16 << 10];
    loop {
        match stream.read(&mut piece) {
            Ok(0) => return Ok(Exchanged::Ended(received)),
            Ok(length) => received.extend_from_slice(&piece[..length]),
            Err(error) if is_closed(&error) => return Ok(Exchanged::Ended(received)),
            // The fuzzer looks at its clock by signals.
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        if memmem::find(&received, b"content-type: text/event-stream").is_some() {
            return Ok(Exchanged::Streams);
        }
    }
}

fn is_closed(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::NotConnected)
}

/// Whether the answers can be told apart by who does not know the requests: those to HEAD say more than they send, and
/// HTTP/2 has frames.
fn can_be_read(sent: &[u8]) -> bool {
    memmem::find(sent, b"HEAD").is_none() && !sent.starts_with(b"PRI")
}

/// Whether somebody may have asked to wait for events.
fn may_wait(sent: &[u8]) -> bool {
    memmem::find(sent, b"wait").is_some()
}

fuzz_target!(|input: &[u8]| {
    let Some((door, sent)) = input.split_first() else { return };
    if may_wait(sent) {
        return;
    }
    let server = server::running();
    let (door, is_gateway) = if door & 1 == 0 { (server.api, false) } else { (server.gateway, true) };
    match exchange(door, sent) {
        Ok(Exchanged::Ended(received)) if can_be_read(sent) => answers::check(&received, is_gateway),
        Ok(_) => {}
        Err(error) => panic!("the server neither answers nor closes: {error}"),
    }
});
