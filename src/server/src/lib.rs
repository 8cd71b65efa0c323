//! The server: what `tidegate` does, as a library that its binary and its tests share.
//! It alone knows tokio and HTTP.

#![forbid(unsafe_code)]

pub mod cli;
pub mod config;
pub mod import;
