//! Batches over HTTP: every operation has its result in its place, whatever became of the others,
//! and those on one reservation follow one another.

use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::program::{Server, wait_until};

const DOCUMENT: (&str, &str) = ("Content-Type", "application/json");
const NDJSON: (&str, &str) = ("Content-Type", "application/x-ndjson");
const MINIMAL: (&str, &str) = ("Prefer", "return=minimal");

fn server() -> (tempfile::TempDir, Server, Client) {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Server::start(dir.path());
    let mut client = server.client();
    stock(&mut client, "A", 100_000);
    (dir, server, client)
}

fn stock(client: &mut Client, sku: &str, on_hand: u32) {
    client.put(&format!("/v1/skus/{sku}/locations/default"), &format!(r#"{{"on_hand":{on_hand}}}"#)).ok(200);
}

fn reserve(id: &str) -> String {
    format!(r#"{{"op":"reserve","id":"{id}","lines":[{{"sku":"A","quantity":1}}]}}"#)
}

fn verb(op: &str, id: &str) -> String {
    format!(r#"{{"op":"{op}","id":"{id}"}}"#)
}

fn document(operations: &[impl AsRef<str>]) -> String {
    let operations: Vec<_> = operations.iter().map(AsRef::as_ref).collect();
    format!(r#"{{"operations":[{}]}}"#, operations.join(","))
}

fn send(client: &mut Client, headers: &[(&str, &str)], body: &str) -> Answer {
    client.request("POST", "/v1/batch", headers, body.as_bytes())
}

fn batch(client: &mut Client, operations: &[impl AsRef<str>]) -> Vec<Value> {
    results(&send(client, &[DOCUMENT], &document(operations)))
}

fn results(answer: &Answer) -> Vec<Value> {
    answer.ok(200)["results"].as_array().expect("a list").clone()
}

fn statuses(results: &[Value]) -> Vec<u64> {
    results.iter().map(|result| result["status"].as_u64().expect("a status")).collect()
}

fn figures(client: &mut Client, sku: &str) -> [u64; 3] {
    let stock = client.get(&format!("/v1/skus/{sku}")).ok(200);
    ["on_hand", "held", "allocated"].map(|field| stock["locations"][0][field].as_u64().expect("a figure"))
}

#[test]
fn every_verb_works_and_is_told_as_alone() {
    let (_dir, _server, mut client) = server();
    let told = batch(
        &mut client,
        &[
            reserve("r1").as_str(),
            r#"{"op":"extend","id":"r1","ttl_ms":86400000}"#,
            r#"{"op":"payment-started","id":"r1","grace_ms":1}"#,
            r#"{"op":"confirm","id":"r1","order":"o-1"}"#,
            &verb("fulfil", "r1"),
            &reserve("r2"),
            &verb("release", "r2"),
            &reserve("r3"),
            &verb("confirm", "r3"),
            &verb("cancel", "r3"),
            &verb("release", "r3"),
            &verb("confirm", "r4"),
        ],
    );
    assert_eq!(statuses(&told), [201, 200, 200, 200, 200, 201, 200, 201, 200, 200, 409, 404]);
    let states: Vec<_> = told[..10].iter().map(|result| result["body"]["state"].as_str()).collect();
    let expected =
        ["held", "held", "held", "confirmed", "fulfilled", "held", "released", "held", "confirmed", "cancelled"];
    assert_eq!(states, expected.map(Some));
    assert_eq!(told[10]["body"]["code"], "reservation_cancelled");
    assert_eq!(told[11]["body"]["status"], 404);
    for (id, last) in [("r1", 4), ("r2", 6), ("r3", 9)] {
        assert_eq!(client.get(&format!("/v1/reservations/{id}")).ok(200), told[last]["body"]);
    }
    assert_eq!(figures(&mut client, "A"), [99_999, 0, 0]);
}

#[test]
fn ten_thousand_operations_of_many_clients_keep_the_order_of_each_reservation() {
    let (_dir, server, mut client) = server();
    let carts = |client: usize| {
        let verbs = |id: String| [reserve(&id), verb("confirm", &id), verb("fulfil", &id), verb("fulfil", &id)];
        (0..2500).flat_map(move |cart| verbs(format!("{client}-{cart}"))).collect::<Vec<_>>()
    };
    std::thread::scope(|scope| {
        for buyer in 0..3 {
            let mut client = server.client();
            scope.spawn(move || {
                let told = batch(&mut client, &carts(buyer));
                assert_eq!(told.len(), 10_000);
                for of_one in told.chunks(4) {
                    assert_eq!(statuses(of_one), [201, 200, 200, 200], "{of_one:?}");
                    assert_eq!(
                        (&of_one[2]["body"]["replayed"], &of_one[3]["body"]["replayed"]),
                        (&json!(false), &json!(true))
                    );
                }
            });
        }
    });
    assert_eq!(figures(&mut client, "A"), [92_500, 0, 0]);
}

#[test]
fn the_order_also_holds_where_verbs_of_one_reservation_lie_far_apart() {
    let (_dir, _server, mut client) = server();
    let ids: Vec<_> = (0..3000).map(|index| format!("r-{index}")).collect();
    let mut operations: Vec<_> = ids.iter().map(|id| reserve(id)).collect();
    operations.extend(ids.iter().map(|id| verb("confirm", id)));
    operations.extend(ids.iter().map(|id| verb("cancel", id)));
    let told = batch(&mut client, &operations);
    assert!(statuses(&told[..3000]).iter().all(|status| *status == 201));
    assert!(told[3000..6000].iter().all(|result| result["body"]["state"] == "confirmed"));
    assert!(told[6000..].iter().all(|result| result["body"]["state"] == "cancelled"));
    assert_eq!(figures(&mut client, "A"), [100_000, 0, 0]);
}

#[test]
fn one_reservation_may_have_all_operations() {
    let (_dir, _server, mut client) = server();
    let mut operations = vec![reserve("r")];
    operations.extend((0..300).map(|_| verb("payment-started", "r")));
    operations.push(verb("release", "r"));
    let told = batch(&mut client, &operations);
    let versions: Vec<_> = told.iter().filter_map(|result| result["body"]["version"].as_u64()).collect();
    assert_eq!(versions, (1..=302).collect::<Vec<_>>());
}

#[test]
fn an_id_is_a_key_within_a_batch_and_across() {
    let (_dir, _server, mut client) = server();
    let other = r#"{"op":"reserve","id":"r1","lines":[{"sku":"A","quantity":2}]}"#;
    let told = batch(&mut client, &[reserve("r1").as_str(), &reserve("r1"), other]);
    assert_eq!(statuses(&told), [201, 200, 422]);
    assert_eq!((&told[1]["body"]["replayed"], &told[2]["body"]["field"]), (&json!(true), &json!("lines")));
    let alone = client.put("/v1/reservations/r1", r#"{"lines":[{"sku":"A","quantity":1}]}"#).ok(200);
    assert_eq!(alone["replayed"], true);
    assert_eq!(statuses(&batch(&mut client, &[reserve("r1")])), [200]);
    assert_eq!(figures(&mut client, "A")[1], 1);
}

#[test]
fn sold_out_is_said_line_by_line_and_again() {
    let (_dir, _server, mut client) = server();
    stock(&mut client, "A", 3);
    let operations: Vec<_> = (0..8).map(|index| reserve(&format!("r-{index}"))).collect();
    let told = batch(&mut client, &operations);
    assert_eq!(statuses(&told), [201, 201, 201, 409, 409, 409, 409, 409]);
    assert_eq!(told[3]["body"]["shortfalls"], json!([{"sku": "A", "requested": 1, "available": 0}]));
    stock(&mut client, "A", 100);
    let told = batch(&mut client, &operations);
    assert_eq!(statuses(&told), [200, 200, 200, 409, 409, 409, 409, 409]);
    assert_eq!(told[3]["body"]["replayed"], true);
}

#[test]
fn what_is_wrong_with_one_operation_is_its_own_affair() {
    let (_dir, _server, mut client) = server();
    let bad = [
        (r#"{"op":"sell","id":"x"}"#, "/op"),
        (r#"{"id":"x"}"#, ""),
        (r#"{"op":"release"}"#, ""),
        (r#"{"op":"release","id":"a b"}"#, "/id"),
        (r#"{"op":"release","id":"x","order":"o"}"#, "/order"),
        (r#"{"op":"reserve","id":"x","lines":[]}"#, "/lines"),
        (r#"{"op":"reserve","id":"x","lines":[{"sku":"A","quantity":0}]}"#, "/lines/0/quantity"),
        (r#"{"op":"reserve","id":"x","ttl_ms":86400001,"lines":[{"sku":"A","quantity":1}]}"#, "/ttl_ms"),
        (r#"{"op":"payment-started","id":"x","grace_ms":-1}"#, "/grace_ms"),
        ("7", ""),
        ("[]", ""),
        ("null", ""),
    ];
    for headers in [DOCUMENT, NDJSON] {
        let mut operations = Vec::new();
        for (index, (bad, _)) in bad.iter().enumerate() {
            operations.extend([(*bad).to_owned(), reserve(&format!("{}-{index}", &headers.1[12..]))]);
        }
        let body = if headers == DOCUMENT { document(&operations) } else { operations.join("\n") };
        let told = results(&send(&mut client, &[headers], &body));
        for (pair, (text, pointer)) in told.chunks(2).zip(bad) {
            assert_eq!(statuses(pair), [400, 201], "{text}");
            assert_eq!(pair[0]["body"]["code"], "invalid_request", "{text}");
            assert_eq!(pair[0]["body"]["pointer"], pointer, "{text}");
        }
    }
    assert_eq!(figures(&mut client, "A")[1], 2 * bad.len() as u64);
}

#[test]
fn who_wants_little_gets_a_status_and_what_cannot_be_known_otherwise() {
    let (_dir, _server, mut client) = server();
    let operations = [
        reserve("r1"),
        r#"{"op":"reserve","lines":[{"sku":"A","quantity":1}]}"#.to_owned(),
        verb("confirm", "r1"),
        verb("confirm", "r9"),
    ];
    let answer = send(&mut client, &[DOCUMENT, MINIMAL], &document(&operations));
    assert_eq!(answer.header("preference-applied"), Some("return=minimal"));
    let told = results(&answer);
    assert_eq!((&told[0], &told[2]), (&json!({"status": 201}), &json!({"status": 200})));
    let made = told[1]["id"].as_str().expect("the id that the server made");
    assert_eq!(told[1], json!({"status": 201, "id": made}));
    assert_eq!(client.get(&format!("/v1/reservations/{made}")).ok(200)["state"], "held");
    assert_eq!((&told[3]["status"], &told[3]["body"]["code"]), (&json!(404), &json!("reservation_not_found")));

    let answer = send(&mut client, &[DOCUMENT], &document(&operations[1..2]));
    assert_eq!(answer.header("preference-applied"), None);
    let told = results(&answer);
    assert_ne!(told[0]["body"]["id"], made);
    assert!(told[0]["body"]["id"].as_str().is_some_and(|id| id.starts_with("0-")));
}

#[test]
fn lines_are_answered_as_a_document_is() {
    let (_dir, _server, mut client) = server();
    let operations: Vec<_> = (0..200)
        .flat_map(|index| [reserve(&format!("r-{index}")), verb("confirm", &format!("r-{index}")), verb("x", "y")])
        .collect();
    let first = send(&mut client, &[DOCUMENT], &document(&operations));
    assert_eq!(statuses(&results(&first)[..3]), [201, 200, 400]);
    // What is done is told again in the same words, however it is asked.
    let again = send(&mut client, &[], &document(&operations));
    let lines = send(&mut client, &[NDJSON], &format!("\n{}\r\n\n", operations.join("\r\n")));
    assert!(again.body == lines.body, "{:.500}\n{:.500}", again.body, lines.body);
    let lines = results(&lines);
    assert_eq!((&lines[0]["body"]["state"], &lines[0]["body"]["replayed"]), (&json!("confirmed"), &json!(true)));
}

#[test]
fn lines_are_done_as_they_come() {
    let (_dir, server, mut client) = server();
    let mut watcher = server.client();
    client.send_raw(format!(
        "POST /v1/batch HTTP/1.1\r\nHost: t\r\n{}: {}\r\nTransfer-Encoding: chunked\r\n\r\n",
        NDJSON.0, NDJSON.1
    ));
    let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
    client.send_raw(chunk(&format!("{}\n{}\n{}", reserve("r1"), verb("confirm", "r1"), r#"{"op":"ful"#)));
    let mut state = |id: &str| watcher.get(&format!("/v1/reservations/{id}")).json()["state"].clone();
    wait_until("both lines are done", || state("r1") == "confirmed");
    client.send_raw(chunk(&format!("fil\",\"id\":\"r1\"}}\n{}", reserve("r2"))));
    wait_until("the line in two pieces is done", || state("r1") == "fulfilled");
    client.send_raw("0\r\n\r\n");
    assert_eq!(statuses(&results(&client.receive())), [201, 200, 200, 201]);
    assert_eq!(state("r2"), "held");
}

#[test]
fn what_was_done_before_the_lines_broke_off_is_told() {
    let (_dir, _server, mut client) = server();
    let mut lines: Vec<_> = (0..10_000).map(|index| reserve(&format!("r-{index}"))).collect();
    assert_eq!(results(&send(&mut client, &[NDJSON, MINIMAL], &lines.join("\n"))).len(), 10_000);
    lines.push(verb("release", "r-0"));
    let problem = send(&mut client, &[NDJSON, MINIMAL], &lines.join("\n")).problem(400, "invalid_request");
    assert_eq!(problem["pointer"], "/operations");
    assert_eq!(problem["results"].as_array().map(Vec::len), Some(10_000));
}

#[test]
fn a_client_that_hangs_up_leaves_what_it_asked_for() {
    let (_dir, server, mut client) = server();
    let mut watcher = server.client();
    let operations: Vec<_> = (0..500).map(|index| reserve(&format!("r-{index}"))).collect();
    client.send("POST", "/v1/batch", &[DOCUMENT], document(&operations).as_bytes());
    drop(client);
    wait_until("all of them are held", || figures(&mut watcher, "A")[1] == 500);
}

#[test]
fn a_batch_that_is_none_is_refused_whole() {
    let (_dir, server, mut client) = server();
    let good = reserve("r");
    for (headers, body, pointer) in [
        (DOCUMENT, String::new(), ""),
        (DOCUMENT, "[]".to_owned(), ""),
        (DOCUMENT, "{}".to_owned(), ""),
        (DOCUMENT, r#"{"operations":[]}"#.to_owned(), "/operations"),
        (DOCUMENT, r#"{"operations":7}"#.to_owned(), "/operations"),
        (DOCUMENT, format!(r#"{{"operations":[{good}],"x":1}}"#), "/x"),
        (DOCUMENT, format!(r#"{{"operations":[{good},{{"op"]}}"#), "/operations/1"),
        (DOCUMENT, format!("{}x", document(&[&good])), ""),
        (DOCUMENT, document(&vec![&good; 10_001]), "/operations"),
        (NDJSON, String::new(), "/operations"),
        (NDJSON, "\n \r\n".to_owned(), "/operations"),
    ] {
        let problem = send(&mut client, &[headers], &body).problem(400, "invalid_request");
        assert_eq!(problem["pointer"], pointer, "{}", &body[..body.len().min(100)]);
        assert_eq!(problem.get("results"), None);
    }
    send(&mut client, &[("Content-Type", "text/csv")], &good).problem(415, "unsupported_media_type");
    client.get("/v1/batch").problem(405, "method_not_allowed");
    assert_eq!(figures(&mut client, "A")[1], 0, "nothing of any of them was done");
    for content_type in [DOCUMENT.1, NDJSON.1] {
        let mut client = server.client();
        client.send_raw(format!(
            "POST /v1/batch HTTP/1.1\r\nHost: t\r\nContent-Type: {content_type}\r\nContent-Length: 67108865\r\n\r\n"
        ));
        client.receive().problem(413, "payload_too_large");
    }
}

#[test]
fn an_operation_that_is_too_long_is_refused_alone() {
    let (_dir, _server, mut client) = server();
    let padded = |length: usize| {
        let operation = reserve("long");
        format!("{}{}}}", &operation[..operation.len() - 1], " ".repeat(length - operation.len()))
    };
    for (headers, id) in [(DOCUMENT, "a"), (NDJSON, "b")] {
        let operations = [padded((1 << 20) + 1), reserve(id)];
        let body = if headers == DOCUMENT { document(&operations) } else { operations.join("\n") };
        assert_eq!(statuses(&results(&send(&mut client, &[headers], &body))), [400, 201]);
    }
    assert_eq!(statuses(&batch(&mut client, &[padded(1 << 20)])), [201]);
}

#[test]
fn what_there_is_no_room_for_is_unavailable_and_the_rest_goes_on() {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Server::start_with(dir.path(), &[("ENGINE__MAX_RESERVATIONS", "2")]);
    let mut client = server.client();
    stock(&mut client, "A", 10);
    let told = batch(
        &mut client,
        &[reserve("r1"), reserve("r2"), reserve("r3"), verb("confirm", "r1"), verb("release", "r2")],
    );
    assert_eq!(statuses(&told), [201, 201, 503, 200, 200]);
    assert_eq!(told[2]["body"]["code"], "storage_full");
    assert_eq!(statuses(&batch(&mut client, &[reserve("r3"), reserve("r4")])), [201, 503]);
}
