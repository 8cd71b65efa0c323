//! The server: what `tidegate` does, as a library that its binary and its tests share.
//! It alone knows tokio and HTTP.

#![forbid(unsafe_code)]

pub mod admin;
pub mod api;
pub mod backup;
mod catch_up;
pub mod cli;
pub mod config;
mod data_dir;
mod descriptors;
mod durable;
pub mod error;
pub mod gateway;
pub mod http;
pub mod import;
pub mod offline;
mod options;
pub mod serve;
mod settings;
mod shedding;
pub mod sizing;
pub mod stage;
pub mod telemetry;
pub mod tuning;
