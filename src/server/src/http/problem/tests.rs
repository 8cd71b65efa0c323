//! The table is complete, and a problem's body is what the contract says.

use super::{Code, Problem};
use hyper::header::{ALLOW, CONNECTION, RETRY_AFTER};
use serde_json::{Value, json};

#[test]
fn every_code_has_its_own_word_and_a_status_of_an_error() {
    let mut words: Vec<_> = Code::ALL.iter().map(|code| code.word()).collect();
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), Code::ALL.len());
    assert!(Code::ALL.iter().all(|code| code.status().is_client_error() || code.status().is_server_error()));
}

#[test]
fn the_body_holds_the_members_and_escapes_what_it_quotes() {
    let problem = Problem::invalid("/lines/0/sku", "must not be \"so\"").with_number("version", 7);
    let body: Value = serde_json::from_slice(&problem.to_json()).expect("valid JSON");
    let expected = json!({
        "type": "/problems/invalid_request", "title": "The request is not valid", "status": 400,
        "detail": "must not be \"so\"", "code": "invalid_request", "pointer": "/lines/0/sku", "version": 7,
    });
    assert_eq!(body, expected);
}

#[test]
fn unavailable_says_when_to_retry_and_others_do_not() {
    let overloaded = Problem::new(Code::Overloaded, "later").into_reply();
    assert_eq!(overloaded.headers()[RETRY_AFTER], "1");
    let missing = Problem::new(Code::NotFound, "no").into_reply();
    assert!(!missing.headers().contains_key(RETRY_AFTER));
    assert!(!missing.headers().contains_key(CONNECTION));
}

#[test]
fn a_wrong_method_is_told_the_right_ones() {
    let reply = Problem::method_not_allowed("GET, PUT").closing().into_reply();
    assert_eq!(reply.headers()[ALLOW], "GET, PUT");
    assert_eq!(reply.headers()[CONNECTION], "close");
}
