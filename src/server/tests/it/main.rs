//! The server's tests from outside, one file an idea, in one binary.

mod cli;
mod client;
mod config;
mod crash;
mod event_stream;
mod events;
mod faults;
mod http;
mod import;
mod offline;
mod program;
mod reserve;
mod serve;
mod shopify;
mod stock;
mod tidy;
mod verbs;
