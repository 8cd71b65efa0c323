//! What an answer says of its own keeping: `Cache-Control`, and the older fields that stand in for it. It concludes nothing.

use std::time::{Duration, SystemTime};

use hyper::header::{AGE, CACHE_CONTROL, DATE, EXPIRES, HeaderMap, HeaderName, PRAGMA};

/// No answer is believed to be fresh, usable, or old, for longer.
pub const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The directives of `Cache-Control`, in small letters, with commas between them. Of two that contradict each other the
/// first counts (RFC 9111, section 4.2.1).
pub struct Directives(String);

impl Directives {
    /// None where they cannot be read: then nothing may be concluded.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let mut said = String::new();
        for value in headers.get_all(CACHE_CONTROL) {
            said.push_str(&value.to_str().ok()?.to_ascii_lowercase());
            said.push(',');
        }
        let is_old_way = said.is_empty() && headers.get(PRAGMA).is_some_and(|pragma| pragma == "no-cache");
        Some(Self(if is_old_way { "no-cache".to_owned() } else { said }))
    }

    fn find(&self, name: &str) -> Option<&str> {
        self.0.split(',').find_map(|directive| {
            let (found, value) = directive.split_once('=').unwrap_or((directive, ""));
            (found.trim() == name).then(|| value.trim().trim_matches('"'))
        })
    }

    /// Whether one is there.
    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// Whether one of these is there.
    pub fn has_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.has(name))
    }

    /// The time that one names; none at all where it names no time.
    pub fn span(&self, name: &str) -> Option<Duration> {
        let seconds = self.find(name)?.parse().map_or(Duration::ZERO, Duration::from_secs);
        Some(seconds.min(LONGEST))
    }
}

/// How old an answer was when it arrived, as far as it says so (RFC 9111, section 4.2.3): by its `Age`, to which comes how
/// long it may have been on its way, and by its `Date`. A date is in whole seconds: the answer may be a second younger.
pub fn age(headers: &HeaderMap, arrived: SystemTime, delay: Duration) -> Duration {
    // An age that is no number is that of something very old.
    let told = headers.get(AGE).map_or(Duration::ZERO, |age| {
        let seconds = age.to_str().ok().and_then(|age| age.trim().parse().ok());
        seconds.map_or(LONGEST, Duration::from_secs)
    });
    let since_date = date(headers, &DATE).and_then(|date| arrived.duration_since(date).ok());
    let apparent = since_date.unwrap_or_default().saturating_sub(Duration::from_secs(1));
    told.saturating_add(delay).max(apparent).min(LONGEST)
}

/// How long it may be used from its making on, if it says so; what cannot be read is no time.
pub fn lifetime(headers: &HeaderMap, said: &Directives, arrived: SystemTime) -> Option<Duration> {
    let until = || {
        headers.contains_key(EXPIRES).then(|| {
            let made = date(headers, &DATE).unwrap_or(arrived);
            let span = date(headers, &EXPIRES).and_then(|expires| expires.duration_since(made).ok());
            span.unwrap_or_default().min(LONGEST)
        })
    };
    said.span("s-maxage").or_else(|| said.span("max-age")).or_else(until)
}

fn date(headers: &HeaderMap, name: &HeaderName) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(name)?.to_str().ok()?).ok()
}
