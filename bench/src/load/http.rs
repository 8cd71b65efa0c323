//! Tidegate, and bare servers and proxies that are asked the same: HTTP/1.1 with as little parsing as keeps the framing
//! right. It must not follow redirects, chunks or anything else that none of them sends.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use memchr::memmem;

use super::{Answer, HOT_ON_HAND, HOT_SKU, ID_PLACEHOLDER, Request, SKU_PLACEHOLDER, TTL_MS, Target, sku};
use crate::{Error, bulk};

/// A SKU of which there is nothing.
const SOLD_OUT_SKU: &str = "SOLD-OUT";
/// What a bare server says to everything.
const CONSTANT_STATUS: u16 = 201;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// To hold a unit of the hot SKU, each time for another id.
    Reserve,
    /// To hold a unit of one of so many SKUs.
    ReserveOver(u32),
    /// To hold a unit of a SKU that is sold out.
    SoldOut,
    /// For the figures of the hot SKU.
    Read,
    /// For a page of the platform, as shoppers ask through a proxy.
    Page,
}

/// A server of HTTP, and what it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Http {
    ask: Ask,
    /// The status that counts.
    status: u16,
    /// Whether it keeps stock.
    is_stocked: bool,
}

impl Http {
    /// Tidegate's api.
    pub fn tidegate(ask: Ask) -> Self {
        let status = match ask {
            Ask::Reserve | Ask::ReserveOver(_) => 201,
            Ask::SoldOut => 409,
            Ask::Read | Ask::Page => 200,
        };
        Self { ask, status, is_stocked: true }
    }

    /// A server that answers a constant, or a proxy before it.
    pub fn constant(ask: Ask) -> Self {
        Self { ask, status: CONSTANT_STATUS, is_stocked: false }
    }

    /// Asks once, and says how many bytes the answer's body has.
    pub(crate) fn body_bytes(self, address: SocketAddr) -> Result<usize, Error> {
        let mut request = self.request(0);
        let id = super::unique_ids()();
        let (status, text) = ask(address, request.with_id(id))?;
        if status != self.status {
            return Err(Error::Answer { attempt: "ask for an answer to measure", answer: text });
        }
        Ok(text.split_once("\r\n\r\n").map_or(0, |(_, body)| body.len()))
    }
}

impl Target for Http {
    fn prepare(&mut self, address: SocketAddr) -> Result<(), Error> {
        match self.ask {
            _ if !self.is_stocked => Ok(()),
            Ask::Reserve | Ask::Read => stock(address),
            Ask::ReserveOver(skus) => bulk::stock(&format!("http://{address}"), (0..skus).map(sku), HOT_ON_HAND),
            Ask::SoldOut => set_on_hand(address, SOLD_OUT_SKU, 0),
            Ask::Page => Ok(()),
        }
    }

    fn request(&self, connection: usize) -> Request {
        match self.ask {
            Ask::Reserve => Request::new(reserve(connection, HOT_SKU)),
            Ask::ReserveOver(skus) => Request::over(reserve(connection, SKU_PLACEHOLDER), skus),
            Ask::SoldOut => Request::new(reserve(connection, SOLD_OUT_SKU)),
            Ask::Read => Request::new(get(&format!("/v1/skus/{HOT_SKU}"))),
            Ask::Page => Request::new(get("/item/1")),
        }
    }

    fn answer(&self, received: &[u8]) -> Option<Answer> {
        answer(received).map(|(status, length)| Answer { length, expected: status == self.status })
    }
}

/// A request as somebody else has written it, and the status that counts.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    request: Request,
    status: u16,
}

impl Written {
    /// `PUT`, where the id and the number of one of so many SKUs may have their placeholders.
    pub(crate) fn put(path: &str, body: &str, skus: u32, status: u16) -> Self {
        Self { request: Request::over(put(path, body), skus), status }
    }

    /// A reservation of one unit of one of so many SKUs, which may have its placeholder, for so long.
    pub(crate) fn reserve(sku: &str, skus: u32, ttl_ms: u64, status: u16) -> Self {
        let body =
            format!(r#"{{"customer":"{ID_PLACEHOLDER}","ttl_ms":{ttl_ms},"lines":[{{"sku":"{sku}","quantity":1}}]}}"#);
        Self::put(&format!("/v1/reservations/{ID_PLACEHOLDER}"), &body, skus, status)
    }
}

impl Target for Written {
    /// It lies with whoever has written it.
    fn prepare(&mut self, _address: SocketAddr) -> Result<(), Error> {
        Ok(())
    }

    fn request(&self, _connection: usize) -> Request {
        self.request.clone()
    }

    fn answer(&self, received: &[u8]) -> Option<Answer> {
        answer(received).map(|(status, length)| Answer { length, expected: status == self.status })
    }
}

fn reserve(connection: usize, sku: &str) -> String {
    let body =
        format!(r#"{{"customer":"c-{connection:05}","ttl_ms":{TTL_MS},"lines":[{{"sku":"{sku}","quantity":1}}]}}"#);
    put(&format!("/v1/reservations/{ID_PLACEHOLDER}"), &body)
}

fn get(path: &str) -> String {
    without_body("GET", path)
}

/// A request without a body.
pub(crate) fn without_body(method: &str, path: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n\r\n")
}

pub(crate) fn put(path: &str, body: &str) -> String {
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
    set_on_hand(address, sku, HOT_ON_HAND)
}

fn set_on_hand(address: SocketAddr, sku: &str, on_hand: u64) -> Result<(), Error> {
    let body = format!(r#"{{"on_hand":{on_hand}}}"#);
    set(address, &format!("/v1/skus/{sku}/locations/default"), &body, "stock a SKU")
}

/// Puts something that must be taken.
pub(super) fn set(address: SocketAddr, path: &str, body: &str, attempt: &'static str) -> Result<(), Error> {
    let (status, text) = ask(address, put(path, body).as_bytes())?;
    if (200..300).contains(&status) {
        return Ok(());
    }
    Err(Error::Answer { attempt, answer: format!("{status} {text}") })
}

/// Asks whether the server at this address answers `GET path` with 200.
pub fn is_ready(address: SocketAddr, path: &str) -> bool {
    ask(address, get(path).as_bytes()).is_ok_and(|(status, _)| status == 200)
}

/// One request on a connection of its own: the status and the whole answer.
pub(crate) fn ask(address: SocketAddr, request: &[u8]) -> Result<(u16, String), Error> {
    let mut stream = TcpStream::connect(address).map_err(Error::connection(address))?;
    stream.write_all(request).map_err(Error::connection(address))?;
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
