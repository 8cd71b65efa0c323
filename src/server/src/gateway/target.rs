//! A request's target in its one form: the path as `config/path.rs` writes it, and the host where it belongs, if it is one. It knows
//! no route.

use std::net::Ipv6Addr;

use hyper::Uri;
use hyper::header::{HOST, HeaderValue};
use hyper::http::request::Parts;

use crate::config::path;
use crate::http::Problem;

/// Writes the target in its one form, and the host where it belongs.
pub fn normalise(head: &mut Parts) -> Result<(), Problem> {
    let path = path::normal(head.uri.path()).map_err(|why| refuse(why.detail()))?;
    // The target's own host wins over the header (RFC 9112, section 3.2.2).
    if let Some(authority) = head.uri.authority() {
        let host = HeaderValue::from_str(authority.as_str()).map_err(|_| refuse("the target's host is none"))?;
        head.headers.insert(HOST, host);
    }
    let mut hosts = head.headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return Err(refuse("send one Host header"));
    };
    if !is_host(host.as_bytes()) {
        return Err(refuse("the host is none: send a name or an address, perhaps with a port"));
    }
    if head.uri.authority().is_some() || path != head.uri.path() {
        let query = head.uri.query().map_or_else(String::new, |query| format!("?{query}"));
        let target = format!("{path}{query}");
        head.uri = Uri::try_from(target).map_err(|_| refuse("the target is none"))?;
    }
    Ok(())
}

fn refuse(detail: &'static str) -> Problem {
    Problem::invalid("", detail).closing()
}

/// Whether it is a host, perhaps with a port (RFC 9112, section 3.2), and nothing more: a user before it is nobody's business
/// here, and would pass for a part of the name elsewhere. Marks that no name has are not taken, though a URI may: a comma is as
/// a rule two hosts in one.
fn is_host(host: &[u8]) -> bool {
    let Ok(host) = str::from_utf8(host) else { return false };
    if let Some(rest) = host.strip_prefix('[') {
        return rest
            .split_once(']')
            .is_some_and(|(address, port)| address.parse::<Ipv6Addr>().is_ok() && is_port(port));
    }
    let (name, port) = host.split_at(host.find(':').unwrap_or(host.len()));
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte))
        && is_port(port)
}

/// Whether it is nothing, or a colon and perhaps a number.
fn is_port(port: &str) -> bool {
    port.strip_prefix(':').map_or(port.is_empty(), |digits| {
        digits.is_empty() || (digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.parse::<u16>().is_ok())
    })
}

#[cfg(test)]
mod tests {
    use super::is_host;

    #[test]
    fn a_host_is_a_name_or_an_address_perhaps_with_a_port() {
        for host in
            ["shop", "shop.example:80", "shop:", "192.0.2.1:7780", "[2001:db8::1]", "[::1]:443", "a_b-c.d", "%61"]
        {
            assert!(is_host(host.as_bytes()), "{host}");
        }
        for host in [
            "",
            "user@shop",
            "user:word@shop",
            "@shop",
            ":80",
            "shop:x",
            "shop:99999",
            "a b",
            "a/b",
            "a,b",
            "a?b",
            "sh\u{f6}p",
            "[::1",
            "a#b",
        ] {
            assert!(!is_host(host.as_bytes()), "{host}");
        }
    }
}
