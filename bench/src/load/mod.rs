//! The load: N keep-alive connections from a single thread that costs as little as it can, for it shares its cores with the
//! server. In the closed loop each has one request under way; in the open loop requests are due at fixed times. It must not
//! know what a target does with a request.

pub mod batch;
pub mod carts;
mod connection;
mod count;
pub mod http;
pub mod postgres;
pub mod redis;
mod request;
mod run;
mod schedule;
mod summary;

use std::net::{SocketAddr, TcpStream};

use crate::Error;

use request::write_id;
pub use request::{ID_BYTES, ID_PLACEHOLDER, Request, SKU_PLACEHOLDER, sku};
pub(crate) use run::run_telling;
use run::unique_ids;
pub use run::{Job, Span, run};
pub use schedule::{Pace, Schedule};
pub use summary::Summary;

/// The SKU that everybody wants.
pub const HOT_SKU: &str = "HOT";
/// Its on-hand: the contract's most, so that no run sells it out.
pub const HOT_ON_HAND: u64 = 1_000_000_000;
/// Longer than any run: what expires would be work that the others do not have.
pub const TTL_MS: u64 = 600_000;

/// Who is asked, and in which protocol.
pub trait Target {
    /// Lays in what the requests take.
    fn prepare(&mut self, address: SocketAddr) -> Result<(), Error>;

    /// What is to be said on a new connection before its first request.
    fn greet(&self, _stream: &mut TcpStream) -> Result<(), String> {
        Ok(())
    }

    /// The request of one connection, complete but for its id.
    fn request(&self, connection: usize) -> Request;

    /// Reads the answer at the beginning of `received`; nothing while it is incomplete.
    fn answer(&self, received: &[u8]) -> Option<Answer>;
}

/// A complete answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// How many bytes it took.
    pub length: usize,
    /// Whether it is the one that counts; all others are errors.
    pub expected: bool,
}
