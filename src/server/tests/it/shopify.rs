//! Shopify's inventory export from the file to the stock: the program itself against a server.

use std::io::Write;
use std::process::{Output, Stdio};

use serde_json::{Value, json};

use crate::client::Client;
use crate::program::{Server, tidegate};

const HEADER: &str = "Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Option3 Name,\
                      Option3 Value,SKU,HS Code,COO";

fn server() -> (tempfile::TempDir, Server) {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Server::start(dir.path());
    (dir, server)
}

/// Runs `tidegate import` on stdin.
fn import(server: &Server, content: &str) -> Output {
    let mut program = tidegate()
        .args(["import", "-", "--format", "shopify-csv", "--api", &format!("http://{}", server.api)])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    // Dropped at once: the program reads to the end before it answers.
    let sent = program.stdin.take().expect("stdin is a pipe").write_all(content.as_bytes());
    sent.expect("the program reads");
    program.wait_with_output().expect("the program ends")
}

fn text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).expect("the program writes UTF-8")
}

/// What it said of the source, line by line; not how far it came.
fn remarks(output: &Output) -> Vec<&str> {
    text(&output.stderr).lines().filter_map(|line| line.strip_prefix("stdin:")).collect()
}

/// What is available of a SKU at each of its locations.
fn available(client: &mut Client, sku: &str) -> Value {
    let found = client.get(&format!("/v1/skus/{sku}")).ok(200);
    let locations = found["locations"].as_array().expect("locations are listed");
    let pairs = locations.iter().map(|record| {
        let name = record["location"].as_str().expect("a location has a name");
        (name.to_owned(), record["available"].clone())
    });
    Value::Object(pairs.collect())
}

#[test]
fn an_export_arrives_and_its_faults_are_told_by_line_and_column() {
    let (_dir, server) = server();
    let rows = [
        &format!("\u{feff}{HEADER},101 Main St.,\"Shop, \"\"old\"\"\",east"),
        "tee,\"Tee, \"\"plain\"\"\",Size,S,,,,,TEE-S,6109.10,PT,5,not stocked,0",
        "tee,\"Tee,",
        "second line\",Size,M,,,,,\"TEE-M\",6109.10,PT,7,8,",
        "tee,Tee,Size,L,,,,,,6109.10,PT,1,1,1",
        "cap,Cap,Title,Default Title,,,,,CAP,,,-3,4,2000000000",
        "cap,Cap,Title,Default Title,,,,,CAP RED,,,1,1,1",
        "mug,Mug,Title,Default Title,,,,,MUG,,,1.5,Not Stocked,9",
    ];
    let output = import(&server, &(rows.join("\r\n") + "\r\n"));

    assert_eq!(
        remarks(&output),
        [
            " `101 Main St.` is location `101-Main-St.`",
            " `Shop, \"old\"` is location `Shop-old`",
            "6: invalid_request: column `101 Main St.`: `-3` is negative: it is oversold in Shopify, settle that first",
            "6: invalid_request: column `east`: `2000000000` is more than 1000000000",
            "7: invalid_request: column `SKU`: `CAP RED` may only hold the characters A-Z a-z 0-9 . _ : -",
            "8: invalid_request: column `101 Main St.`: `1.5` is not a whole number",
        ]
    );
    assert_eq!(text(&output.stdout), "applied 6, refused 4, stale 0, skipped 1\n");
    assert_eq!(output.status.code(), Some(1));

    let mut client = server.client();
    assert_eq!(available(&mut client, "TEE-S"), json!({ "101-Main-St.": 5, "east": 0 }));
    assert_eq!(available(&mut client, "TEE-M"), json!({ "101-Main-St.": 7, "Shop-old": 8 }));
    assert_eq!(available(&mut client, "CAP"), json!({ "Shop-old": 4 }));
    assert_eq!(available(&mut client, "MUG"), json!({ "east": 9 }));
}

#[test]
fn what_the_server_refuses_is_told_by_line_and_column_too() {
    let (_dir, server) = server();
    let locations = ledger::MAX_LOCATIONS + 1;
    let names: Vec<_> = (1..=locations).map(|n| format!("Shop {n}")).collect();
    let cells = vec!["1"; locations].join(",");
    let output = import(&server, &format!("{HEADER},{}\n\ntee,Tee,,,,,,,TEE,,,{cells}\n", names.join(",")));
    let refused: Vec<_> = remarks(&output).into_iter().filter(|line| !line.contains("is location")).collect();
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert!(refused[0].starts_with(&format!("3: invalid_request: column `Shop {locations}`: ")), "{refused:?}");
    assert_eq!(text(&output.stdout), format!("applied {}, refused 1, stale 0, skipped 0\n", locations - 1));
}

#[test]
fn what_is_available_counts_beside_what_is_promised() {
    let (_dir, server) = server();
    let mut client = server.client();
    client.put("/v1/skus/TEE/locations/main", r#"{"on_hand":10}"#).ok(200);
    client.put("/v1/reservations/held", r#"{"lines":[{"sku":"TEE","quantity":2}]}"#).ok(201);
    client.put("/v1/reservations/sold", r#"{"lines":[{"sku":"TEE","quantity":3}]}"#).ok(201);
    client.post("/v1/reservations/sold/confirm", "{}").ok(200);

    let figures = "Location,Bin name,Incoming (not editable),Unavailable (not editable),Committed (not editable),\
                   Available (not editable),On hand (current),On hand (new)";
    let output = import(&server, &format!("{HEADER},{figures}\ntee,Tee,,,,,,,TEE,,,main,,0,0,1,20,21,\n"));
    assert_eq!(text(&output.stdout), "applied 1, refused 0, stale 0, skipped 0\n", "{}", text(&output.stderr));
    assert_eq!(output.status.code(), Some(0));

    let record = &client.get("/v1/skus/TEE").ok(200)["locations"][0];
    let figures = ["available", "held", "allocated", "on_hand"].map(|figure| record[figure].as_u64());
    assert_eq!(figures, [20, 2, 3, 25].map(Some));
}

#[test]
fn locations_that_cannot_be_told_apart_end_it_before_anything_is_sent() {
    let (_dir, server) = server();
    let output = import(&server, &format!("{HEADER},Main St,Main/St\ntee,Tee,,,,,,,TEE,,,1,2\n"));
    assert_eq!(output.status.code(), Some(2));
    let error = "tidegate import: column 13, `Main/St`, cannot be a location: `Main St` and `Main/St` would both be \
                 location `Main-St`; rename it in the header row";
    assert!(text(&output.stderr).lines().any(|line| line == error), "{}", text(&output.stderr));
    server.client().get("/v1/skus/TEE").problem(404, "unknown_sku");
}

#[test]
fn a_shopify_file_without_the_format_is_told_which_to_give() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("inventory_export.csv");
    std::fs::write(&file, format!("{HEADER},Main\n")).expect("a temporary file can be written");
    let output = tidegate().arg("import").arg(&file).output().expect("the binary runs");
    assert_eq!(output.status.code(), Some(2));
    let error = "tidegate import: this looks like Shopify's inventory export: give --format shopify-csv\n";
    assert!(text(&output.stderr).ends_with(error), "{}", text(&output.stderr));
}
