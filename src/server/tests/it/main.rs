//! The server's tests from outside, one file an idea, in one binary.

mod backup;
mod batch;
mod caps;
mod checkpoint;
mod cli;
mod client;
mod config;
mod config_inputs;
mod contract;
mod crash;
mod event_stream;
mod events;
mod faults;
mod full_disk;
mod ground;
mod history;
mod http;
mod http_inputs;
mod import;
#[path = "../../../../fuzz/inputs.rs"]
mod inputs;
mod limits;
mod mounted;
mod offline;
mod old_events;
mod program;
mod reserve;
mod sales;
mod serve;
mod shop;
mod shopify;
mod sku_history;
mod skus;
mod stock;
mod tidy;
mod verbs;
