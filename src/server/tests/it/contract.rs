//! The published contract against the running server: whatever a test is answered anywhere in this
//! binary is held against the document, and may have nothing that is not described there.

use std::collections::{BTreeSet, HashMap};
use std::sync::{LazyLock, Mutex};

use jsonschema::Validator;
use serde_json::{Value, json};
use server::api::Contract;

use crate::client::Answer;
use crate::program::{self, Server};

/// The document; its answers closed, so that a member that is not described is found out.
static CLOSED: LazyLock<Value> = LazyLock::new(|| {
    let mut document = document();
    let schemas = document["components"]["schemas"].as_object_mut().expect("schemas");
    schemas.values_mut().for_each(close);
    document
});

fn document() -> Value {
    serde_json::from_str(&Contract::openapi_json()).expect("valid JSON")
}

fn close(schema: &mut Value) {
    if schema["properties"].is_object() && schema.get("additionalProperties").is_none() {
        schema["additionalProperties"] = false.into();
    }
}

/// The operation of a request, if its path is one of ours.
fn operation(method: &str, path: &str) -> Option<(String, &'static Value)> {
    let path = path.split('?').next().unwrap_or_default();
    let fits = |template: &str| {
        let (ours, theirs): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
        ours.len() == theirs.len() && ours.iter().zip(&theirs).all(|(our, their)| our.starts_with('{') || our == their)
    };
    let paths = CLOSED["paths"].as_object().expect("paths");
    let (template, methods) = paths.iter().find(|(template, _)| fits(template))?;
    let method = method.to_ascii_lowercase();
    let pointer = format!("/paths/{}/{method}", template.replace('~', "~0").replace('/', "~1"));
    Some((pointer, methods.get(&method)?))
}

/// A schema of the document, with all that it refers to.
fn validator(schema: &Value) -> Validator {
    let mut schema = schema.clone();
    schema["components"] = CLOSED["components"].clone();
    jsonschema::validator_for(&schema).expect("a schema")
}

/// Validators are costly to make and used thousands of times.
static VALIDATORS: LazyLock<Mutex<HashMap<String, &'static Validator>>> = LazyLock::new(Mutex::default);

fn cached(pointer: String, schema: &Value) -> &'static Validator {
    let mut known = VALIDATORS.lock().expect("no test panics while it holds this");
    known.entry(pointer).or_insert_with(|| Box::leak(Box::new(validator(schema))))
}

/// Holds an answer against the document. Paths that are not in it are somebody else's affair.
#[track_caller]
pub fn check(method: &str, path: &str, answer: &Answer) {
    let Some((pointer, operation)) = operation(method, path) else { return };
    let status = answer.status.to_string();
    let told = format!("{method} {path} was answered {answer:?}");
    let described = operation["responses"].get(&status);
    let described = described.unwrap_or_else(|| panic!("{told}: describe this in src/server/src/api/openapi"));
    for (name, header) in described["headers"].as_object().into_iter().flatten() {
        let reference = header["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
        let header = reference.and_then(|pointer| CLOSED.pointer(pointer)).expect("headers are referred to");
        let required = header["required"] == true;
        assert!(!required || answer.header(&name.to_ascii_lowercase()).is_some(), "{told}, without {name}");
    }
    let media_type = answer.header("content-type").and_then(|value| value.split(';').next());
    let Some(media_type) = media_type else {
        assert!(described.get("content").is_none() && answer.body.is_empty(), "{told}, without a body");
        return;
    };
    let schema = &described["content"][media_type]["schema"];
    assert!(schema.is_object(), "{told}, which is not described as {media_type}");
    if media_type.ends_with("json") {
        let validator = cached(format!("{pointer}/{status}/{media_type}"), schema);
        let body = answer.json();
        let errors: Vec<_> =
            validator.iter_errors(&body).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{told}, which is not as described: {errors:#?}");
    }
}

#[test]
fn the_kept_document_is_the_served_one() {
    let kept = include_str!("../../../../docs/openapi.json");
    assert!(kept == Contract::openapi_json(), "run `make openapi` and look at what has changed");
    let printed = program::tidegate().arg("openapi").output().expect("the binary runs");
    assert_eq!(String::from_utf8(printed.stdout).expect("JSON is UTF-8"), kept);
}

#[test]
fn both_forms_are_served_and_not_sent_again() {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Server::start(dir.path());
    let mut client = server.client();
    let document = client.get("/openapi.json");
    assert_eq!(document.ok(200)["openapi"], "3.1.0");
    assert_eq!(document.body, Contract::openapi_json());
    let page = client.get("/docs");
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(page.body.contains("/v1/reservations/{id}/payment-started"));
    for (path, answer) in [("/openapi.json", &document), ("/docs", &page)] {
        let etag = answer.header("etag").expect("a tag");
        let again = client.request("GET", path, &[("If-None-Match", etag)], b"");
        assert_eq!((again.status, again.body.as_str(), again.header("etag")), (304, "", Some(etag)));
        assert_eq!(client.request("GET", path, &[("If-None-Match", "\"other\"")], b"").status, 200);
        client.post(path, "{}").problem(405, "method_not_allowed");
    }
}

/// The examples of the document, sent to a server that knows their SKUs: none may be refused.
#[test]
fn every_example_is_valid_and_works() {
    let document = document();
    let dir = tempfile::tempdir().expect("a directory");
    let server = Server::start(dir.path());
    let mut client = server.client();
    client.put("/v1/skus/SNEAKER-42/locations/default", r#"{"on_hand":1000}"#).ok(200);
    client.put("/v1/sales/drop-1", r#"{"skus":["SNEAKER-42"]}"#).ok(200);
    client.put("/v1/reservations/r-1", r#"{"lines":[{"sku":"SNEAKER-42","quantity":2}],"ttl_ms":60000}"#).ok(201);
    let mut worked = BTreeSet::new();
    let verbs = ["extend", "payment_started", "confirm", "fulfil", "cancel"];
    // Each after what it needs; the deletion of what is promised and the release of what is shipped aside.
    let order = |id: &str| verbs.iter().position(|verb| *verb == id).map_or(0, |place| place + 1);
    let mut operations: Vec<_> = each_operation(&document).collect();
    operations.sort_by_key(|(_, _, operation)| order(operation["operationId"].as_str().expect("an id")));
    for (path, method, operation) in operations {
        let id = operation["operationId"].as_str().expect("an id");
        let path = path.replace("{sku}", "SNEAKER-42").replace("{location}", "default").replace("{sale}", "drop-1");
        let path = path.replace("{id}", if id == "reserve_as" { "r-2" } else { "r-1" });
        let path = if id == "skus" { path + "?ids=SNEAKER-42,HOODIE-M" } else { path };
        if ["delete_sku", "release"].contains(&id) {
            continue;
        }
        let contents = operation["requestBody"]["content"].as_object();
        let bodies: Vec<_> = contents.into_iter().flatten().map(|(kind, media)| (kind.as_str(), media)).collect();
        for (media_type, media) in if bodies.is_empty() { vec![("", &Value::Null)] } else { bodies } {
            let body = media["example"].as_str().map_or_else(|| media["example"].to_string(), str::to_owned);
            let body = if media_type.is_empty() { String::new() } else { body };
            if media_type == "application/json" {
                let errors = validator(&media["schema"]);
                assert!(errors.is_valid(&media["example"]), "{id}: {body}");
            }
            let headers = [("Content-Type", media_type)];
            let headers = if media_type.is_empty() { &[][..] } else { &headers[..] };
            let answer = client.request(&method.to_ascii_uppercase(), &path, headers, body.as_bytes());
            assert!((200..300).contains(&answer.status), "{id} {media_type}: {answer:?}");
            worked.insert(id);
        }
    }
    assert_eq!(worked.len(), each_operation(&document).count() - 2);
}

fn each_operation(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    document["paths"].as_object().expect("paths").iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().expect("methods").iter();
        methods.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    })
}

/// The check must be able to fail.
#[test]
fn an_answer_that_is_not_described_is_found_out() {
    let schema = &CLOSED["components"]["schemas"]["Reservation"];
    let line = json!({"line": 0, "sku": "A", "location": "default", "quantity": 1, "fulfilled": 0});
    let good = json!({
        "id": "r", "state": "held", "created_ms": 1, "expires_ms": 2, "lines": [line], "version": 1, "replayed": false,
    });
    let validator = validator(schema);
    assert!(validator.is_valid(&good));
    for (member, value) in
        [("state", json!("sold")), ("surprise", json!(1)), ("id", json!("a b")), ("order", Value::Null)]
    {
        let mut bad = good.clone();
        bad[member] = value;
        assert!(!validator.is_valid(&bad), "{bad}");
    }
    let mut bad = good.clone();
    bad["lines"][0]["surprise"] = 1.into();
    assert!(!validator.is_valid(&bad));
    let bare = std::panic::catch_unwind(|| check("GET", "/v1/skus/A", &Answer::bare(418)));
    assert!(bare.is_err());
}

/// Whatever a client may get wrong about types, names and numbers is answered as described: the
/// check is in every request.
#[test]
fn what_no_document_says_is_answered_as_described() {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Server::start(dir.path());
    let mut client = server.client();
    client.put("/v1/skus/A/locations/default", r#"{"on_hand":10}"#).ok(200);
    let huge = "9".repeat(400);
    for media_type in ["text/plain", "multipart/form-data; boundary=x", "application/xml", "*/*", ";", "\u{e4}"] {
        let document = document();
        let with_body = each_operation(&document).filter(|(.., operation)| operation.get("requestBody").is_some());
        for (path, method, _) in with_body {
            let path = path.replace(['{', '}'], "");
            let headers = [("Content-Type", media_type)];
            let answer = client.request(&method.to_ascii_uppercase(), &path, &headers, b"{}");
            answer.problem(415, "unsupported_media_type");
        }
    }
    client.get("/v1/skus/%41").ok(200);
    for name in ["%2e%2e%2f", "%00", "%F0%9F%98%80", "A%20", "A%0d%0aX:1", "%zz"] {
        client.get(&format!("/v1/skus/{name}")).problem(400, "invalid_request");
        client.get(&format!("/v1/sales/{name}")).problem(400, "invalid_request");
        client.get(&format!("/v1/reservations/{name}")).problem(400, "invalid_request");
    }
    for number in [huge.as_str(), "1e400", "-0.0", "1E5", "0x10", "18446744073709551616", "-9223372036854775809"] {
        let body = format!(r#"{{"on_hand":{number}}}"#);
        client.put("/v1/skus/A/locations/default", &body).problem(400, "invalid_request");
        client.get(&format!("/v1/events?wait_ms={number}")).problem(400, "invalid_request");
    }
}
