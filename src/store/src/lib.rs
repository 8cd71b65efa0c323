//! The materialised ledger and its history in `RocksDB`: what the log led to, so that recovery need
//! not read it all and a reservation is known long after its end. The only crate that names `RocksDB`.
//! It must not know HTTP, nor decide anything.
#![forbid(unsafe_code)]

pub use engine::Lsn;
use rocksdb as _;
use ledger as _;
use thiserror as _;
