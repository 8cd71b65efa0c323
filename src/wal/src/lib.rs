//! The durable log: numbered segments of opaque, checksummed, chained frames over a [`Disk`].
//! It must not know what a record means, what time it is, or which thread drives it: [`Log`],
//! [`Preparer`] and [`Trimmer`] are stepped from outside.
//!
//! What holds, and what everything else here leans on:
//! 1. No byte of a frame, nor of the next segment's header, is written before the sync of the frame
//!    before it has returned. A later frame therefore proves that all earlier ones were acknowledged.
//! 2. Frames start at multiples of [`FRAME_ALIGN`], so that an append never touches a sector that
//!    holds acknowledged bytes.
//! 3. Everything after the last frame of a segment is zero, on disk, before the log goes on.
//! 4. A segment gets its name only once its header is on disk.
//! 5. A failed write or sync is terminal: nothing is written, removed or acknowledged ever after.
//! 6. Segments go from the oldest on, never the active one, and only when all their records are kept
//!    elsewhere: what is there is always one stretch of the chain, up to its end. Opening is told up to
//!    which record that is, and refuses a log that begins later or ends earlier.
#![forbid(unsafe_code)]

mod append;
mod disk;
mod error;
#[cfg(feature = "faulty")]
pub mod faulty;
mod follow;
mod format;
mod frame;
mod lock;
mod lsn;
mod open;
mod options;
mod prepare;
mod real;
mod scan;
mod seek;
mod segment;
mod space;
mod trim;
mod window;

pub use append::{Log, Written};
pub use disk::{Disk, DiskFile};
pub use error::{FollowError, VisitError, WalError, WriteError};
pub use follow::{Follower, Take, oldest};
pub use format::{FORMAT_VERSION, FRAME_ALIGN, FRAME_HEADER_BYTES, Identity, MAX_FRAME_BYTES};
pub use frame::{Frame, FrameBuffer, Records, records};
pub use lock::DirectoryLock;
pub use lsn::Lsn;
pub use options::Options;
pub use prepare::{Prepared, Preparer};
pub use real::{RealDisk, RealFile, create_durably};
pub use scan::{Opened, Progress, Visit, read};
pub use segment::identity;
pub use space::SpaceHandle;
pub use trim::{Trimmed, Trimmer};
