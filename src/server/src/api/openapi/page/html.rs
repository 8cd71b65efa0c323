//! Text on its way into HTML: nothing gets there unescaped. It knows no document.

/// Text as HTML.
pub fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    html
}

/// Text as it would be typed.
pub fn code(text: &str) -> String {
    format!("<code>{}</code>", escape(text))
}

/// A sentence in which backticks set code apart.
pub fn sentence(text: &str) -> String {
    let parts = text.split('`').enumerate();
    parts.map(|(index, part)| if index % 2 == 0 { escape(part) } else { code(part) }).collect()
}

/// Paragraphs, an empty line between two.
pub fn paragraphs(text: &str) -> String {
    let parts = text.split("\n\n").filter(|part| !part.is_empty());
    parts.map(|part| format!("<p>{}</p>\n", sentence(part))).collect()
}

/// RFC 4648, section 4.
pub fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = (0..3).fold(0, |bits, index| bits << 8 | usize::from(group.get(index).copied().unwrap_or(0)));
        for index in 0..4 {
            let digit = char::from(ALPHABET[bits >> (18 - 6 * index) & 63]);
            text.push(if index <= group.len() { digit } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{base64, escape, paragraphs, sentence};

    #[test]
    fn what_html_would_read_is_escaped() {
        assert_eq!(escape("<a href=\"x\">'&'</a>"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
    }

    #[test]
    fn backticks_set_code_apart_and_empty_lines_paragraphs() {
        assert_eq!(sentence("a `<b>` c"), "a <code>&lt;b&gt;</code> c");
        assert_eq!(paragraphs("a\n\n`b`"), "<p>a</p>\n<p><code>b</code></p>\n");
        assert_eq!(paragraphs(""), "");
    }

    #[test]
    fn base64_is_as_the_rfc_shows() {
        let pairs =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE=")];
        for (plain, encoded) in pairs {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
        assert_eq!(base64(&[0xfb, 0xff]), "+/8=");
    }
}
