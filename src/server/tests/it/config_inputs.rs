//! Configurations that nobody would write: keys dropped, renamed and given twice, values of other types, bytes spoilt,
//! variables of all sorts. Each is a valid configuration, or an error that names the place in one short message.
//! What `fuzz/fuzz_targets/config.rs` looks for, on a stable toolchain and without looking at coverage.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use fastrand::Rng;
use server::config::keys::KEYS;
use server::config::{Config, ConfigError, Flags};

use crate::inputs::{any_of, each, spoil};

/// Values as a file may have them. None names a host: that would be looked up.
const VALUES: &[&str] = &[
    "0",
    "1",
    "-1",
    "64",
    "65",
    "512",
    "1000",
    "4194304",
    "67108864",
    "268435456",
    "4294967296",
    "86400000",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "1_000",
    "0x10",
    "0b11",
    "1.0",
    "1e400",
    "nan",
    "-inf",
    "true",
    "false",
    "\"\"",
    "\"0\"",
    "\"text\"",
    "\"json\"",
    "\"fulfil\"",
    "\"info\"",
    "'''a\nb'''",
    "\"\\u0000\"",
    "\"\u{1f980}\"",
    "\"127.0.0.1:0\"",
    "\"127.0.0.1:7700\"",
    "\"[::1]:7701\"",
    "\"127.0.0.1\"",
    "\"127.0.0.1:65536\"",
    "1979-05-27T07:32:00Z",
    "07:32:00",
    "[]",
    "[1, 2]",
    "[[[[]]]]",
    "{}",
    "{ shards = 1 }",
    "{ a.b.c = 1 }",
    "",
    "=",
    "\"",
];

/// What a name may be replaced with.
const NAMES: &[&str] = &[
    "",
    "shards",
    "engine",
    "listen",
    "data_dir",
    "api",
    "Shards",
    "engine.shards",
    "\"\"",
    "\"engine.shards\"",
    "a",
    "___",
    "\"\u{1f980}\"",
    "-",
    "0",
    "listen.api.x",
    "x.y.z",
    "\u{e4}",
];

/// A line of the file: a section or a key with its value.
enum Line {
    Section(String),
    Key(String, String),
}

fn shipped() -> Vec<Line> {
    let text = include_str!("../../../../config/tidegate.toml");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| match line.strip_prefix('[') {
            Some(section) => Some(Line::Section(section.trim_end_matches(']').to_owned())),
            None => line.split_once(" = ").map(|(name, value)| Line::Key(name.to_owned(), value.to_owned())),
        })
        .collect()
}

/// The file with some of its lines changed, as text.
fn changed(rng: &mut Rng) -> String {
    let mut lines = shipped();
    for _ in 0..rng.u8(..6) {
        let at = rng.usize(..lines.len());
        match (&mut lines[at], rng.u8(..8)) {
            (_, 0) => drop(lines.remove(at)),
            (_, 1) => {
                let again = lines.remove(at);
                let places = [rng.usize(..=lines.len()), rng.usize(..=lines.len())];
                lines.insert(places[0], again);
            }
            (Line::Section(name) | Line::Key(name, _), 2) => (*any_of(rng, NAMES)).clone_into(name),
            (Line::Section(name) | Line::Key(name, _), 3) => *name = misspelt(rng, name),
            (Line::Section(name), 4) => *name = format!("[{name}]"),
            (Line::Section(name), _) => *name = format!("{name}.{}", any_of(rng, NAMES)),
            (Line::Key(name, value), 4) => *value = format!("{value}\n{name} = {}", any_of(rng, VALUES)),
            (Line::Key(_, value), 5) => *value = nested(rng),
            (Line::Key(_, value), _) => (*any_of(rng, VALUES)).clone_into(value),
        }
    }
    let texts = lines.iter().map(|line| match line {
        Line::Section(name) => format!("[{name}]\n"),
        Line::Key(name, value) => format!("{name} = {value}\n"),
    });
    texts.collect()
}

/// One letter other, gone, or doubled.
fn misspelt(rng: &mut Rng, name: &str) -> String {
    let mut letters: Vec<char> = name.chars().collect();
    let Some(last) = letters.len().checked_sub(1) else { return "x".to_owned() };
    let at = rng.usize(..=last);
    match rng.u8(..3) {
        0 => letters[at] = rng.char('a'..='z'),
        1 => drop(letters.remove(at)),
        _ => letters.insert(at, letters[at]),
    }
    letters.into_iter().collect()
}

/// Deeper than any reader that calls itself should follow.
fn nested(rng: &mut Rng) -> String {
    let depth = 1 << rng.u8(..16);
    any_of(rng, &["[", "{ a = ", "{ a.a.a.a = ", "'"]).repeat(depth)
}

/// The file as bytes; spoilt without its addresses, which may become names that would be looked up.
fn file(rng: &mut Rng) -> Vec<u8> {
    let text = changed(rng);
    if rng.u8(..3) > 0 {
        return text.into_bytes();
    }
    let mut bytes = text
        .lines()
        .filter(|line| !line.contains("127.0") && !line.contains("::1"))
        .fold(String::new(), |text, line| text + line + "\n")
        .into_bytes();
    spoil(rng, &mut bytes, b"= [engine]\n[[x]]\n\"\"\"\\u00e4\xff\x00\r'''{}.#");
    bytes
}

/// Variables: ours, nearly ours, and somebody else's.
fn variables(rng: &mut Rng) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::from([("PATH".to_owned(), "\u{fffd}".to_owned())]);
    for _ in 0..rng.u8(..12).saturating_sub(7) {
        let key = any_of(rng, KEYS);
        let name = match rng.u8(..8) {
            0 => format!("TIDEGATE_{}", any_of(rng, NAMES)),
            1 => misspelt(rng, &key.env_name()),
            2 => key.env_name().to_lowercase(),
            _ => key.env_name(),
        };
        let value = any_of(rng, VALUES).trim_matches('"').to_owned();
        let value = if rng.u8(..16) == 0 { value.repeat(10_000) } else { value };
        variables.insert(name, value);
    }
    variables
}

fn flags(rng: &mut Rng) -> Flags {
    let mut flag = || (rng.u8(..16) == 0).then(|| any_of(rng, VALUES).trim_matches('"').to_owned());
    Flags { data_dir: flag(), api: flag(), admin: flag(), gateway: flag() }
}

/// Every rule that code behind the configuration leans on.
fn check_valid(config: &Config) {
    let engine = &config.engine;
    assert!((1..=64).contains(&engine.shards) && (1..=256).contains(&engine.io_threads), "{config:?}");
    assert!(engine.default_ttl_ms >= 1 && engine.default_ttl_ms <= engine.max_hold_ms, "{config:?}");
    assert!(engine.max_reservations >= 1 && engine.idempotency_max_keys >= 1, "{config:?}");
    assert!(config.log.segment_bytes.is_multiple_of(512) && config.log.segment_bytes >= 4 << 20, "{config:?}");
    assert!(config.log.reserve_bytes <= config.log.segment_bytes, "{config:?}");
    assert!(config.store.cache_bytes >= 8 << 20 && config.store.history_days <= 3650, "{config:?}");
    assert!(config.http.max_connections >= 1 && config.http.header_timeout_ms >= 100, "{config:?}");
    assert!(config.listen.api != config.listen.admin || config.listen.api.port() == 0, "{config:?}");
    assert!(
        config.listen.gateway.is_none_or(|gateway| gateway != config.listen.api || gateway.port() == 0),
        "{config:?}"
    );
    assert!(config.admission.target_delay_ms <= config.admission.drop_delay_ms, "{config:?}");
    assert!(!config.data_dir.as_os_str().is_empty(), "{config:?}");
}

/// An error must say which line, variable or flag is meant, one that there is.
fn check_told(error: &ConfigError, path: &Path, text: &[u8], variables: &BTreeMap<String, String>) {
    let message = error.to_string();
    let lines = text.split(|&byte| byte == b'\n').count();
    let after = |opening: &str| {
        let number = message.split(opening).nth(1)?;
        number.split(|c: char| !c.is_ascii_digit()).next()?.parse::<usize>().ok()
    };
    let line = after(&format!("{}:", path.display())).or_else(|| after("at line "));
    let is_line = line.is_some_and(|line| (1..=lines).contains(&line));
    let is_variable = variables.keys().any(|name| message.contains(&format!("environment variable {name}")));
    let is_flag =
        ["--data-dir", "--api", "--admin", "--gateway"].iter().any(|flag| message.contains(&format!("flag {flag}")));
    assert!(is_line || is_variable || is_flag, "{message}");
    match error {
        ConfigError::UnknownKey { nearest, .. } => {
            let known =
                |nearest: &str| KEYS.iter().any(|key| [key.path, key.section(), &key.env_name()].contains(&nearest));
            assert!(known(nearest), "{message}");
        }
        ConfigError::NotAllowed { key, .. } => assert!(KEYS.iter().any(|known| known.path == *key), "{message}"),
        ConfigError::Unreadable { .. } => panic!("the file is there: {message}"),
        ConfigError::NotText { .. } => assert!(std::str::from_utf8(text).is_err(), "{message}"),
        ConfigError::NotLive { .. } | ConfigError::NoTree { .. } | ConfigError::Overlay { .. } => {
            panic!("there is no overlay: {message}")
        }
        ConfigError::BadEntry { list, .. } => assert!(list.starts_with("gateway"), "{message}"),
        ConfigError::Syntax { .. } | ConfigError::NotASection { .. } | ConfigError::Conflict { .. } => {}
    }
}

#[test]
fn any_configuration_is_valid_or_refused_by_line_variable_or_flag() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("tidegate.toml");
    let (mut valid, mut refused) = (0_u64, BTreeMap::<String, u64>::new());
    each(3_000, |rng| {
        let (text, variables, flags) = (file(rng), variables(rng), flags(rng));
        fs::write(&path, &text).expect("writable");
        let env = variables.clone().into_iter();
        match Config::load(Some(&path), env, flags) {
            Ok(config) => {
                check_valid(&config);
                valid += 1;
            }
            Err(error) => {
                check_told(&error, &path, &text, &variables);
                let kind = format!("{error:?}").chars().take_while(char::is_ascii_alphanumeric).collect();
                *refused.entry(kind).or_default() += 1;
            }
        }
    });
    println!("{valid} valid; refused: {refused:?}");
}
