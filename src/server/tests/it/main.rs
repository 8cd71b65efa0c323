//! The server's tests from outside, one file an idea, in one binary.

mod batch;
mod cli;
mod client;
mod config;
mod crash;
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
