//! Which rule a request falls under. The longest matching path wins; among equals the one that asks for more. It knows
//! nothing of what a rule leads to.

use hyper::Method;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};

use admission::{COHORTS, Cohort};
use xxhash_rust::xxh3::xxh3_64;

/// What a request must be like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// The path, or what it begins with.
    path: String,
    /// Whether anything may follow the path: it was written with `*` at its end.
    is_prefix: bool,
    /// Any where there is none.
    methods: Vec<Method>,
    /// A header and the value that it must have.
    header: Option<(HeaderName, HeaderValue)>,
    /// Of the clients, those who are meant; all where there is none.
    part: Option<Part>,
}

/// So many of a hundred clients, always the same ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    percent: u8,
    /// Tells these clients from those of other trials.
    salt: u64,
}

/// What of a request decides about its rule.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'r> {
    /// The path in its one form.
    pub path: &'r str,
    /// The method.
    pub method: &'r Method,
    /// The headers.
    pub headers: &'r HeaderMap,
    /// The client's, which stays the same from request to request.
    pub cohort: Cohort,
}

impl Pattern {
    /// A pattern for a path in its one form; with `*` at its end, for all that begins like it.
    pub fn new(path: &str, methods: Vec<Method>) -> Self {
        let (path, is_prefix) = path.strip_suffix('*').map_or((path, false), |prefix| (prefix, true));
        Self { path: path.to_owned(), is_prefix, methods, header: None, part: None }
    }

    /// Only with this header.
    #[must_use]
    pub fn with_header(self, header: Option<(HeaderName, HeaderValue)>) -> Self {
        Self { header, ..self }
    }

    /// Only for so many of a hundred clients; the same ones wherever the same is tried, and others where something else is.
    #[must_use]
    pub fn with_percent(self, percent: Option<u8>, trial: &str) -> Self {
        let part = percent.map(|percent| Part { percent, salt: xxh3_64(trial.as_bytes()) });
        Self { part, ..self }
    }

    /// Whether a request is like this.
    pub fn matches(&self, asked: Asked<'_>) -> bool {
        self.matches_path(asked.path)
            && (self.methods.is_empty() || self.methods.contains(asked.method))
            && self.header.as_ref().is_none_or(|(name, value)| asked.headers.get(name) == Some(value))
            && self.part.is_none_or(|part| part.has(asked.cohort))
    }

    /// Whether a path in its one form is like this.
    pub fn matches_path(&self, path: &str) -> bool {
        let Some(rest) = path.strip_prefix(self.path.as_str()) else {
            // `/search/*` is also `/search`.
            return self.is_prefix && self.path.strip_suffix('/') == Some(path);
        };
        rest.is_empty() || self.is_prefix
    }

    /// What comes first when several match: the longer path, the whole one, then the one that asks for more.
    pub fn rank(&self) -> impl Ord + use<> {
        let asks =
            [!self.methods.is_empty(), self.header.is_some(), self.part.is_some()].map(u8::from).iter().sum::<u8>();
        (self.path.len(), !self.is_prefix, asks)
    }
}

impl Part {
    /// Cohorts are 128, so that a hundredth is at least one of them and a hundred are all. Each trial has them in an order of
    /// its own: as many are before any place in it, since an odd factor makes no two the same.
    fn has(self, cohort: Cohort) -> bool {
        let place = (self.salt | 1).wrapping_mul(u64::from(cohort.number())).wrapping_add(self.salt >> 32);
        place % u64::from(COHORTS) * 100 < u64::from(self.percent) * u64::from(COHORTS)
    }
}

#[cfg(test)]
mod tests {
    use super::{Asked, Pattern};
    use admission::Cohort;
    use hyper::Method;
    use hyper::header::{HeaderMap, HeaderName, HeaderValue};

    fn matches(pattern: &Pattern, method: &Method, path: &str) -> bool {
        let (headers, cohort) = (HeaderMap::new(), Cohort::FIRST);
        pattern.matches(Asked { path, method, headers: &headers, cohort })
    }

    #[test]
    fn a_path_is_matched_as_a_whole_or_by_its_beginning() {
        let whole = Pattern::new("/checkout", Vec::new());
        assert!(matches(&whole, &Method::POST, "/checkout"));
        assert!(!matches(&whole, &Method::POST, "/checkout/") && !matches(&whole, &Method::POST, "/checkout2"));
        let below = Pattern::new("/search/*", vec![Method::GET]);
        for path in ["/search", "/search/", "/search/a/b"] {
            assert!(matches(&below, &Method::GET, path), "{path}");
        }
        assert!(!matches(&below, &Method::GET, "/searches") && !matches(&below, &Method::POST, "/search/"));
        assert!(matches(&Pattern::new("*", Vec::new()), &Method::GET, "/any"));
    }

    #[test]
    fn the_longer_path_wins_and_then_the_one_that_asks_for_more() {
        let header = Some((HeaderName::from_static("x-beta"), HeaderValue::from_static("1")));
        let mut patterns = [
            Pattern::new("/a/*", Vec::new()),
            Pattern::new("*", Vec::new()),
            Pattern::new("/a/*", Vec::new()).with_percent(Some(5), "new"),
            Pattern::new("/a/b", Vec::new()),
            Pattern::new("/a/b", vec![Method::GET]).with_header(header),
        ];
        patterns.sort_by_key(|pattern| std::cmp::Reverse(pattern.rank()));
        let order: Vec<_> = patterns.iter().map(|pattern| (pattern.path.as_str(), pattern.is_prefix)).collect();
        assert_eq!(order, [("/a/b", false), ("/a/b", false), ("/a/", true), ("/a/", true), ("", true)]);
        assert!(patterns[0].header.is_some() && patterns[2].part.is_some());
    }

    #[test]
    fn a_part_of_the_clients_is_the_same_part_on_every_request() {
        let meant = |percent: u8, trial: &str| {
            let pattern = Pattern::new("*", Vec::new()).with_percent(Some(percent), trial);
            let headers = HeaderMap::new();
            let cohorts = (0..admission::COHORTS).filter_map(|number| Cohort::new(number as u8));
            let is_meant = |cohort: &Cohort| {
                pattern.matches(Asked { path: "/", method: &Method::GET, headers: &headers, cohort: *cohort })
            };
            cohorts.filter(is_meant).map(Cohort::number).collect::<Vec<_>>()
        };
        for trial in ["new", "canary", "platform-b"] {
            assert_eq!([0, 1, 50, 100].map(|percent| meant(percent, trial).len()), [0, 2, 64, 128], "{trial}");
            let (few, more) = (meant(5, trial), meant(10, trial));
            assert!(few.iter().all(|cohort| more.contains(cohort)), "who is meant stays meant: {trial}");
        }
        assert_ne!(meant(5, "new"), meant(5, "canary"), "not always the same shoppers");
    }
}
