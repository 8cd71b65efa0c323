//! The configuration: which source wins, and what a wrong one is told.

use std::path::Path;

use server::config::{Config, ConfigError, Flags, LogFormat, OnConfirm};

fn load(file: &str, env: &[(&str, &str)], flags: Flags) -> Result<Config, ConfigError> {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let path = directory.path().join("tidegate.toml");
    std::fs::write(&path, file).expect("a temporary file can be written");
    let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::load(Some(&path), env, flags)
}

/// The message for a configuration that must be refused, the temporary path left out.
fn refused(file: &str, env: &[(&str, &str)], flags: Flags) -> String {
    let message = load(file, env, flags).expect_err("this configuration must be refused").to_string();
    match message.find("tidegate.toml") {
        Some(at) => message[at..].to_owned(),
        None => message,
    }
}

fn refused_file(file: &str) -> String {
    refused(file, &[], Flags::default())
}

fn refused_variable(name: &str, value: &str) -> String {
    refused("", &[(name, value)], Flags::default())
}

#[test]
fn without_any_source_the_defaults_stand() {
    let config = Config::load(None, std::iter::empty(), Flags::default()).unwrap();
    assert_eq!(config.data_dir, Path::new("data"));
    assert_eq!(config.listen.api.to_string(), "127.0.0.1:7700");
    assert_eq!(config.listen.admin.to_string(), "127.0.0.1:7701");
    assert_eq!(config.engine.default_ttl_ms, 600_000);
    assert_eq!(config.engine.on_confirm, OnConfirm::Allocate);
    assert_eq!((config.engine.max_payment_grace_ms, config.engine.max_customer_buckets), (900_000, 20_000_000));
    assert_eq!(config.log.segment_bytes, 268_435_456);
    assert_eq!(config.http.max_connections, 16_384);
    assert_eq!(config.telemetry.log_format, LogFormat::Text);
    assert_eq!(config.telemetry.log_level, tracing::Level::INFO);
}

#[test]
fn zero_shards_and_threads_follow_the_cores() {
    let config = load("", &[], Flags::default()).unwrap();
    let cores = std::thread::available_parallelism().unwrap().get();
    assert_eq!(config.engine.shards, cores.min(64));
    assert_eq!(config.engine.io_threads, cores);
}

#[test]
fn a_variable_beats_the_file_and_a_flag_beats_both() {
    let file = "data_dir = \"f\"\n[listen]\napi = \"127.0.0.1:1\"\nadmin = \"127.0.0.1:2\"\n";
    let env = [("TIDEGATE_LISTEN__API", "127.0.0.1:3"), ("TIDEGATE_DATA_DIR", "e")];
    let flags = Flags { data_dir: Some("g".to_owned()), ..Flags::default() };
    let config = load(file, &env, flags).unwrap();
    assert_eq!(config.data_dir, Path::new("g"));
    assert_eq!(config.listen.api.port(), 3);
    assert_eq!(config.listen.admin.port(), 2);
}

#[test]
fn every_key_can_be_set_by_a_variable() {
    for key in server::config::keys::KEYS {
        let (name, default) = (key.env_name(), key.kind.default());
        let text = default.as_str().map_or_else(|| default.to_string(), ToOwned::to_owned);
        load("", &[(&name, &text)], Flags::default()).unwrap_or_else(|error| panic!("{name}={text}: {error}"));
    }
    let env = [
        ("TIDEGATE_ENGINE__SHARDS", "2"),
        ("TIDEGATE_ENGINE__ON_CONFIRM", "fulfil"),
        ("TIDEGATE_TELEMETRY__LOG_FORMAT", "json"),
        ("TIDEGATE_TELEMETRY__LOG_LEVEL", "warn"),
    ];
    let config = load("", &env, Flags::default()).unwrap();
    assert_eq!(config.engine.shards, 2);
    assert_eq!(config.engine.on_confirm, OnConfirm::Fulfil);
    assert_eq!(config.telemetry.log_format, LogFormat::Json);
    assert_eq!(config.telemetry.log_level, tracing::Level::WARN);
}

#[test]
fn variables_of_other_programs_are_none_of_ours() {
    load("", &[("PATH", "/bin"), ("XTIDEGATE_A", "1")], Flags::default()).unwrap();
}

#[test]
fn host_names_resolve() {
    let flags = Flags { api: Some("localhost:0".to_owned()), ..Flags::default() };
    let config = load("", &[], flags).unwrap();
    assert!(config.listen.api.ip().is_loopback());
}

#[test]
fn an_unknown_key_is_told_its_nearest_neighbour() {
    assert_eq!(
        refused_file("data_dir = \"d\"\n\n[engine]\nshard = 2\n"),
        "tidegate.toml:4: unknown key `engine.shard`; did you mean `engine.shards`?"
    );
    assert_eq!(
        refused_file("[log]\nlog_level = \"info\"\n"),
        "tidegate.toml:2: unknown key `log.log_level`; did you mean `telemetry.log_level`?"
    );
    assert_eq!(
        refused_file("segment_bytes = 1\n"),
        "tidegate.toml:1: unknown key `segment_bytes`; did you mean `log.segment_bytes`?"
    );
    assert_eq!(
        refused_file("[engines]\nshards = 2\n"),
        "tidegate.toml:1: unknown key `engines`; did you mean `engine`?"
    );
    assert_eq!(
        refused_variable("TIDEGATE_ENGINE_SHARDS", "2"),
        "environment variable TIDEGATE_ENGINE_SHARDS: unknown key `TIDEGATE_ENGINE_SHARDS`; \
         did you mean `TIDEGATE_ENGINE__SHARDS`?"
    );
}

#[test]
fn a_value_out_of_range_is_told_the_range_and_the_place() {
    assert_eq!(
        refused_file("[engine]\nshards = 65\n"),
        "tidegate.toml:2: `engine.shards` = 65 is not allowed; allowed is 0 to 64 shards"
    );
    assert_eq!(
        refused_file("[log]\nsegment_bytes = 4194305\n"),
        "tidegate.toml:2: `log.segment_bytes` = 4194305 is not allowed; \
         allowed is 4194304 to 4294967296 bytes, a multiple of 512"
    );
    assert_eq!(
        refused_variable("TIDEGATE_ENGINE__SHARDS", "-1"),
        "environment variable TIDEGATE_ENGINE__SHARDS: `engine.shards` = -1 is not allowed; \
         allowed is 0 to 64 shards"
    );
    let flags = Flags { admin: Some("7701".to_owned()), ..Flags::default() };
    assert_eq!(
        refused("", &[], flags),
        "flag --admin: `listen.admin` = \"7701\" is not allowed; \
         allowed is HOST:PORT with a host that resolves"
    );
}

#[test]
fn both_ends_of_a_range_are_allowed() {
    load("[engine]\nshards = 64\n", &[], Flags::default()).unwrap();
    load("[engine]\nqueue_capacity = 64\n", &[], Flags::default()).unwrap();
    refused_file("[engine]\nqueue_capacity = 63\n");
}

#[test]
fn a_value_of_the_wrong_type_is_refused() {
    assert_eq!(
        refused_file("[engine]\nshards = \"2\"\n"),
        "tidegate.toml:2: `engine.shards` = \"2\" is not allowed; allowed is 0 to 64 shards"
    );
    assert_eq!(
        refused_variable("TIDEGATE_ENGINE__SHARDS", "two"),
        "environment variable TIDEGATE_ENGINE__SHARDS: `engine.shards` = \"two\" is not allowed; \
         allowed is 0 to 64 shards"
    );
    assert_eq!(
        refused_file("[telemetry]\nlog_format = \"xml\"\n"),
        "tidegate.toml:2: `telemetry.log_format` = \"xml\" is not allowed; \
         allowed is one of text, json"
    );
    assert_eq!(
        refused_variable("TIDEGATE_ENGINE__ON_CONFIRM", "ship"),
        "environment variable TIDEGATE_ENGINE__ON_CONFIRM: `engine.on_confirm` = \"ship\" is not allowed; \
         allowed is one of allocate, fulfil"
    );
    assert_eq!(
        refused_file("data_dir = \"\"\n"),
        "tidegate.toml:1: `data_dir` = \"\" is not allowed; allowed is a path"
    );
    assert_eq!(refused_file("engine = 2\n"), "tidegate.toml:1: `engine` is a section, write [engine]");
}

#[test]
fn values_that_do_not_go_together_name_both_places() {
    let env = [("TIDEGATE_ENGINE__MAX_HOLD_MS", "1000")];
    assert_eq!(
        refused("", &env, Flags::default()),
        "`engine.default_ttl_ms` = 600000 (default) must not be above `engine.max_hold_ms` = 1000 \
         (environment variable TIDEGATE_ENGINE__MAX_HOLD_MS)"
    );
    let env = [("TIDEGATE_LISTEN__ADMIN", "127.0.0.1:7700")];
    assert_eq!(
        refused("", &env, Flags::default()),
        "`listen.admin` = \"127.0.0.1:7700\" (environment variable TIDEGATE_LISTEN__ADMIN) must \
         differ from `listen.api` = \"127.0.0.1:7700\" (default)"
    );
    let env = [("TIDEGATE_LOG__SEGMENT_BYTES", "4194304")];
    assert_eq!(
        refused("", &env, Flags::default()),
        "`log.reserve_bytes` = 67108864 (default) must not be above `log.segment_bytes` = 4194304 \
         (environment variable TIDEGATE_LOG__SEGMENT_BYTES)"
    );
    let any_port = [("TIDEGATE_LISTEN__API", "127.0.0.1:0"), ("TIDEGATE_LISTEN__ADMIN", "127.0.0.1:0")];
    load("", &any_port, Flags::default()).unwrap();
}

#[test]
fn what_cannot_be_read_is_named() {
    let missing = Path::new("no/such/tidegate.toml");
    let error = Config::load(Some(missing), std::iter::empty(), Flags::default()).unwrap_err();
    assert!(matches!(error, ConfigError::Unreadable { path, .. } if path == missing));
    let message = refused_file("[engine\nshards = 2\n");
    assert!(message.contains("not valid TOML") && message.contains("line 1"));
}

/// It used to be `u64 value was too large`, wherever in the file that was.
#[test]
fn a_number_beyond_what_a_number_can_be_is_named() {
    let message = refused_file("\n[engine]\nshards = 9223372036854775808\n");
    assert_eq!(
        message,
        "tidegate.toml:3: `engine.shards` = 9223372036854775808 is not allowed; allowed is 0 to 64 shards"
    );
}

/// It used to be `stream did not contain valid UTF-8`, wherever in the file that was.
#[test]
fn a_line_that_is_not_text_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), b"[engine]\nshards = 2\non_confirm = \"\xff\"\n").unwrap();
    let error = Config::load(Some(file.path()), std::iter::empty(), Flags::default()).unwrap_err();
    assert_eq!(error.to_string(), format!("{}:3: the line is not UTF-8", file.path().display()));
}

#[test]
fn the_help_lists_every_key() {
    let help = server::config::keys::help();
    for key in server::config::keys::KEYS {
        assert!(help.contains(key.path) && help.contains(&key.summary()));
    }
}
