//! What an answer is kept under: the route, the host, and the target in its one form; and the request as an upstream sees
//! it when the answer is for everybody. What is not part of the key is not sent, where it is known to change answers.

use std::sync::Arc;

use hyper::Method;
use hyper::header::{
    CACHE_CONTROL, CONTENT_LENGTH, FORWARDED, HOST, HeaderMap, HeaderName, HeaderValue, IF_MATCH, IF_MODIFIED_SINCE,
    IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE, PRAGMA, RANGE, UPGRADE,
};
use hyper::http::request::Parts;

use crate::gateway::headers::{FORWARDED_FOR, FORWARDED_HOST, FORWARDED_PROTO};

/// What an answer is kept under.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key(Arc<[u8]>);

impl Key {
    /// The key of a request whose path is in its one form. `scope`: the route, in words that no other route has.
    pub fn new(scope: &str, head: &Parts, trusts_peer: bool) -> Self {
        let mut key = Vec::with_capacity(128);
        // What proxies of ours say of host and protocol goes on to the upstream, so that it counts. Values of headers
        // hold no line breaks.
        let forwarded = if trusts_peer { &[FORWARDED_HOST, FORWARDED_PROTO][..] } else { &[] };
        let said = forwarded.iter().map(|name| head.headers.get(name).map_or(&b""[..], HeaderValue::as_bytes));
        let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
        let host = host(&head.headers);
        for part in [scope.as_bytes(), target.as_bytes(), &host].into_iter().chain(said) {
            key.extend_from_slice(part);
            key.push(b'\n');
        }
        Self(key.into())
    }

    /// This key, for those alone whose requests say the same in these fields.
    #[must_use]
    pub fn with<'v>(&self, fields: impl Iterator<Item = &'v [u8]>) -> Self {
        let mut key = self.0.to_vec();
        for field in fields {
            key.extend_from_slice(field);
            key.push(b'\n');
        }
        Self(key.into())
    }

    /// Its length in bytes.
    pub fn len(&self) -> usize {
        self.0.len()
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
/// frameworks are known to take the host, the path or the method from (after Kettle, "Practical Web Cache Poisoning").
pub fn impersonal(head: &Parts) -> Parts {
    let mut impersonal = head.clone();
    impersonal.method = Method::GET;
    let headers = &mut impersonal.headers;
    if let Ok(host) = HeaderValue::from_bytes(&host(headers)) {
        headers.insert(HOST, host);
    }
    for name in [IF_NONE_MATCH, IF_MODIFIED_SINCE, CACHE_CONTROL, PRAGMA, CONTENT_LENGTH, FORWARDED] {
        headers.remove(name);
    }
    let unseen: Vec<HeaderName> = headers.keys().filter(|name| is_override(name)).cloned().collect();
    for name in unseen {
        headers.remove(name);
    }
    impersonal
}

/// Whether a field may change an answer though the key does not have it.
fn is_override(name: &HeaderName) -> bool {
    const BEGINNINGS: [&str; 6] =
        ["x-forwarded-", "x-original-", "x-rewrite-", "x-http-method", "x-method-override", "x-host"];
    let is_known = [FORWARDED_FOR, FORWARDED_HOST, FORWARDED_PROTO].contains(name);
    !is_known && BEGINNINGS.iter().any(|beginning| name.as_str().starts_with(beginning))
}
