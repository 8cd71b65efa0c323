//! What holds for every answer, whatever was asked: it is HTTP, with a status of the contract and the body that belongs
//! to it. It knows nothing of what was asked.

use serde_json::Value;
use server::http::Code;

const HEADERS: usize = 64;

struct Answer<'a> {
    status: u16,
    headers: Vec<(&'a str, &'a str)>,
    body: Vec<u8>,
}

impl<'a> Answer<'a> {
    fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.iter().find(|(other, _)| *other == name).map(|(_, value)| *value)
    }
}

/// All of them, one behind the other, to the last byte.
pub fn check(mut received: &[u8], is_gateway: bool) {
    while !received.is_empty() {
        let answer = next(&mut received);
        if answer.status >= 200 {
            check_one(&answer, is_gateway);
        }
    }
}

fn next<'a>(received: &mut &'a [u8]) -> Answer<'a> {
    let shown = String::from_utf8_lossy(&received[..received.len().min(400)]);
    let mut fields = [httparse::EMPTY_HEADER; HEADERS];
    let mut head = httparse::Response::new(&mut fields);
    let parsed = head.parse(received).unwrap_or_else(|error| panic!("no answer: {error}: {shown}"));
    let httparse::Status::Complete(length) = parsed else { panic!("an answer cut off in its head: {shown}") };
    let status = head.code.expect("a whole head has one");
    let text = |field: &httparse::Header<'a>| {
        let value = std::str::from_utf8(field.value).unwrap_or_else(|error| panic!("{error}: {shown}"));
        (field.name, value)
    };
    let headers = head.headers.iter().map(text).collect();
    *received = &received[length..];
    let mut answer = Answer { status, headers, body: Vec::new() };
    if status >= 200 && ![204, 304].contains(&status) {
        answer.body = body(&answer, received).unwrap_or_else(|| panic!("an answer cut off in its body: {shown}"));
    }
    answer
}

/// By length, by chunks, or to the end.
fn body(answer: &Answer<'_>, received: &mut &[u8]) -> Option<Vec<u8>> {
    if answer.header("transfer-encoding").is_some() {
        return chunks(received);
    }
    let length = answer.header("content-length").map_or(Some(received.len()), |length| length.parse().ok())?;
    take(received, length).map(<[u8]>::to_vec)
}

fn chunks(received: &mut &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let httparse::Status::Complete((begin, length)) = httparse::parse_chunk_size(received).ok()? else {
            return None;
        };
        take(received, begin)?;
        body.extend_from_slice(take(received, usize::try_from(length).ok()?)?);
        if take(received, 2)? != b"\r\n" {
            return None;
        }
        if length == 0 {
            return Some(body);
        }
    }
}

fn take<'a>(from: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = from.split_at_checked(length)?;
    *from = rest;
    Some(taken)
}

/// Hyper answers by itself where it cannot read a head, or will not.
fn is_of_the_parser(answer: &Answer<'_>) -> bool {
    [400, 414, 431].contains(&answer.status) && answer.header("content-type").is_none() && answer.body.is_empty()
}

fn check_one(answer: &Answer<'_>, is_gateway: bool) {
    let body = String::from_utf8_lossy(&answer.body);
    let shown = || format!("{} {:?} {body}", answer.status, answer.headers);
    if is_of_the_parser(answer) {
        assert_eq!(answer.header("connection"), Some("close"), "{}", shown());
        return;
    }
    let json = || serde_json::from_slice::<Value>(&answer.body).unwrap_or_else(|error| panic!("{error}: {}", shown()));
    if answer.status < 400 {
        assert!([200, 201, 204, 304].contains(&answer.status), "{}", shown());
        if answer.header("content-type") == Some("application/json") {
            json();
        }
        return;
    }
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{}", shown());
    let problem = json();
    let code = Code::ALL.iter().find(|code| problem["code"] == code.word());
    let code = code.unwrap_or_else(|| panic!("a code that is not in the contract: {}", shown()));
    assert_eq!(answer.status, code.status().as_u16(), "{}", shown());
    let may_fail = answer.status == 503 || is_gateway && [502, 504].contains(&answer.status);
    assert!(answer.status < 500 || may_fail, "{}", shown());
    assert!(answer.status != 503 || answer.header("retry-after").is_some(), "{}", shown());
}
