//! The server's tests from outside, one file an idea, in one binary.

mod cli;
mod config;
mod import;
mod tidy;
