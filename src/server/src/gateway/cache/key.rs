//! What an answer is kept under: the target in its one form, the host, the route, and what proxies of ours say; and the
//! request as an upstream sees it when the answer is for everybody. What is not part of the key is not sent, where it is
//! known to change answers.

use std::sync::Arc;

use hyper::Method;
use hyper::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_LENGTH, FORWARDED, HOST, HeaderMap, HeaderName, HeaderValue, IF_MATCH,
    IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE, PRAGMA, RANGE, UPGRADE,
};
use hyper::http::request::Parts;

use super::selecting::encodings;
use crate::gateway::headers::{FORWARDED_FOR, FORWARDED_HOST, FORWARDED_PROTO};

/// What an answer is kept under.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    whole: Arc<[u8]>,
    /// How much of it says what is asked for: the target and the host.
    place: usize,
}

impl Key {
    /// The key of a request whose head is in its one form. `scope`: the route, in words that no other route has.
    pub fn new(scope: &str, head: &Parts) -> Self {
        let mut whole = Vec::with_capacity(128);
        let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
        // Values of headers hold no line breaks, and neither do targets and routes.
        for part in [target.as_bytes(), &host(&head.headers)] {
            whole.extend_from_slice(part);
            whole.push(b'\n');
        }
        let place = whole.len();
        whole.extend_from_slice(scope.as_bytes());
        whole.push(b'\n');
        // What proxies of ours say of host and protocol goes on to the upstream, so that it counts.
        for name in [FORWARDED_HOST, FORWARDED_PROTO] {
            if let Some(said) = head.headers.get(name) {
                whole.push(b'=');
                whole.extend_from_slice(said.as_bytes());
            }
            whole.push(b'\n');
        }
        Self { whole: whole.into(), place }
    }

    /// This key, for those alone whose requests say the same in these fields.
    #[must_use]
    pub fn with<'v>(&self, fields: impl Iterator<Item = &'v [u8]>) -> Self {
        let mut whole = self.whole.to_vec();
        for field in fields {
            whole.extend_from_slice(field);
            whole.push(b'\n');
        }
        Self { whole: whole.into(), place: self.place }
    }

    /// What is asked for, whatever leads there: the target and the host.
    pub fn place(&self) -> &[u8] {
        &self.whole[..self.place]
    }

    /// The path that is asked for.
    pub fn path(&self) -> &str {
        let path = self.whole.split(|byte| matches!(byte, b'?' | b'\n')).next();
        path.and_then(|path| std::str::from_utf8(path).ok()).unwrap_or_default()
    }

    /// Its length in bytes.
    pub fn len(&self) -> usize {
        self.whole.len()
    }
}

/// Upstreams take `SHOP` for `shop` or do not: one of the two is asked for.
fn host(headers: &HeaderMap) -> Vec<u8> {
    headers.get(HOST).map(|host| host.as_bytes().to_ascii_lowercase()).unwrap_or_default()
}

/// Whether what is kept may answer a request: not one for a part, or on a condition that the upstream must judge.
pub fn may_be_kept(head: &Parts) -> bool {
    let asks_for_more = [RANGE, IF_RANGE, IF_MATCH, IF_UNMODIFIED_SINCE, UPGRADE];
    is_read(&head.method) && !asks_for_more.iter().any(|name| head.headers.contains_key(name))
}

/// Whether it is one of the methods whose answers are kept.
pub fn is_read(method: &Method) -> bool {
    method == Method::GET || method == Method::HEAD
}

/// A request for the whole answer, as anybody could have sent it: without the client's own conditions, and without what
/// frameworks are known to take the host, the path or the method from.
pub fn impersonal(head: &Parts) -> Parts {
    let mut impersonal = head.clone();
    impersonal.method = Method::GET;
    let headers = &mut impersonal.headers;
    if let Ok(host) = HeaderValue::from_bytes(&host(headers)) {
        headers.insert(HOST, host);
    }
    let unsent: Vec<HeaderName> = headers.keys().filter(|name| is_unsent(name)).cloned().collect();
    for name in unsent {
        headers.remove(name);
    }
    let encodings = encodings(headers);
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(encodings));
    impersonal
}

/// Whether a field is left out of what is asked for everybody: a client's own conditions, and what may change an answer
/// though the key does not have it (after Kettle, "Practical Web Cache Poisoning").
pub fn is_unsent(name: &HeaderName) -> bool {
    const CONDITIONS: [HeaderName; 6] =
        [IF_NONE_MATCH, IF_MODIFIED_SINCE, CACHE_CONTROL, PRAGMA, CONTENT_LENGTH, FORWARDED];
    const OVERRIDES: [&str; 9] = [
        "x-forwarded-",
        "x-original-",
        "x-rewrite-",
        "x-http-",
        "x-method-override",
        "x-host",
        "x-url-",
        "x-scheme",
        "front-end-https",
    ];
    let is_known = [FORWARDED_FOR, FORWARDED_HOST, FORWARDED_PROTO].contains(name);
    let is_override = OVERRIDES.iter().any(|beginning| name.as_str().starts_with(beginning));
    CONDITIONS.contains(name) || is_override && !is_known
}
