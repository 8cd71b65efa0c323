//! The lists of the gateway: upstreams and routes, checked as a whole. It knows nothing of HTTP beyond names, and what is
//! made of a list is not its affair.

use std::collections::HashSet;

use admission::Class;
use serde::{Deserialize, Serialize};
use toml::Value;

use super::error::{ConfigError, Origin};
use super::kind::is_token;
use super::path;

/// The name of the list of upstreams in the file.
pub const UPSTREAMS: &str = "gateway.upstream";
/// The name of the list of routes.
pub const ROUTES: &str = "gateway.route";

/// Where calls go.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Upstream {
    /// What routes call it.
    pub name: String,
    /// `http://HOST:PORT`; each address that the host resolves to is an endpoint.
    #[serde(default)]
    pub url: Option<String>,
    /// Several of them.
    #[serde(default)]
    pub urls: Vec<String>,
    /// How long a call may take to its answer's head, and between two pieces of its body, in milliseconds.
    #[serde(default = "timeout_ms")]
    pub timeout_ms: u64,
    /// How long making a connection may take, in milliseconds.
    #[serde(default = "connect_timeout_ms")]
    pub connect_timeout_ms: u64,
    /// Calls at once; 0 finds it out by latency.
    #[serde(default)]
    pub max_concurrency: u32,
    /// What is asked of each endpoint to see whether it works; nothing when empty.
    #[serde(default)]
    pub health_path: String,
    /// How often, in milliseconds.
    #[serde(default = "health_interval_ms")]
    pub health_interval_ms: u64,
}

/// What becomes of which requests.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// The path, with `*` at its end for all that begins like it.
    pub path: String,
    /// The methods; any when empty.
    #[serde(default)]
    pub methods: Vec<String>,
    /// How important it is.
    #[serde(default = "class")]
    pub class: String,
    /// Where it goes.
    pub upstream: String,
    /// `name: value`, a header that the request must have.
    #[serde(default)]
    pub header: Option<String>,
    /// Of a hundred clients, those who are meant.
    #[serde(default)]
    pub percent: Option<u8>,
    /// How long an answer is kept fresh that does not say so itself, in milliseconds; 0 keeps none, whatever they say.
    #[serde(default)]
    pub cache_ttl_ms: u64,
    /// How long after that it may be given out while it is fetched anew, in milliseconds.
    #[serde(default)]
    pub stale_while_revalidate_ms: u64,
    /// How long after that it may be given out while there is no other answer, in milliseconds.
    #[serde(default)]
    pub stale_if_error_ms: u64,
    /// From which brownout level on it is switched off.
    #[serde(default)]
    pub brownout_level: Option<u8>,
    /// What is answered then.
    #[serde(default)]
    pub brownout_answer: Option<Answer>,
}

/// An answer that needs no upstream.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Its status.
    #[serde(default = "status")]
    pub status: u16,
    /// The type of its body.
    #[serde(default = "content_type")]
    pub content_type: String,
    /// Its body.
    #[serde(default)]
    pub body: String,
}

fn timeout_ms() -> u64 {
    5_000
}

fn connect_timeout_ms() -> u64 {
    500
}

fn health_interval_ms() -> u64 {
    2_000
}

fn class() -> String {
    Class::Browse.word().to_owned()
}

fn status() -> u16 {
    200
}

fn content_type() -> String {
    "application/json".to_owned()
}

/// An entry of a list as written.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) value: Value,
    pub(super) origin: Origin,
}

/// The upstreams, each name once.
pub(super) fn upstreams(entries: &[Entry]) -> Result<Vec<Upstream>, ConfigError> {
    let mut names = HashSet::new();
    read(entries, UPSTREAMS, |upstream: &Upstream| {
        let urls = upstream.url.iter().chain(&upstream.urls);
        if upstream.name.is_empty() || upstream.name.len() > 64 {
            return Err("`name` has 1 to 64 bytes".to_owned());
        }
        if !names.insert(upstream.name.clone()) {
            return Err(format!("there is an upstream `{}` already", upstream.name));
        }
        if urls.clone().count() == 0 {
            return Err("`url` or `urls` says where it is".to_owned());
        }
        urls.clone().try_for_each(|url| authority(url).map(drop))?;
        within("timeout_ms", upstream.timeout_ms, 1..=3_600_000)?;
        within("connect_timeout_ms", upstream.connect_timeout_ms, 1..=60_000)?;
        within("health_interval_ms", upstream.health_interval_ms, 10..=3_600_000)?;
        if !upstream.health_path.is_empty() && !upstream.health_path.starts_with('/') {
            return Err("`health_path` begins with a slash, or is empty".to_owned());
        }
        Ok(())
    })
}

/// The routes, each to an upstream that there is.
pub(super) fn routes(entries: &[Entry], upstreams: &[Upstream]) -> Result<Vec<Route>, ConfigError> {
    read(entries, ROUTES, |route: &Route| {
        path(&route.path)?;
        if Class::parse(&route.class).is_none() {
            let words = Class::ALL.map(Class::word).join(", ");
            return Err(format!("`class` is one of {words}"));
        }
        if !upstreams.iter().any(|upstream| upstream.name == route.upstream) {
            return Err(format!("there is no upstream `{}`", route.upstream));
        }
        if route.methods.iter().any(|method| method.is_empty() || !method.bytes().all(|byte| byte.is_ascii_uppercase()))
        {
            return Err("`methods` are words in capitals".to_owned());
        }
        if let Some(written) = &route.header {
            header(written).ok_or("`header` is written `name: value`")?;
        }
        caching(route)?;
        within("percent", u64::from(route.percent.unwrap_or(0)), 0..=100)?;
        within("brownout_level", u64::from(route.brownout_level.unwrap_or(1)), 1..=3)?;
        if let Some(answer) = &route.brownout_answer {
            within("brownout_answer.status", u64::from(answer.status), 200..=599)?;
            if !is_value(&answer.content_type) {
                return Err("`brownout_answer.content_type` is written like text/html; charset=utf-8".to_owned());
            }
            if route.brownout_level.is_none() {
                return Err("`brownout_answer` needs a `brownout_level`".to_owned());
            }
        }
        Ok(())
    })
}

/// The path of a route in its one form, with the star that it ends with.
pub fn path(written: &str) -> Result<String, String> {
    let (bare, star) = written.strip_suffix('*').map_or((written, ""), |bare| (bare, "*"));
    if bare.is_empty() && !star.is_empty() {
        return Ok(star.to_owned());
    }
    let normal = path::normal(bare).map_err(|why| format!("`path` = {written}: {}", why.detail()))?;
    Ok(format!("{normal}{star}"))
}

/// Name and value of a header, if it is one.
pub fn header(written: &str) -> Option<(&str, &str)> {
    let (name, value) = written.split_once(':').map(|(name, value)| (name.trim(), value.trim()))?;
    (!name.is_empty() && name.bytes().all(is_token) && is_value(value)).then_some((name, value))
}

/// Whether a header may have this value.
fn is_value(text: &str) -> bool {
    text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
}

fn caching(route: &Route) -> Result<(), String> {
    const MONTH_MS: u64 = 30 * 24 * 60 * 60 * 1000;
    within("cache_ttl_ms", route.cache_ttl_ms, 0..=MONTH_MS)?;
    for (name, value) in
        [("stale_while_revalidate_ms", route.stale_while_revalidate_ms), ("stale_if_error_ms", route.stale_if_error_ms)]
    {
        within(name, value, 0..=MONTH_MS)?;
        if value > 0 && route.cache_ttl_ms == 0 {
            return Err(format!("`{name}` needs a `cache_ttl_ms`"));
        }
    }
    Ok(())
}

fn read<T: for<'de> Deserialize<'de>>(
    entries: &[Entry],
    list: &'static str,
    mut check: impl FnMut(&T) -> Result<(), String>,
) -> Result<Vec<T>, ConfigError> {
    let wrong = |origin: &Origin, problem| ConfigError::BadEntry { list, origin: origin.clone(), problem };
    let entry = |Entry { value, origin }: &Entry| {
        let read: T =
            value.clone().try_into().map_err(|error: toml::de::Error| wrong(origin, error.message().to_owned()))?;
        check(&read).map_err(|problem| wrong(origin, problem))?;
        Ok(read)
    };
    entries.iter().map(entry).collect()
}

fn within(name: &str, value: u64, range: std::ops::RangeInclusive<u64>) -> Result<(), String> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(format!("`{name}` = {value} is not allowed; allowed is {} to {}", range.start(), range.end()))
}

/// Host and port of a URL; upstreams are spoken to in plain HTTP.
pub fn authority(url: &str) -> Result<String, String> {
    let wrong = || format!("`{url}` is no address of an upstream: write it like http://127.0.0.1:9000");
    let authority = url.strip_prefix("http://").ok_or_else(wrong)?.trim_end_matches('/');
    if authority.is_empty() || authority.contains(['/', '@', '?', '#', ' ']) {
        return Err(wrong());
    }
    let port = authority.rsplit_once(':').filter(|(host, _)| !host.is_empty() && !host.ends_with(':'));
    match port {
        Some((_, port)) if !authority.ends_with(']') => {
            port.parse::<u16>().map_err(|_| wrong()).map(|_| authority.to_owned())
        }
        _ => Ok(format!("{authority}:80")),
    }
}

#[cfg(test)]
mod tests {
    use super::authority;

    #[test]
    fn an_upstream_is_a_host_and_a_port() {
        for (url, found) in [
            ("http://127.0.0.1:9000", "127.0.0.1:9000"),
            ("http://platform.internal/", "platform.internal:80"),
            ("http://[::1]:9000", "[::1]:9000"),
            ("http://[::1]", "[::1]:80"),
        ] {
            assert_eq!(authority(url).as_deref(), Ok(found), "{url}");
        }
        for url in ["", "https://a", "http://", "http://a/b", "http://a:x", "http://u@a", "a:80", "http://a:99999"] {
            assert!(authority(url).is_err(), "{url}");
        }
    }
}
