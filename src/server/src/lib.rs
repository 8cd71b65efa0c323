//! The server: what `tidegate` does, as a library that its binary and its tests share.
//! It alone knows tokio and HTTP.

#![forbid(unsafe_code)]

pub mod admin;
pub mod api;
pub mod cli;
pub mod config;
pub mod error;
pub mod http;
pub mod import;
pub mod offline;
pub mod serve;
mod settings;
pub mod stage;
pub mod telemetry;
