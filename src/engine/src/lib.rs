//! The engine: shards, group commit, expiry and recovery around the pure ledger and the log.
//!
//! Plain threads and objects that are stepped from outside. It knows nothing of HTTP, async,
//! configuration files or `RocksDB`; who calls it gets answers through a [`Port`].
#![forbid(unsafe_code)]

mod claims;
mod clock;
mod commit;
mod committer;
mod engine;
mod error;
mod lanes;
mod metrics;
mod options;
mod parts;
mod port;
mod ports;
pub mod records;
mod recovery;
mod remembered;
mod request;
mod routing;
mod running;
mod section;
mod shard;
mod status;
mod step;
mod sweep;
#[cfg_attr(feature = "shuttle", path = "../interleavings/stand_ins/shuttle.rs")]
mod sync;

pub use clock::{EngineClock, SystemTime, TimeSource};
pub use committer::{Committer, Step};
pub use engine::Engine;
pub use error::EngineError;
pub use metrics::EngineMetrics;
pub use options::Options;
pub use parts::{Parts, open};
pub use port::{Port, Ticket};
pub use ports::{Journal, JournalError};
pub use recovery::Progress;
pub use request::{Answer, Lane, Request, StockView, Unavailable};
pub use routing::{MAX_SHARDS, Routing, ShardSet};
pub use running::{LOG_DIRECTORY, Running};
pub use status::ShardStatus;
pub use wal::Lsn;
