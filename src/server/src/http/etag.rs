//! Entity tags: what a client has already is not sent again. It knows no route.

use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH};
use xxhash_rust::xxh3::xxh3_64;

use super::{Body, Reply};

/// The tag of what means the same, though a byte elsewhere in the answer may differ.
pub fn weak(meaning: &[u8]) -> HeaderValue {
    header(&format!("W/\"{:016x}\"", xxh3_64(meaning)))
}

/// The tag of exactly these bytes.
pub fn strong(body: &[u8]) -> HeaderValue {
    header(&format!("\"{:016x}\"", xxh3_64(body)))
}

fn header(tag: &str) -> HeaderValue {
    HeaderValue::try_from(tag).expect("quotes and hexadecimal digits are allowed in a header")
}

/// The reply, or nothing but its head for a client that has its body already.
pub fn unless_known(headers: &HeaderMap, mut reply: Reply) -> Reply {
    if is_known(headers, &reply) {
        *reply.status_mut() = StatusCode::NOT_MODIFIED;
        *reply.body_mut() = Body::default();
        reply.headers_mut().remove(CONTENT_TYPE);
    }
    reply
}

/// By the weak comparison of RFC 9110.
fn is_known(headers: &HeaderMap, reply: &Reply) -> bool {
    let Some(etag) = reply.headers().get(ETAG).and_then(|etag| etag.to_str().ok()) else { return false };
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let lists = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|tag| tag.trim() == "*" || opaque(tag) == opaque(etag))
}
