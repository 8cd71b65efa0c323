//! From bytes to values: content types, bodies, names in a path. What is wrong is found by a
//! second, slower reading, so that the good way pays nothing for it.

use std::borrow::Cow;

use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName};
use serde::Deserialize;
use serde_path_to_error::{Path, Segment};

use super::fields::{FromText, Object};
use super::{BODY_BYTES, Call};
use crate::http::{Code, Problem, RequestBody, decode};

/// The body of a JSON request.
pub async fn read_json(call: Call<'_>, body: RequestBody) -> Result<bytes::Bytes, Problem> {
    check_type(&call.head.headers, "application/json")?;
    body.collect(BODY_BYTES).await
}

/// Refuses a body that says it is of another type; one that does not say is taken at our word.
pub fn check_type(headers: &HeaderMap, expected: &'static str) -> Result<(), Problem> {
    type_among(headers, &[expected]).map(drop)
}

/// Which of these types a body says it is of, the first if it does not say; refuses all others.
pub fn type_among(headers: &HeaderMap, expected: &[&'static str]) -> Result<&'static str, Problem> {
    let Some(given) = headers.get(CONTENT_TYPE) else { return Ok(expected[0]) };
    if given.as_bytes() == expected[0].as_bytes() {
        return Ok(expected[0]);
    }
    let essence = given.to_str().ok().and_then(|given| given.split(';').next()).unwrap_or_default().trim();
    let known = expected.iter().find(|known| known.eq_ignore_ascii_case(essence));
    known.copied().ok_or_else(|| Problem::new(Code::UnsupportedMediaType, format!("send {}", expected.join(" or "))))
}

/// Parses a JSON text, all of it: an object.
pub fn parse<'b, T: Deserialize<'b>>(text: &'b [u8]) -> Result<T, Problem> {
    parse_value(text).map(|Object(fields)| fields)
}

/// Parses a JSON text, all of it: whatever the type takes.
pub fn parse_value<'b, T: Deserialize<'b>>(text: &'b [u8]) -> Result<T, Problem> {
    // Whether it is UTF-8 is looked at once for the whole, and not for each text in it.
    let parsed = match str::from_utf8(text) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => serde_json::from_slice(text),
    };
    parsed.map_err(|error| explain::<T>(text, &error))
}

fn explain<'b, T: Deserialize<'b>>(text: &'b [u8], error: &serde_json::Error) -> Problem {
    let mut source = serde_json::Deserializer::from_slice(text);
    match serde_path_to_error::deserialize::<_, T>(&mut source) {
        Err(found) => Problem::invalid(&pointer(found.path()), sentence(found.inner())),
        // All is well up to the end of the value: what comes after it is not.
        Ok(_) => Problem::invalid("", sentence(error)),
    }
}

/// What is wrong may quote what was sent, which may be long: an import keeps thousands of these.
fn sentence(error: &serde_json::Error) -> String {
    const CHARACTERS: usize = 200;
    let mut sentence = error.to_string();
    if let Some((end, _)) = sentence.char_indices().nth(CHARACTERS) {
        sentence.truncate(end);
        sentence.push_str("...");
    }
    sentence
}

/// RFC 6901.
fn pointer(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        let token: Cow<'_, str> = match segment {
            Segment::Seq { index } => index.to_string().into(),
            Segment::Map { key } => key.replace('~', "~0").replace('/', "~1").into(),
            Segment::Enum { variant } => variant.into(),
            Segment::Unknown => continue,
        };
        pointer.push('/');
        pointer.push_str(&token);
    }
    pointer
}

/// A name in the path; `pointer` says which.
pub fn path_name<T: FromText>(segment: &str, pointer: &str) -> Result<T, Problem> {
    let decoded = decode(segment).ok_or_else(|| Problem::invalid(pointer, "is not valid percent-encoding of UTF-8"))?;
    T::from_text(&decoded).map_err(|error| Problem::invalid(pointer, error.to_string()))
}

/// The text of a header that may be there once; `pointer` says which it is.
pub fn header<'h>(headers: &'h HeaderMap, name: &HeaderName, pointer: &str) -> Result<Option<&'h str>, Problem> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Problem::invalid(pointer, "must be given once"));
    }
    value.to_str().map(Some).map_err(|_| Problem::invalid(pointer, "may only hold visible ASCII characters"))
}
