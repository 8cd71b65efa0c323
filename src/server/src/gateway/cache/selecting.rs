//! By what answers to one key differ: the fields that `Vary` names, as the upstream sees them. It knows no answer.

use hyper::header::{ACCEPT_ENCODING, FORWARDED, HOST, HeaderMap, HeaderName, HeaderValue, VARY, VIA};

use super::key::is_unsent;
use crate::gateway::headers::{FORWARDED_FOR, REQUEST_ID, TIMEOUT, TRACEPARENT};

/// More fields in `Vary` than any answer needs.
const MOST: usize = 16;

/// What a request must say to get an answer: the fields that its `Vary` names, as they were in the request that it answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selecting(Vec<(HeaderName, Vec<Box<[u8]>>)>);

impl Selecting {
    /// None if the answer differs by anything, or by something that each request has anew: then it is for nobody else.
    pub fn of(headers: &HeaderMap, asked: &HeaderMap) -> Option<Self> {
        const ANEW: [HeaderName; 6] = [FORWARDED, FORWARDED_FOR, VIA, REQUEST_ID, TRACEPARENT, TIMEOUT];
        let mut selecting = Vec::new();
        for value in headers.get_all(VARY) {
            for name in value.to_str().ok()?.split(',').map(str::trim).filter(|name| !name.is_empty()) {
                // `*` is a token, and so would be taken for a name.
                let name = Some(name).filter(|name| *name != "*").and_then(|name| name.parse::<HeaderName>().ok())?;
                if ANEW.contains(&name) || selecting.len() == MOST {
                    return None;
                }
                // The key has the host, and what is not sent changes nothing.
                if name != HOST && !is_unsent(&name) {
                    let values = said(asked, &name).map(Box::from).collect();
                    selecting.push((name, values));
                }
            }
        }
        Some(Self(selecting))
    }

    /// Whether a request says the same.
    pub fn suits(&self, asked: &HeaderMap) -> bool {
        self.0.iter().all(|(name, values)| said(asked, name).eq(values.iter().map(|value| &**value)))
    }

    /// What a request says in these fields.
    pub fn values<'a>(&'a self, asked: &'a HeaderMap) -> impl Iterator<Item = &'a [u8]> {
        self.0.iter().flat_map(|(name, _)| said(asked, name))
    }

    /// The length of each field, in bytes.
    pub fn lengths(&self) -> impl Iterator<Item = usize> {
        self.0.iter().map(|(name, values)| name.as_str().len() + values.iter().map(|value| value.len()).sum::<usize>())
    }
}

fn said<'a>(asked: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a [u8]> {
    let one_form = (*name == ACCEPT_ENCODING).then(|| encodings(asked));
    let raw = asked.get_all(name).iter().map(HeaderValue::as_bytes).filter(move |_| one_form.is_none());
    one_form.map(str::as_bytes).into_iter().chain(raw)
}

/// The one form of `Accept-Encoding`: what shops compress with, if it is taken, whatever a client likes best.
pub fn encodings(asked: &HeaderMap) -> &'static str {
    const KNOWN: [&str; 3] = ["gzip", "br", "zstd"];
    const FORMS: [&str; 8] = ["identity", "gzip", "br", "br, gzip", "zstd", "zstd, gzip", "zstd, br", "zstd, br, gzip"];
    let lists = asked.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let form = lists.flat_map(|list| list.split(',')).fold(0, |form, encoding| {
        let (name, weight) = encoding.split_once(';').unwrap_or((encoding, ""));
        let known = KNOWN.iter().position(|known| known.eq_ignore_ascii_case(name.trim()));
        known.filter(|_| !is_nothing(weight)).map_or(form, |bit| form | 1 << bit)
    });
    FORMS[form]
}

/// Whether a weight says that it is not taken: `q=0`, with any zeros behind.
fn is_nothing(weight: &str) -> bool {
    let number = weight.trim().strip_prefix(['q', 'Q']).and_then(|rest| rest.trim_start().strip_prefix('='));
    number.is_some_and(|number| number.trim().parse() == Ok(0.0_f32))
}
