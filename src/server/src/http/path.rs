//! Paths and queries: segments, pairs, percent-decoding. It knows no route.

use std::borrow::Cow;

/// Segments that a path may have.
const MOST: usize = 8;

/// The segments of a path after the first slash; a path with more than eight has none of ours.
#[derive(Debug)]
pub struct Segments<'p> {
    parts: [&'p str; MOST],
    count: usize,
}

impl<'p> Segments<'p> {
    /// Splits a path; nothing when it is too deep.
    pub fn of(path: &'p str) -> Option<Self> {
        let mut segments = Self { parts: [""; MOST], count: 0 };
        let mut rest = path.strip_prefix('/')?;
        loop {
            // Byte by byte: a path's parts are too short for a search to pay.
            let end = rest.bytes().position(|byte| byte == b'/');
            *segments.parts.get_mut(segments.count)? = &rest[..end.unwrap_or(rest.len())];
            segments.count += 1;
            match end {
                Some(end) => rest = &rest[end + 1..],
                None => return Some(segments),
            }
        }
    }

    /// The segments, still percent-encoded.
    pub fn as_slice(&self) -> &[&'p str] {
        &self.parts[..self.count]
    }
}

/// Decodes `%41` to `A`; nothing when an escape is broken or the result is not UTF-8.
pub fn decode(text: &str) -> Option<Cow<'_, str>> {
    if memchr::memchr(b'%', text.as_bytes()).is_none() {
        return Some(Cow::Borrowed(text));
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(if byte == b'%' { hex(bytes.next()?)? << 4 | hex(bytes.next()?)? } else { byte });
    }
    String::from_utf8(decoded).ok().map(Cow::Owned)
}

fn hex(digit: u8) -> Option<u8> {
    // A digit of base 16 fits a byte.
    char::from(digit).to_digit(16).map(|value| value as u8)
}

/// The `name=value` pairs of a query, still percent-encoded.
pub fn query_pairs(query: Option<&str>) -> impl Iterator<Item = (&str, &str)> {
    let pairs = query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

#[cfg(test)]
mod tests {
    use super::{Segments, decode, query_pairs};

    #[test]
    fn a_path_is_split_and_a_deep_one_is_nobodys() {
        let split = |path| Segments::of(path).map(|segments| segments.as_slice().join("|"));
        assert_eq!(split("/v1/skus/A"), Some("v1|skus|A".to_owned()));
        assert_eq!(split("/v1/skus/"), Some("v1|skus|".to_owned()));
        assert_eq!(split("/1/2/3/4/5/6/7/8/9"), None);
        assert_eq!(split("*"), None);
    }

    #[test]
    fn escapes_are_decoded_and_broken_ones_refused() {
        assert_eq!(decode("a%3Ab").as_deref(), Some("a:b"));
        assert_eq!(decode("%C3%A4").as_deref(), Some("\u{e4}"));
        for broken in ["%", "%4", "%zz", "%FF", "%+1"] {
            assert_eq!(decode(broken), None, "{broken}");
        }
    }

    #[test]
    fn a_query_is_a_list_of_pairs() {
        let pairs: Vec<_> = query_pairs(Some("ids=A,B&&x&y=1=2")).collect();
        assert_eq!(pairs, [("ids", "A,B"), ("x", ""), ("y", "1=2")]);
        assert_eq!(query_pairs(None).count(), 0);
    }
}
