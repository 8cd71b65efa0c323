//! Which rule a request falls under. The longest matching path wins; among equals the one that asks for more. It knows
//! nothing of what a rule leads to.

use hyper::Method;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};

use admission::Cohort;

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
    /// Of a hundred clients, those who are meant; all where there is none.
    percent: Option<u8>,
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
        Self { path: path.to_owned(), is_prefix, methods, header: None, percent: None }
    }

    /// Only with this header.
    #[must_use]
    pub fn with_header(self, header: Option<(HeaderName, HeaderValue)>) -> Self {
        Self { header, ..self }
    }

    /// Only for so many of a hundred clients.
    #[must_use]
    pub fn with_percent(self, percent: Option<u8>) -> Self {
        Self { percent, ..self }
    }

    /// Whether a request is like this.
    pub fn matches(&self, asked: Asked<'_>) -> bool {
        self.matches_path(asked.path)
            && (self.methods.is_empty() || self.methods.contains(asked.method))
            && self.header.as_ref().is_none_or(|(name, value)| asked.headers.get(name) == Some(value))
            && self.percent.is_none_or(|percent| is_within(asked.cohort, percent))
    }

    fn matches_path(&self, path: &str) -> bool {
        let Some(rest) = path.strip_prefix(self.path.as_str()) else {
            // `/search/*` is also `/search`.
            return self.is_prefix && self.path.strip_suffix('/') == Some(path);
        };
        rest.is_empty() || self.is_prefix
    }

    /// What comes first when several match: the longer path, the whole one, then the one that asks for more.
    pub fn rank(&self) -> impl Ord + use<> {
        let asks =
            [!self.methods.is_empty(), self.header.is_some(), self.percent.is_some()].map(u8::from).iter().sum::<u8>();
        (self.path.len(), !self.is_prefix, asks)
    }
}

/// Cohorts are 128, so that a hundredth is at least one of them and a hundred are all.
fn is_within(cohort: Cohort, percent: u8) -> bool {
    u32::from(cohort.number()) * 100 < u32::from(percent) * u32::from(admission::COHORTS)
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
            Pattern::new("/a/*", Vec::new()).with_percent(Some(5)),
            Pattern::new("/a/b", Vec::new()),
            Pattern::new("/a/b", vec![Method::GET]).with_header(header),
        ];
        patterns.sort_by_key(|pattern| std::cmp::Reverse(pattern.rank()));
        let order: Vec<_> = patterns.iter().map(|pattern| (pattern.path.as_str(), pattern.is_prefix)).collect();
        assert_eq!(order, [("/a/b", false), ("/a/b", false), ("/a/", true), ("/a/", true), ("", true)]);
        assert!(patterns[0].header.is_some() && patterns[2].percent.is_some());
    }

    #[test]
    fn a_part_of_the_clients_is_the_same_part_on_every_request() {
        let meant = |percent: u8| {
            let pattern = Pattern::new("*", Vec::new()).with_percent(Some(percent));
            let headers = HeaderMap::new();
            let cohorts = (0..admission::COHORTS).filter_map(|number| Cohort::new(number as u8));
            cohorts
                .filter(|&cohort| pattern.matches(Asked { path: "/", method: &Method::GET, headers: &headers, cohort }))
                .count()
        };
        assert_eq!([0, 1, 50, 100].map(meant), [0, 2, 64, 128]);
    }
}
