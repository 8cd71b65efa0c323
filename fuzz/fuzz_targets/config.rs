//! Any file and any variables as a configuration: it is valid, or the error names its place. The bytes before the first NUL
//! are the file, and after it each line is a variable. The configuration's own sources are compiled here, since the server
//! would bring RocksDB along.
#![no_main]

#[allow(dead_code, unused_imports)]
#[path = "../../src/server/src/config/mod.rs"]
mod config;

use config::{Config, ConfigError, Flags};
use libfuzzer_sys::fuzz_target;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::OnceLock;

/// It is written anew for every input.
fn path() -> &'static PathBuf {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| std::env::temp_dir().join(format!("tidegate-fuzz-{}.toml", std::process::id())))
}

/// A name would be looked up, wherever that leads: only what is clearly no name, or an address, is tried.
fn may_be_looked_up(address: &str) -> bool {
    let port = address.rsplit_once(':').map(|(_, port)| port.parse::<u16>());
    matches!(port, Some(Ok(_))) && address.parse::<SocketAddr>().is_err()
}

fn names_a_host(file: &[u8], variables: &[(String, String)]) -> bool {
    let table = std::str::from_utf8(file).ok().and_then(|text| text.parse::<toml::Table>().ok());
    let listen = table.as_ref().and_then(|table| table.get("listen")?.as_table());
    let in_file = listen.into_iter().flat_map(|listen| listen.values()).filter_map(toml::Value::as_str);
    let in_variables = variables.iter().map(|(_, value)| value.as_str());
    in_file.chain(in_variables).any(may_be_looked_up)
}

fn split(bytes: &[u8]) -> (&[u8], Vec<(String, String)>) {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    let lines = bytes[end..].split(|&byte| byte == b'\n');
    let variable = |line: &[u8]| {
        let line = String::from_utf8_lossy(line).trim_start_matches('\0').to_owned();
        line.split_once('=').map(|(name, value)| (format!("TIDEGATE_{name}"), value.to_owned()))
    };
    (&bytes[..end], lines.filter_map(variable).collect())
}

fuzz_target!(|bytes: &[u8]| {
    let (file, variables) = split(bytes);
    if names_a_host(file, &variables) {
        return;
    }
    std::fs::write(path(), file).expect("writable");
    match Config::load(Some(path()), variables.into_iter(), Flags::default()) {
        Ok(config) => {
            assert!((1..=64).contains(&config.engine.shards), "{config:?}");
            assert!(config.engine.default_ttl_ms <= config.engine.max_hold_ms, "{config:?}");
            assert!(config.log.reserve_bytes <= config.log.segment_bytes, "{config:?}");
            assert!(config.log.segment_bytes.is_multiple_of(512), "{config:?}");
        }
        Err(error) => {
            let message = error.to_string();
            let is_placed = message.contains(&format!("{}:", path().display()))
                || message.contains("environment variable TIDEGATE_")
                || matches!(error, ConfigError::Syntax { .. }) && message.contains("at line ");
            assert!(is_placed, "{message}");
        }
    }
});
