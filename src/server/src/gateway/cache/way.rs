//! How an answer came about, in the words of `Cache-Status` (RFC 9211) and of the metric. It knows no answer.

use hyper::header::{HeaderName, HeaderValue};

/// The field that says so.
pub const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");

/// How an answer came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// A fresh copy.
    Hit,
    /// A copy of which another request had been waiting already.
    Collapsed,
    /// A stale copy at once: it is fetched anew meanwhile, or must not be.
    Stale,
    /// A stale copy, since the upstream gave no answer that is one.
    Instead,
    /// The copy that was stale until the upstream confirmed it.
    Renewed,
    /// The upstream's answer, kept from now on.
    Stored,
    /// The same, in place of a stale copy.
    Refetched,
    /// The upstream's answer, which is not kept.
    Through,
    /// The same, though there was a stale copy.
    Outdated,
    /// It asks for what is never kept.
    Bypass,
    /// It was not made to be kept: its method.
    Method,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Answered with a fresh copy.
    Hit,
    /// Asked of the upstream.
    Miss,
    /// Answered with a stale copy.
    Stale,
    /// Answered with a copy that the upstream has confirmed.
    Revalidated,
    /// Nothing that is kept.
    Bypass,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 5] = [Self::Hit, Self::Miss, Self::Stale, Self::Revalidated, Self::Bypass];

    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Stale => "stale",
            Self::Revalidated => "revalidated",
            Self::Bypass => "bypass",
        }
    }
}

impl Way {
    /// As what it is counted.
    pub const fn outcome(self) -> Outcome {
        match self {
            Self::Hit | Self::Collapsed => Outcome::Hit,
            Self::Stale | Self::Instead => Outcome::Stale,
            Self::Renewed => Outcome::Revalidated,
            Self::Stored | Self::Refetched | Self::Through | Self::Outdated => Outcome::Miss,
            Self::Bypass | Self::Method => Outcome::Bypass,
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Hit | Self::Stale => "hit",
            Self::Collapsed => "fwd=miss; collapsed",
            Self::Instead => "fwd=stale; detail=stale-if-error",
            Self::Renewed => "fwd=stale; fwd-status=304; stored",
            Self::Stored => "fwd=miss; stored",
            Self::Refetched => "fwd=stale; stored",
            Self::Through => "fwd=miss",
            Self::Outdated => "fwd=stale",
            Self::Bypass => "fwd=bypass",
            Self::Method => "fwd=method",
        }
    }

    /// As a field's value; for a copy, with the seconds for which it is fresh.
    pub fn status(self, seconds_left: Option<i64>) -> HeaderValue {
        let left = seconds_left.map(|left| format!("; ttl={left}")).unwrap_or_default();
        let text = format!("tidegate; {}{left}", self.words());
        HeaderValue::from_str(&text).expect("words of ours and digits are a header's value")
    }
}
