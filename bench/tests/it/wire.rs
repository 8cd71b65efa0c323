//! Requests and answers of the load generator, byte for byte.

use bench::load::http::Http;
use bench::load::redis::Redis;
use bench::load::{Answer, Target};

#[test]
fn the_id_is_patched_in_and_nothing_else_changes() {
    let mut request = Http::Tidegate.request(7);
    let text = String::from_utf8_lossy(request.with_id(0x0123_4567_89ab_cdef)).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
    assert!(head.starts_with("PUT /v1/reservations/0123456789abcdef HTTP/1.1\r\n"), "{head}");
    assert!(head.contains(&format!("content-length: {}", body.len())), "{head}");
    let body: serde_json::Value = serde_json::from_str(body).expect("the body is JSON");
    assert_eq!(body["lines"][0], serde_json::json!({"sku": "HOT", "quantity": 1}));
    assert_eq!(body["customer"], "c-00007");

    let again = String::from_utf8_lossy(request.with_id(0)).into_owned();
    assert_eq!(again, text.replace("0123456789abcdef", "0000000000000000"));
}

#[test]
fn both_http_targets_send_the_same_bytes() {
    assert_eq!(Http::Tidegate.request(3).with_id(9), Http::BareHyper.request(3).with_id(9));
}

#[test]
fn an_http_answer_is_complete_when_its_body_is() {
    let answer = b"HTTP/1.1 201 Created\r\nDate: x\r\nContent-Length: 4\r\n\r\nabcd";
    for end in 0..answer.len() {
        assert_eq!(Http::Tidegate.answer(&answer[..end]), None, "{end}");
    }
    assert_eq!(Http::Tidegate.answer(answer), Some(Answer { length: answer.len(), expected: true }));
    let refused = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\n\r\n";
    assert_eq!(Http::Tidegate.answer(refused), Some(Answer { length: refused.len(), expected: false }));
}

#[test]
fn redis_grants_with_a_one_and_everything_else_is_an_error() {
    let redis = Redis::default();
    assert_eq!(redis.answer(b":1\r"), None);
    assert_eq!(redis.answer(b":1\r\n"), Some(Answer { length: 4, expected: true }));
    for other in [&b":0\r\n"[..], b":2\r\n", b"-NOSCRIPT no script\r\n"] {
        assert_eq!(redis.answer(other), Some(Answer { length: other.len(), expected: false }));
    }
}

#[test]
fn a_redis_command_announces_its_words() {
    let mut request = Redis::default().request(1);
    let text = String::from_utf8_lossy(request.with_id(1)).into_owned();
    assert!(text.starts_with("*9\r\n$7\r\nEVALSHA\r\n"), "{text}");
    assert!(text.contains("\r\n$28\r\nreservation:0000000000000001\r\n"), "{text}");
}
