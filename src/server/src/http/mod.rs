//! What every listener shares: accepting, limits on clients, bodies, problems, I/O threads.
//! It knows no route and nothing of stock; a listener's own rules are its [`Handler`].

mod body;
mod capacity;
mod connection;
pub mod etag;
mod io_thread;
mod listener;
mod path;
mod portions;
mod problem;
mod protocol;
mod reply;
mod roll;
mod streams;
mod takeover;
mod watch;

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;

pub use body::RequestBody;
pub use capacity::{Capacity, Permit};
pub use connection::Limits;
pub use io_thread::{Arrival, IoThread};
pub use listener::{Listener, accept};
pub use path::{Segments, decode, query_pairs};
pub use problem::{Code, Problem};
pub use protocol::Protocols;
pub use reply::{Body, BoxError, JSON, Relayed, Reply, json};
pub use takeover::Takeover;

use hyper::StatusCode;
use hyper::http::request::Parts;

/// What a listener does with a request. It runs on an I/O thread, so that it must never block.
pub trait Handler: Send + Sync + 'static {
    /// What its clients may speak.
    const PROTOCOLS: Protocols = Protocols::Http1;

    /// Takes note of an answer to a request that did not come this far.
    fn turned_away(&self, _status: StatusCode) {}

    /// Answers one request of whoever is at that address.
    fn handle(self: &Arc<Self>, from: IpAddr, head: Parts, body: RequestBody) -> impl Future<Output = Reply> + Send;
}
