//! The closed-loop load: N keep-alive connections, each with one request under way, from a single thread that costs as
//! little as it can, for it shares its cores with the server. It must not know what a target does with a request.

pub mod batch;
pub mod carts;
mod connection;
pub mod http;
pub mod redis;
mod run;
mod summary;

use std::net::SocketAddr;

use crate::Error;

pub use run::{Span, run};
pub use summary::Summary;

/// The SKU that everybody wants.
pub const HOT_SKU: &str = "HOT";
/// Its on-hand: the contract's most, so that no run sells it out.
pub const HOT_ON_HAND: u64 = 1_000_000_000;
/// Longer than any run: what expires would be work that the others do not have.
pub const TTL_MS: u64 = 600_000;

/// Who is asked, and in which protocol.
pub trait Target {
    /// The name in results.
    fn name(&self) -> &'static str;

    /// Lays in what the requests take.
    fn prepare(&mut self, address: SocketAddr) -> Result<(), Error>;

    /// The request of one connection, complete but for its id.
    fn request(&self, connection: usize) -> Request;

    /// Reads the answer at the beginning of `received`; nothing while it is incomplete.
    fn answer(&self, received: &[u8]) -> Option<Answer>;
}

/// Bytes on the wire with a place for the id, which is patched in before each sending.
#[derive(Debug, Clone)]
pub struct Request {
    bytes: Vec<u8>,
    ids_at: Vec<usize>,
}

/// A reservation's id on the wire: 16 hex digits.
pub const ID_BYTES: usize = 16;
/// Stands where the id will be.
pub const ID_PLACEHOLDER: &str = "0000000000000000";

impl Request {
    /// Nothing unless the text holds the [`ID_PLACEHOLDER`], once or several times.
    pub fn new(text: &str) -> Option<Self> {
        let ids_at: Vec<_> = text.match_indices(ID_PLACEHOLDER).map(|(at, _)| at).collect();
        (!ids_at.is_empty()).then(|| Self { bytes: text.as_bytes().to_vec(), ids_at })
    }

    /// The bytes to send for this id.
    pub fn with_id(&mut self, id: u64) -> &[u8] {
        for &at in &self.ids_at {
            write_id(&mut self.bytes[at..at + ID_BYTES], id);
        }
        &self.bytes
    }
}

/// Puts an id's digits where its placeholder stands.
fn write_id(digits: &mut [u8], id: u64) {
    for (place, byte) in digits.iter_mut().enumerate() {
        *byte = b"0123456789abcdef"[(id >> (60 - 4 * place) & 0xF) as usize];
    }
}

/// A complete answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// How many bytes it took.
    pub length: usize,
    /// Whether it is the one that counts; all others are errors.
    pub expected: bool,
}
