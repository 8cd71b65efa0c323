//! Who is asking, as far as it can be believed: by API key, by session, or by address, which is read from the right of
//! `X-Forwarded-For` over so many trusted hops and never from the left. It decides nothing about them.

use std::net::IpAddr;

use hyper::header::{COOKIE, HeaderMap, HeaderName, HeaderValue};

use admission::Client;

use super::headers::FORWARDED_FOR;

/// What is believed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trust {
    /// Proxies of ours in front of the listener.
    pub hops: usize,
    /// The cookie with the session, if there are sessions.
    pub session_cookie: Option<String>,
    /// The header with the API key, if there are API keys.
    pub api_key_header: Option<HeaderName>,
}

/// What is known of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known<'r> {
    /// Where it is, as far as trusted hops say.
    pub address: IpAddr,
    /// Its session.
    pub session: Option<&'r [u8]>,
    /// Its API key.
    pub api_key: Option<&'r [u8]>,
}

impl Trust {
    /// What the headers of a request from `peer` say.
    pub fn know<'r>(&self, peer: IpAddr, headers: &'r HeaderMap) -> Known<'r> {
        let session = self.session_cookie.as_deref().and_then(|name| cookie(headers, name));
        let api_key = self.api_key_header.as_ref().and_then(|name| headers.get(name)).map(HeaderValue::as_bytes);
        Known { address: self.address(peer, headers), session, api_key }
    }

    /// Each trusted hop has written whom it saw to the right of what it was told. Where one has not, whoever did not is
    /// the client.
    fn address(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut address = peer;
        for hop in forwarded_for(headers).take(self.hops) {
            let Some(before) = hop else { break };
            address = before;
        }
        address
    }
}

impl Known<'_> {
    /// As quotas and cohorts know it. An API key or a session is whatever the client says: one that makes up many is
    /// many clients, and its address bounds how many.
    pub fn client(&self, secret: [u64; 2]) -> Client {
        match (self.api_key, self.session) {
            (Some(api_key), _) => Client::with_api_key(secret, api_key),
            (None, Some(session)) => Client::with_session(secret, session),
            (None, None) => Client::at(self.address),
        }
    }
}

/// The addresses from the right; what is none ends the believable part.
fn forwarded_for(headers: &HeaderMap) -> impl Iterator<Item = Option<IpAddr>> {
    let values: Vec<_> = headers.get_all(FORWARDED_FOR).iter().collect();
    let texts = values.into_iter().rev().map(|value| value.to_str().unwrap_or_default());
    texts.flat_map(|text| text.rsplit(',')).map(|text| address(text.trim()))
}

/// An address, perhaps with a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.split_once(']')).map_or(text, |(inside, _port)| inside);
    let parsed = bare.parse().ok().or_else(|| text.parse().ok().map(|address: std::net::SocketAddr| address.ip()));
    parsed.map(|address: IpAddr| address.to_canonical())
}

/// A cookie's value.
fn cookie<'r>(headers: &'r HeaderMap, name: &str) -> Option<&'r [u8]> {
    let pairs = headers.get_all(COOKIE).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b';'));
    pairs
        .filter_map(|pair| {
            let pair = pair.trim_ascii();
            let (found, value) = pair.split_at(pair.iter().position(|byte| *byte == b'=')?);
            (found == name.as_bytes()).then_some(&value[1..])
        })
        .find(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::Trust;
    use hyper::header::{HeaderMap, HeaderName, HeaderValue};
    use std::net::IpAddr;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |&(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value));
        pairs.iter().map(pair).collect()
    }

    fn address(hops: usize, pairs: &[(&'static str, &'static str)]) -> String {
        let peer: IpAddr = "192.0.2.9".parse().expect("an address");
        Trust { hops, ..Trust::default() }.know(peer, &headers(pairs)).address.to_string()
    }

    #[test]
    fn only_trusted_hops_say_who_was_before_them() {
        let forged = [("x-forwarded-for", "1.1.1.1, 198.51.100.7"), ("x-forwarded-for", "203.0.113.5")];
        assert_eq!(address(0, &forged), "192.0.2.9");
        assert_eq!(address(1, &forged), "203.0.113.5");
        assert_eq!(address(2, &forged), "198.51.100.7");
        assert_eq!(address(3, &forged), "1.1.1.1");
        assert_eq!(address(9, &forged), "1.1.1.1");
        assert_eq!(address(1, &[]), "192.0.2.9");
    }

    #[test]
    fn what_is_no_address_ends_what_is_believed() {
        assert_eq!(address(2, &[("x-forwarded-for", "1.1.1.1, unknown, 203.0.113.5")]), "203.0.113.5");
        assert_eq!(address(1, &[("x-forwarded-for", "[2001:db8::1]:443")]), "2001:db8::1");
        assert_eq!(address(1, &[("x-forwarded-for", "203.0.113.5:1234")]), "203.0.113.5");
        assert_eq!(address(1, &[("x-forwarded-for", "::ffff:203.0.113.5")]), "203.0.113.5");
    }

    #[test]
    fn a_session_is_a_cookie_and_an_api_key_a_header() {
        let trust = Trust {
            hops: 0,
            session_cookie: Some("sid".to_owned()),
            api_key_header: Some(HeaderName::from_static("x-api-key")),
        };
        let peer: IpAddr = "192.0.2.9".parse().expect("an address");
        let headers = headers(&[("cookie", "a=1; xsid=no; sid=; sid=s=1"), ("x-api-key", "k")]);
        let known = trust.know(peer, &headers);
        assert_eq!((known.session, known.api_key), (Some(&b"s=1"[..]), Some(&b"k"[..])));
        assert_ne!(known.client([1, 2]), super::Known { api_key: None, ..known }.client([1, 2]));
    }
}
