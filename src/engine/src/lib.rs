//! The engine: shards, group commit, expiry and recovery around the pure ledger and the log.
//!
//! Plain threads and objects that are stepped from outside. It knows nothing of HTTP, async,
//! configuration files or `RocksDB`; who calls it gets answers through a [`Port`].
#![forbid(unsafe_code)]

mod checkpointer;
mod claims;
mod clock;
mod commit;
mod committer;
mod copy_log;
mod engine;
mod error;
mod lanes;
#[cfg(feature = "memory")]
mod memory;
mod metrics;
mod options;
mod pace;
mod parts;
mod patience;
mod port;
mod ports;
mod projection;
mod projector;
pub mod records;
mod recovery;
mod remembered;
mod request;
mod routing;
mod running;
mod section;
mod shard;
#[doc(hidden)]
pub mod stages;
mod status;
mod step;
mod sweep;
#[cfg_attr(feature = "shuttle", path = "../interleavings/stand_ins/shuttle.rs")]
mod sync;
mod upkeep;

pub use checkpointer::{Checkpoint, Checkpointer};
pub use clock::{EngineClock, SystemTime, TimeSource};
pub use committer::{Committer, Step};
pub use copy_log::{Stretch, copy_log};
pub use engine::Engine;
pub use error::EngineError;
#[cfg(feature = "memory")]
pub use memory::MemoryProjection;
pub use metrics::EngineMetrics;
pub use options::Options;
pub use parts::{Parts, open};
pub use port::{Port, Ticket};
pub use ports::{Journal, JournalError};
pub use projection::{Loaded, Projection, ProjectionError, Recorded};
pub use projector::{Projected, Projector};
pub use recovery::Progress;
pub use request::{Answer, Lane, Request, StockView, Unavailable};
pub use routing::{MAX_SHARDS, Routing, ShardSet};
pub use running::{Checkpoints, LOG_DIRECTORY, Running};
pub use status::ShardStatus;
pub use upkeep::Upkeep;
pub use wal::Lsn;
