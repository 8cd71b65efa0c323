//! A request's head as it comes in, brought into its one form before anything is decided by it: what a rule or a key does
//! not see here, no upstream sees either. It knows no route.

use hyper::Version;
use hyper::header::{COOKIE, FORWARDED, HeaderMap, HeaderName, HeaderValue};
use hyper::http::request::Parts;

use super::headers::{
    FORWARDED_FOR, FORWARDED_HOST, FORWARDED_PROTO, ORIGINAL_URL, PROMOTE, REWRITE_URL, go_over, strip_hop_by_hop,
    upgrade,
};
use super::target;
use crate::http::Problem;

/// What no client says to an upstream. Frameworks are known to take the latter two for the path that routes have not seen.
const NOT_A_CLIENTS: [HeaderName; 3] = [PROMOTE, ORIGINAL_URL, REWRITE_URL];

/// Writes a head in its one form, or says why it has none. `trusts_peer`: whether a proxy of ours is before us.
pub fn normalise(head: &mut Parts, trusts_peer: bool) -> Result<(), Problem> {
    target::normalise(head)?;
    drop_hop_by_hop(head);
    for name in NOT_A_CLIENTS {
        head.headers.remove(name);
    }
    drop_ambiguous(&mut head.headers);
    settle_forwarded(&mut head.headers, trusts_peer);
    join_cookies(&mut head.headers);
    Ok(())
}

/// What goes no further decides nothing; only that a connection is to leave HTTP is still to be told. It leaves for WebSocket
/// alone: as HTTP/2 in the clear (`h2c`) its next requests would go by no rule.
fn drop_hop_by_hop(head: &mut Parts) {
    let is_passed_on = |protocol: &HeaderValue| protocol.as_bytes().eq_ignore_ascii_case(b"websocket");
    let protocol = upgrade(&head.headers).filter(|_| head.version == Version::HTTP_11).filter(is_passed_on);
    strip_hop_by_hop(&mut head.headers);
    if let Some(protocol) = protocol {
        go_over(&mut head.headers, protocol);
    }
}

/// Behind CGI and its like `X_Forwarded_Host` is the same as `X-Forwarded-Host`, and here it is not.
fn drop_ambiguous(headers: &mut HeaderMap) {
    let ambiguous: Vec<HeaderName> = headers.keys().filter(|name| name.as_str().contains('_')).cloned().collect();
    for name in ambiguous {
        headers.remove(name);
    }
}

/// What a proxy of ours says of host and protocol is one value, the one that it has written last, or nothing at all; what
/// anybody else says there goes.
fn settle_forwarded(headers: &mut HeaderMap, trusts_peer: bool) {
    if !trusts_peer {
        for name in [FORWARDED, FORWARDED_FOR, FORWARDED_HOST, FORWARDED_PROTO] {
            headers.remove(name);
        }
        return;
    }
    for name in [FORWARDED_HOST, FORWARDED_PROTO] {
        let last = headers.get_all(&name).iter().next_back().filter(|said| !said.is_empty()).cloned();
        headers.remove(&name);
        if let Some(last) = last {
            headers.insert(name, last);
        }
    }
}

/// HTTP/2 cuts cookies into crumbs, which are one field for whoever speaks HTTP/1.1 (RFC 9113, section 8.2.3).
fn join_cookies(headers: &mut HeaderMap) {
    if headers.get_all(COOKIE).iter().nth(1).is_none() {
        return;
    }
    let crumbs: Vec<&[u8]> = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes).collect();
    let joined = HeaderValue::from_bytes(&crumbs.join(&b"; "[..]));
    headers.insert(COOKIE, joined.expect("what parts of it are made of is allowed in the whole"));
}

#[cfg(test)]
mod tests {
    use super::normalise;
    use hyper::header::{HeaderMap, HeaderName, HeaderValue};
    use hyper::{Request, Version};

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |&(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value));
        pairs.iter().map(pair).collect()
    }

    fn normal(pairs: &[(&'static str, &'static str)], trusts_peer: bool) -> HeaderMap {
        normal_in(Version::HTTP_11, pairs, trusts_peer)
    }

    fn normal_in(version: Version, pairs: &[(&'static str, &'static str)], trusts_peer: bool) -> HeaderMap {
        let mut head = Request::new(()).into_parts().0;
        head.version = version;
        head.headers = headers(pairs);
        head.headers.insert("host", HeaderValue::from_static("shop"));
        normalise(&mut head, trusts_peer).expect("it has one form");
        head.headers.remove("host");
        head.headers
    }

    #[test]
    fn what_goes_no_further_is_gone_before_anything_is_decided() {
        let said =
            [("connection", "accept-language, x_b"), ("accept-language", "de"), ("te", "trailers"), ("a_b", "1")];
        assert_eq!(normal(&said, false), HeaderMap::new());
        let urls = [("x-original-url", "/admin"), ("x-rewrite-url", "/admin")];
        assert_eq!(normal(&urls, true), HeaderMap::new(), "the path is the one that routes see");
        assert_eq!(normal(&[("tidegate-promote", "9")], true), HeaderMap::new(), "no client promotes itself");
    }

    #[test]
    fn only_a_connection_of_http_1_1_leaves_http_and_for_websocket_alone() {
        let asked = [("connection", "keep-alive, Upgrade"), ("upgrade", "websocket")];
        let leaves = headers(&[("connection", "upgrade"), ("upgrade", "websocket")]);
        assert_eq!(normal(&asked, false), leaves);
        assert_eq!(normal_in(Version::HTTP_10, &asked, false), HeaderMap::new());
        assert_eq!(normal(&[("upgrade", "websocket")], false), HeaderMap::new(), "`Connection` does not name it");
        assert_eq!(normal(&[("connection", "upgrade"), ("upgrade", "h2c")], false), HeaderMap::new());
    }

    #[test]
    fn of_what_was_forwarded_one_value_of_a_trusted_proxy_stays() {
        let said = [
            ("x-forwarded-host", "a"),
            ("x-forwarded-host", "b"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-proto", ""),
            ("x-forwarded-for", "192.0.2.1"),
        ];
        assert_eq!(normal(&said, false), HeaderMap::new());
        assert_eq!(normal(&said, true), headers(&[("x-forwarded-host", "b"), ("x-forwarded-for", "192.0.2.1")]));
        let through = [("connection", "x-forwarded-host"), ("x-forwarded-host", "b")];
        assert_eq!(normal(&through, true), headers(&[("x-forwarded-host", "b")]), "nobody else may take it away");
    }

    #[test]
    fn crumbs_are_one_cookie() {
        assert_eq!(normal(&[("cookie", "a=1"), ("cookie", "b=2")], false), headers(&[("cookie", "a=1; b=2")]));
    }
}
