//! What measures Tidegate from outside: the replay of real orders, the closed and the open loop, the comparison with peers
//! and proxies, overload before a stub platform, kills, recovery, the disk that a long life takes, and what is kept costs.
//! It speaks HTTP and knows the contract only; it must not import the house's own crates.
#![forbid(unsafe_code)]

pub mod bare;
mod bulk;
pub mod calendar;
pub mod crash;
pub mod curves;
pub mod disk;
pub mod disk_use;
pub mod error;
pub mod latency;
pub mod load;
pub mod machine;
pub mod overload;
pub mod peers;
pub mod platform;
pub mod processor;
mod program;
pub mod recovery;
pub mod replay;
mod server;
// The house draws charts in one way: the toy world of admission has it, as a file that needs nothing.
#[path = "../../src/admission/examples/model/svg.rs"]
mod svg;

pub use error::Error;

/// A directory for what a measurement leaves, gone with what this gives: in `within`, or where the system keeps such.
pub fn work_directory(within: Option<&std::path::Path>) -> Result<tempfile::TempDir, Error> {
    let made = within.map_or_else(tempfile::tempdir, tempfile::tempdir_in);
    made.map_err(Error::system("make a directory to work in"))
}
