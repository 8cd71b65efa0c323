//! The one form of a path that routes are matched against and that is sent on: what a rule does not see, no upstream
//! sees either. What could be read in two ways is refused. It knows no route.

use std::borrow::Cow;

/// Why a path is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadPath {
    /// It does not begin with a slash, as with `CONNECT` or `OPTIONS *`.
    NotAPath,
    /// A `%` without two hexadecimal digits.
    BrokenEscape,
    /// An escaped or plain control character.
    Control,
    /// An escaped slash or backslash: some upstreams take it for one, some do not.
    HiddenSlash,
    /// A backslash, which some take for a slash.
    Backslash,
    /// A segment that is empty or dots but for what follows a semicolon: Java servers cut that off, and then read another path.
    HiddenDots,
    /// It climbs above the root.
    AboveRoot,
}

impl BadPath {
    /// What is wrong, and what to send instead.
    pub const fn detail(self) -> &'static str {
        match self {
            Self::NotAPath => "the target is no path: send one that begins with a slash",
            Self::BrokenEscape => "the path holds a % that is not followed by two hexadecimal digits",
            Self::Control => "the path holds a control character",
            Self::HiddenSlash => "the path holds an escaped slash or backslash, which may be read in two ways",
            Self::Backslash => "the path holds a backslash, which may be read in two ways",
            Self::HiddenDots => {
                "a segment of the path is empty or dots before a semicolon, which may be read in two ways"
            }
            Self::AboveRoot => "the path climbs above the root",
        }
    }
}

/// The path in its one form: escapes of what needs none are decoded, the others written in capitals, empty and dot
/// segments removed. A path that has this form already is not copied.
pub fn normal(path: &str) -> Result<Cow<'_, str>, BadPath> {
    if !path.starts_with('/') {
        return Err(BadPath::NotAPath);
    }
    if is_normal(path.as_bytes()) {
        return Ok(Cow::Borrowed(path));
    }
    let decoded = decode(path)?;
    Ok(Cow::Owned(without_dots(&decoded)?))
}

/// Whether nothing is to be done; may say no to what is normal.
fn is_normal(path: &[u8]) -> bool {
    path.iter().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'%' | b'\\'))
        && !path.windows(2).any(|pair| pair[0] == b'/' && matches!(pair[1], b'/' | b'.' | b';'))
}

/// Decodes what RFC 3986 calls unreserved, and writes other escapes in capitals.
fn decode(path: &str) -> Result<String, BadPath> {
    let mut decoded = String::with_capacity(path.len());
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'\\' {
            return Err(BadPath::Backslash);
        }
        if byte != b'%' {
            push(&mut decoded, byte)?;
            continue;
        }
        let escaped = hex(bytes.next())? << 4 | hex(bytes.next())?;
        match escaped {
            b'/' | b'\\' => return Err(BadPath::HiddenSlash),
            0..0x20 | 0x7f => return Err(BadPath::Control),
            b'-' | b'.' | b'_' | b'~' => decoded.push(char::from(escaped)),
            _ if escaped.is_ascii_alphanumeric() => decoded.push(char::from(escaped)),
            _ => push_escaped(&mut decoded, escaped),
        }
    }
    Ok(decoded)
}

fn push(decoded: &mut String, byte: u8) -> Result<(), BadPath> {
    match byte {
        0..=0x20 | 0x7f => return Err(BadPath::Control),
        0x80.. => push_escaped(decoded, byte),
        _ => decoded.push(char::from(byte)),
    }
    Ok(())
}

fn push_escaped(decoded: &mut String, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    decoded.push('%');
    decoded.push(char::from(DIGITS[usize::from(byte >> 4)]));
    decoded.push(char::from(DIGITS[usize::from(byte & 15)]));
}

fn hex(digit: Option<u8>) -> Result<u8, BadPath> {
    // A digit of base 16 fits a byte.
    let value = digit.and_then(|digit| char::from(digit).to_digit(16)).ok_or(BadPath::BrokenEscape)?;
    Ok(value as u8)
}

/// Removes empty and dot segments; a slash at the end stays.
fn without_dots(path: &str) -> Result<String, BadPath> {
    let mut kept: Vec<&str> = Vec::new();
    let mut ends_open = false;
    for segment in path[1..].split('/') {
        ends_open = matches!(segment, "" | "." | "..");
        match segment {
            "" | "." => {}
            _ if hides_dots(segment) => return Err(BadPath::HiddenDots),
            ".." => {
                kept.pop().ok_or(BadPath::AboveRoot)?;
            }
            _ => kept.push(segment),
        }
    }
    let mut whole = String::with_capacity(path.len());
    for segment in &kept {
        whole.push('/');
        whole.push_str(segment);
    }
    if ends_open || kept.is_empty() {
        whole.push('/');
    }
    Ok(whole)
}

/// Whether somebody who cuts off what follows a semicolon is left with nothing or with dots.
fn hides_dots(segment: &str) -> bool {
    let names = [";", "%3B"].iter().filter_map(|mark| segment.split_once(mark));
    names.map(|(name, _)| name).any(|name| matches!(name, "" | "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::{BadPath, normal};
    use std::borrow::Cow;

    #[test]
    fn a_plain_path_is_not_copied() {
        for path in ["/", "/a", "/a/b.c", "/checkout/", "/a..b/c", "/~x", "/a;b=1/c;d"] {
            assert!(matches!(normal(path), Ok(Cow::Borrowed(same)) if same == path), "{path}");
        }
    }

    #[test]
    fn every_way_to_write_a_path_is_one() {
        for (written, one) in [
            ("//admin", "/admin"),
            ("/a//b///c", "/a/b/c"),
            ("/./admin/.", "/admin/"),
            ("/a/../admin", "/admin"),
            ("/a/b/../../admin/", "/admin/"),
            ("/%61dmin", "/admin"),
            ("/a/%2e%2e/admin", "/admin"),
            ("/a/%2E./admin", "/admin"),
            ("/caf%c3%a9", "/caf%C3%A9"),
            ("/caf\u{e9}", "/caf%C3%A9"),
            ("/a%20b", "/a%20b"),
            ("/..a/.b", "/..a/.b"),
            ("/a%25b", "/a%25b"),
            ("/a/..", "/"),
        ] {
            assert_eq!(normal(written).as_deref(), Ok(one), "{written}");
            assert_eq!(normal(one).as_deref(), Ok(one), "{one} again");
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for (path, why) in [
            ("", BadPath::NotAPath),
            ("*", BadPath::NotAPath),
            ("example.org:443", BadPath::NotAPath),
            ("/a%2fb", BadPath::HiddenSlash),
            ("/a%5Cb", BadPath::HiddenSlash),
            ("/a\\..\\b", BadPath::Backslash),
            ("/%", BadPath::BrokenEscape),
            ("/%4", BadPath::BrokenEscape),
            ("/%zz", BadPath::BrokenEscape),
            ("/a%00", BadPath::Control),
            ("/a%0d%0aX: y", BadPath::Control),
            ("/a b", BadPath::Control),
            ("/;/admin", BadPath::HiddenDots),
            ("/a/..;/admin", BadPath::HiddenDots),
            ("/a/.;x=1/b", BadPath::HiddenDots),
            ("/a/%2e%2e;/b", BadPath::HiddenDots),
            ("/%3b/admin", BadPath::HiddenDots),
            ("/..", BadPath::AboveRoot),
            ("/a/../../b", BadPath::AboveRoot),
        ] {
            assert_eq!(normal(path), Err(why), "{path}");
        }
    }
}
