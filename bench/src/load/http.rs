//! Tidegate, and the bare server that is asked the same: HTTP/1.1 with as little parsing as keeps the framing right.
//! It must not follow redirects, chunks or anything else that neither of them sends.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use memchr::memmem;

use super::{Answer, HOT_ON_HAND, HOT_SKU, ID_PLACEHOLDER, Request, TTL_MS, Target};
use crate::Error;

/// Which of the two HTTP servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Http {
    /// Reserves, and is durable before it answers.
    Tidegate,
    /// Reads the body and answers a constant.
    BareHyper,
}

impl Target for Http {
    fn name(&self) -> &'static str {
        match self {
            Self::Tidegate => "tidegate",
            Self::BareHyper => "hyper",
        }
    }

    fn prepare(&mut self, address: SocketAddr) -> Result<(), Error> {
        match self {
            Self::Tidegate => stock(address),
            Self::BareHyper => Ok(()),
        }
    }

    fn request(&self, connection: usize) -> Request {
        let body = format!(
            r#"{{"customer":"c-{connection:05}","ttl_ms":{TTL_MS},"lines":[{{"sku":"{HOT_SKU}","quantity":1}}]}}"#
        );
        // Proof: the placeholder stands in the path.
        Request::new(&put(&format!("/v1/reservations/{ID_PLACEHOLDER}"), &body)).expect("the path has the placeholder")
    }

    fn answer(&self, received: &[u8]) -> Option<Answer> {
        answer(received).map(|(status, length)| Answer { length, expected: status == 201 })
    }
}

pub(super) fn put(path: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "PUT {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

/// Makes the hot SKU as plentiful as the contract allows.
pub(super) fn stock(address: SocketAddr) -> Result<(), Error> {
    stock_sku(address, HOT_SKU)
}

pub(super) fn stock_sku(address: SocketAddr, sku: &str) -> Result<(), Error> {
    let body = format!(r#"{{"on_hand":{HOT_ON_HAND}}}"#);
    set(address, &format!("/v1/skus/{sku}/locations/default"), &body, "stock a hot SKU")
}

/// Puts something that must be taken.
pub(super) fn set(address: SocketAddr, path: &str, body: &str, attempt: &'static str) -> Result<(), Error> {
    let (status, text) = ask(address, &put(path, body))?;
    if (200..300).contains(&status) {
        return Ok(());
    }
    Err(Error::Answer { attempt, answer: format!("{status} {text}") })
}

/// Asks whether the server at this address answers `GET path` with 200.
pub fn is_ready(address: SocketAddr, path: &str) -> bool {
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    ask(address, &request).is_ok_and(|(status, _)| status == 200)
}

/// One request on a connection of its own: the status and the whole answer.
fn ask(address: SocketAddr, request: &str) -> Result<(u16, String), Error> {
    let mut stream = TcpStream::connect(address).map_err(Error::connection(address))?;
    stream.write_all(request.as_bytes()).map_err(Error::connection(address))?;
    let mut received = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let count = stream.read(&mut chunk).map_err(Error::connection(address))?;
        received.extend_from_slice(&chunk[..count]);
        if let Some((status, _)) = answer(&received) {
            return Ok((status, String::from_utf8_lossy(&received).into_owned()));
        }
        if count == 0 {
            return Err(Error::connection(address)("closed before the answer was complete"));
        }
    }
}

/// Status and length of the answer at the beginning of `received`; nothing while it is incomplete.
pub(super) fn answer(received: &[u8]) -> Option<(u16, usize)> {
    let head = memmem::find(received, b"\r\n\r\n")? + 4;
    let length = head + content_length(&received[..head]);
    if received.len() < length {
        return None;
    }
    // "HTTP/1.1 201 Created": what is no number there is no status either, and 0 is never expected.
    let status = received.get(9..12).and_then(number).unwrap_or(0);
    Some((status as u16, length))
}

fn content_length(head: &[u8]) -> usize {
    const NAME: &[u8] = b"content-length:";
    memchr::memchr_iter(b'\n', head)
        .map(|end| &head[end + 1..])
        .find(|line| line.len() > NAME.len() && line[..NAME.len()].eq_ignore_ascii_case(NAME))
        .and_then(|line| number(line[NAME.len()..].split(|&byte| byte == b'\r').next()?))
        .unwrap_or(0)
}

fn number(digits: &[u8]) -> Option<usize> {
    std::str::from_utf8(digits).ok()?.trim().parse().ok()
}
