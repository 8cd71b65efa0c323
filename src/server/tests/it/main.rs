//! The server's tests from outside, one file an idea, in one binary.

mod batch;
mod caps;
mod cli;
mod client;
mod config;
mod contract;
mod crash;
mod event_stream;
mod events;
mod faults;
mod http;
mod import;
mod limits;
mod offline;
mod program;
mod reserve;
mod sales;
mod serve;
mod shop;
mod shopify;
mod skus;
mod stock;
mod tidy;
mod verbs;
