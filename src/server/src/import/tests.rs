//! The parts of an import that need no server: reading lines and rows, filling chunks, counting.

use super::chunk::{CHUNK_BYTES, Chunk};
use super::found::{Found, Origin};
use super::lines::{Lines, MAX_LINE_BYTES};
use super::report::{MAX_LISTED, Report};
use super::rows::Rows;
use super::{Format, ImportError, Job, Source};

/// What a line became: its number, and the JSON or why there is none.
fn plain(found: Result<Found, ImportError>) -> (u64, Result<String, String>) {
    match found.expect("reading from memory does not fail") {
        Found::Json(origin, json) => (origin.line, Ok(String::from_utf8(json).expect("the samples are UTF-8"))),
        Found::Bad(origin, detail) => (origin.line, Err(origin.explain(detail))),
        Found::Nothing | Found::Renamed(_) => panic!("these formats leave nothing out and rename nothing"),
    }
}

fn csv(source: &str) -> Vec<(u64, Result<String, String>)> {
    let rows = Rows::new(source.as_bytes()).expect("the sample has a good header");
    rows.map(plain).collect()
}

fn header_error(source: &str) -> String {
    match Rows::new(source.as_bytes()) {
        Ok(_) => panic!("the header must be refused: {source}"),
        Err(error) => error.to_string(),
    }
}

fn sent(number: u64, json: &str) -> (u64, Result<String, String>) {
    (number, Ok(json.to_owned()))
}

fn refused(number: u64, detail: &str) -> (u64, Result<String, String>) {
    (number, Err(detail.to_owned()))
}

#[test]
fn a_row_becomes_an_object_of_its_filled_cells() {
    assert_eq!(
        csv("sku,on_hand,reference\nA,5,\n B , -1 ,\"r \"\"1\"\"\"\n"),
        [sent(2, r#"{"sku":"A","on_hand":5}"#), sent(3, r#"{"sku":"B","on_hand":-1,"reference":"r \"1\""}"#),]
    );
}

#[test]
fn a_sku_of_digits_stays_text() {
    assert_eq!(csv("sku\n007\n"), [sent(2, r#"{"sku":"007"}"#)]);
}

#[test]
fn rows_are_numbered_by_the_line_they_begin_on() {
    for line_end in ["\n", "\r\n"] {
        let source = ["", "sku,on_hand", "", "", "A,1", "\"B\nC\",2", "D,3", "", "E,4"];
        let rows = csv(&source.join(line_end));
        let numbers: Vec<_> = rows.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, [5, 6, 8, 10], "line end {line_end:?}");
        assert_eq!(rows[3], sent(10, r#"{"sku":"E","on_hand":4}"#));
    }
}

#[test]
fn a_bad_row_is_refused_alone() {
    assert_eq!(
        csv("sku,on_hand\nA,many\nB\nC,3\n"),
        [
            refused(2, "column `on_hand`: `many` is not a whole number"),
            refused(3, "1 cells, but the header has 2"),
            sent(4, r#"{"sku":"C","on_hand":3}"#),
        ]
    );
    let cell = "x\n".repeat(1000);
    let shown = format!("column `on_hand`: `{}...` is not a whole number", "x ".repeat(40));
    assert_eq!(csv(&format!("sku,on_hand\nA,\"{cell}\"\n")), [refused(2, &shown)]);
    let rows = Rows::new(b"sku\n\xff\n".as_slice()).expect("the sample has a good header");
    let rows: Vec<_> = rows.map(plain).collect();
    assert_eq!(rows, [refused(2, "column `sku` is not UTF-8")]);
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_first_line() {
    assert_eq!(csv("\u{feff}sku\nA\n"), [sent(2, r#"{"sku":"A"}"#)]);
    let lines = Lines::new("\u{feff}{}\n".as_bytes());
    assert_eq!(lines.map(plain).collect::<Vec<_>>(), [sent(1, "{}")]);
}

#[test]
fn a_bad_header_is_told_what_is_wrong() {
    assert_eq!(header_error("sku,onhand\n"), "unknown column `onhand`; did you mean `on_hand`?");
    assert_eq!(header_error("sku,sku\n"), "the header row names column `sku` twice");
    assert_eq!(header_error("location\n"), "the header row has no column `sku`");
    assert!(header_error("\n\n").starts_with("no header row"));
}

#[test]
fn an_export_of_shopifys_is_recognised() {
    let header = "Handle,Title,Option1 Name,Option1 Value,SKU,HS Code,COO,101 Main St.\n";
    assert_eq!(header_error(header), "this looks like Shopify's inventory export: give --format shopify-csv");
    assert!(header_error("Handle,sku\n").starts_with("unknown column `Handle`"));
}

#[test]
fn ndjson_lines_pass_as_they_are_without_blank_ones() {
    let lines = Lines::new("{\"a\":1}\r\n\n  \n broken\nlast".as_bytes());
    assert_eq!(lines.map(plain).collect::<Vec<_>>(), [sent(1, "{\"a\":1}"), sent(4, " broken"), sent(5, "last")]);
}

#[test]
fn a_line_without_end_does_not_fill_the_memory() {
    let fits = vec![b'x'; MAX_LINE_BYTES as usize - 1];
    let source = [fits.as_slice(), b"\n", &fits, b"xx"].concat();
    let mut lines = Lines::new(source.as_slice());
    assert_eq!(plain(lines.next().unwrap()).0, 1);
    let error = lines.next().unwrap().err().unwrap();
    assert!(matches!(error, ImportError::LineTooLong { line: 2 }));
}

#[test]
fn a_chunk_takes_one_line_at_least_and_no_more_than_its_size() {
    let mut chunk = Chunk::default();
    let huge = vec![b' '; CHUNK_BYTES];
    assert!(chunk.has_room_for(&huge));
    chunk.push(Origin::line(7), b"{}");
    assert!(!chunk.has_room_for(&huge));
    let rest = CHUNK_BYTES - chunk.body().len();
    assert!(!chunk.has_room_for(&huge[..rest]));
    chunk.push(Origin::line(9), &huge[..rest - 1]);
    assert_eq!(chunk.body().len(), CHUNK_BYTES);
    assert_eq!(chunk.span(), (7, 9));
    assert_eq!([0, 1, 2, 3].map(|line| chunk.origin(line).map(|origin| origin.line)), [None, Some(7), Some(9), None]);
    chunk.clear();
    assert!(chunk.is_empty() && chunk.body().is_empty());
}

#[test]
fn the_report_lists_by_line_and_only_so_many() {
    let mut report = Report::default();
    for line in (1..=MAX_LISTED as u64 + 5).rev() {
        report.refuse(&Origin::line(line), "bad".to_owned());
    }
    assert_eq!(report.errors().len(), MAX_LISTED);
    assert!(report.errors().is_sorted_by_key(|error| error.line));
    assert_eq!(report.to_string(), "applied 0, refused 10005, stale 0, skipped 0 (5 refused lines not listed)");
}

#[test]
fn the_format_follows_the_extension_unless_given() {
    let job = |source: &str, format| Job {
        source: source.parse().expect("any text names a source"),
        target: "http://127.0.0.1:1".parse().expect("a good address"),
        format,
        patience: super::PATIENCE,
    };
    assert_eq!(job("-", None).source, Source::Stdin);
    assert_eq!(job("-", None).format().unwrap(), Format::Ndjson);
    assert_eq!(job("-", Some(Format::Csv)).format().unwrap(), Format::Csv);
    assert_eq!(job("a.csv", None).format().unwrap(), Format::Csv);
    assert_eq!(job("a.jsonl", None).format().unwrap(), Format::Ndjson);
    assert_eq!(job("a.txt", None).format().unwrap_err().exit_code(), 2);
}
