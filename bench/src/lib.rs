//! What measures Tidegate from outside: the replay of real orders, the closed-loop load, the comparison with peers, kills,
//! recovery, and the disk that a long life takes.
//! It speaks HTTP and knows the contract only; it must not import the house's own crates.
#![forbid(unsafe_code)]

pub mod bare;
mod bulk;
pub mod calendar;
pub mod crash;
pub mod disk_use;
pub mod error;
pub mod latency;
pub mod load;
pub mod peers;
pub mod recovery;
pub mod replay;
mod server;

pub use error::Error;
