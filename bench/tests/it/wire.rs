//! Requests and answers of the load generator, byte for byte.

use bench::load::http::{Ask, Http};
use bench::load::postgres::Postgres;
use bench::load::redis::Redis;
use bench::load::{Answer, Target, sku};

#[test]
fn the_id_is_patched_in_and_nothing_else_changes() {
    let mut request = Http::tidegate(Ask::Reserve).request(7);
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
    assert_eq!(Http::tidegate(Ask::Reserve).request(3).with_id(9), Http::constant(Ask::Reserve).request(3).with_id(9));
}

#[test]
fn an_http_answer_is_complete_when_its_body_is() {
    let answer = b"HTTP/1.1 201 Created\r\nDate: x\r\nContent-Length: 4\r\n\r\nabcd";
    for end in 0..answer.len() {
        assert_eq!(Http::tidegate(Ask::Reserve).answer(&answer[..end]), None, "{end}");
    }
    assert_eq!(Http::tidegate(Ask::Reserve).answer(answer), Some(Answer { length: answer.len(), expected: true }));
    let refused = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\n\r\n";
    assert_eq!(Http::tidegate(Ask::Reserve).answer(refused), Some(Answer { length: refused.len(), expected: false }));
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

#[test]
fn ids_take_every_sku_in_its_turn_and_no_other() {
    let mut request = Http::tidegate(Ask::ReserveOver(10)).request(0);
    let mut seen = std::collections::BTreeMap::new();
    for id in 0..1_000 {
        let text = String::from_utf8_lossy(request.with_id(id)).into_owned();
        let (_, name) = text.split_once(r#""sku":""#).expect("a line has a SKU");
        *seen.entry(name[..11].to_owned()).or_insert(0) += 1;
    }
    assert_eq!(seen.keys().cloned().collect::<Vec<_>>(), (0..10).map(sku).collect::<Vec<_>>());
    assert!(seen.values().all(|count| (80..=120).contains(count)), "{seen:?}");
}

#[test]
fn each_ask_has_its_own_expected_status() {
    let answer = |status: u16| format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n");
    let asks = [(Ask::Reserve, 201), (Ask::ReserveOver(9), 201), (Ask::SoldOut, 409), (Ask::Read, 200)];
    for (ask, status) in asks {
        for other in [200, 201, 409, 503] {
            let expected = |http: Http| http.answer(answer(other).as_bytes()).is_some_and(|answer| answer.expected);
            assert_eq!(expected(Http::tidegate(ask)), other == status, "{ask:?} {other}");
            assert_eq!(expected(Http::constant(ask)), other == 201, "{ask:?} {other}");
        }
    }
}

/// What the server says to a prepared call that returns this value, or to one that fails.
fn postgres_answer(value: Option<&str>) -> Vec<u8> {
    let message = |kind: u8, body: &[u8]| [&[kind], &(body.len() as u32 + 4).to_be_bytes()[..], body].concat();
    let row = |value: &str| [&[0, 1], &(value.len() as u32).to_be_bytes()[..], value.as_bytes()].concat();
    let result = match value {
        Some(value) => [message(b'2', b""), message(b'D', &row(value)), message(b'C', b"SELECT 1\0")].concat(),
        None => message(b'E', b"SERROR\0C23505\0\0"),
    };
    [result, message(b'Z', b"I")].concat()
}

#[test]
fn postgres_grants_with_a_one_and_everything_else_is_an_error() {
    let postgres = Postgres { skus: 1 };
    let granted = postgres_answer(Some("1"));
    for end in 0..granted.len() {
        assert_eq!(postgres.answer(&granted[..end]), None, "{end}");
    }
    assert_eq!(postgres.answer(&granted), Some(Answer { length: granted.len(), expected: true }));
    for other in [postgres_answer(Some("0")), postgres_answer(Some("11")), postgres_answer(None)] {
        assert_eq!(postgres.answer(&other), Some(Answer { length: other.len(), expected: false }));
    }
}

#[test]
fn a_postgres_request_is_three_messages_with_true_lengths() {
    for skus in [1, 10_000] {
        let mut request = Postgres { skus }.request(5);
        let mut rest = request.with_id(7);
        let mut kinds = Vec::new();
        while let [kind, a, b, c, d, ..] = *rest {
            kinds.push(kind);
            rest = &rest[1 + u32::from_be_bytes([a, b, c, d]) as usize..];
        }
        assert_eq!((kinds.as_slice(), rest.len()), (&b"BES"[..], 0));
        let text = String::from_utf8_lossy(request.with_id(7)).into_owned();
        assert!(text.contains("0000000000000007") && text.contains("c-00005") && !text.contains('#'), "{text:?}");
    }
}
