//! What an inventory export comes to, in each of the layouts that Shopify has written.

use super::locations::MAX_NAMES;
use super::{Found, Inventory};

const OPTIONS: &str = "Option1 Name,Option1 Value,Option2 Name,Option2 Value,Option3 Name,Option3 Value";
const FIGURES: &str = "Incoming (not editable),Unavailable (not editable),Committed (not editable),\
                       Available (not editable),On hand (current),On hand (new)";

/// What is found after the header, a line of text each.
fn read(source: &[u8]) -> Vec<String> {
    let inventory = Inventory::new(source).expect("the sample has a good header");
    inventory
        .map(|found| match found.expect("reading from memory does not fail") {
            Found::Json(origin, json) => {
                format!("{} {}", origin.line, String::from_utf8(json).expect("the samples are UTF-8"))
            }
            Found::Bad(origin, detail) => format!("{}: {}", origin.line, origin.explain(detail)),
            Found::Nothing => "nothing".to_owned(),
            Found::Renamed(renamed) => renamed.to_string(),
        })
        .collect()
}

/// Rows under the header of a column for each location.
fn wide(locations: &str, rows: &str) -> Vec<String> {
    read(format!("Handle,Title,{OPTIONS},SKU,HS Code,COO,{locations}\n{rows}").as_bytes())
}

/// A row of such a table.
fn row(sku: &str, cells: &str) -> String {
    format!("shoe,Shoe,Size,42,,,,,{sku},6403.99,PT,{cells}\n")
}

/// Rows under the header of a row for each location.
fn long(rows: &str) -> Vec<String> {
    read(format!("Handle,Title,{OPTIONS},SKU,Barcode,HS Code,COO,Location,Bin name,{FIGURES}\n{rows}").as_bytes())
}

/// A row of such a table; 90s and 70s are the figures that are not meant.
fn long_row(sku: &str, location: &str, available: &str) -> String {
    format!("shoe,Shoe,Size,42,,,,,{sku},4006381333931,6403.99,PT,{location},A-1,91,92,93,{available},94,70\n")
}

fn header_error(header: &str) -> String {
    match Inventory::new(header.as_bytes()) {
        Ok(_) => panic!("the header must be refused: {header}"),
        Err(error) => {
            assert_eq!(error.exit_code(), 2);
            error.to_string()
        }
    }
}

#[test]
fn each_location_of_a_row_is_a_line() {
    assert_eq!(
        wide("Main,Shop", &(row("A", "5,0") + &row(" B ", " 7 ,12"))),
        [
            r#"2 {"sku":"A","location":"Main","available":5}"#,
            r#"2 {"sku":"A","location":"Shop","available":0}"#,
            r#"3 {"sku":"B","location":"Main","available":7}"#,
            r#"3 {"sku":"B","location":"Shop","available":12}"#,
        ]
    );
}

#[test]
fn the_columns_of_locations_are_told_by_what_they_are_not() {
    let sent = [r#"2 {"sku":"A","location":"Main","available":5}"#];
    assert_eq!(read(b"Handle,Title,SKU,Main\nshoe,Shoe,A,5\n"), sent);
    assert_eq!(read(b"Main,SKU,COO,Option10 Value,Title,Barcode,Handle\n5,A,PT,42,Shoe,400,shoe\n"), sent);
    let optional = "Handle,Title,SKU,Option Name,Option1 Size\nshoe,Shoe,A,1,2\n";
    assert_eq!(
        read(optional.as_bytes())[2..],
        [
            r#"2 {"sku":"A","location":"Option-Name","available":1}"#,
            r#"2 {"sku":"A","location":"Option1-Size","available":2}"#,
        ]
    );
}

#[test]
fn a_spreadsheet_may_have_written_it() {
    let rows = [
        "\u{feff}\"Handle\",\"Title\",\"SKU\",\"Main\"",
        "",
        "hat,\"Hat, \"\"wide\"\",",
        "second line\",A,1",
        "cap,Cap,\"B\",\"2\"",
    ];
    for line_end in ["\n", "\r\n"] {
        let expected =
            [r#"3 {"sku":"A","location":"Main","available":1}"#, r#"5 {"sku":"B","location":"Main","available":2}"#];
        assert_eq!(read(rows.join(line_end).as_bytes()), expected, "line end {line_end:?}");
    }
}

#[test]
fn what_is_not_stocked_and_what_has_no_sku_is_passed_over() {
    let rows = [row("A", "not stocked,"), row("", "5,6"), row("  ", "x,y"), row("B", "Not Stocked,6")];
    assert_eq!(
        wide("Main,Shop", &rows.concat()),
        ["nothing", "nothing", r#"5 {"sku":"B","location":"Shop","available":6}"#]
    );
}

#[test]
fn a_bad_cell_is_refused_alone() {
    let rows = [
        row("A", "-2,3"),
        row("B", "1.0,many"),
        row("C", "1000000000,1000000001"),
        row("D", "-0,99999999999999999999"),
    ];
    assert_eq!(
        wide("Main St.,Shop", &rows.concat())[1..],
        [
            "2: column `Main St.`: `-2` is negative: it is oversold in Shopify, settle that first",
            r#"2 {"sku":"A","location":"Shop","available":3}"#,
            "3: column `Main St.`: `1.0` is not a whole number",
            "3: column `Shop`: `many` is not a whole number",
            r#"4 {"sku":"C","location":"Main-St.","available":1000000000}"#,
            "4: column `Shop`: `1000000001` is more than 1000000000",
            r#"5 {"sku":"D","location":"Main-St.","available":0}"#,
            "5: column `Shop`: `99999999999999999999` is not a whole number",
        ]
    );
    let latin_1 = b"Handle,Title,SKU,Main\nshoe,Shoe,A,\xe9\nshoe,Sho\xe9,B,1\n";
    let expected = ["2: column `Main`: is not UTF-8", r#"3 {"sku":"B","location":"Main","available":1}"#];
    assert_eq!(read(latin_1), expected);
}

#[test]
fn a_bad_row_is_refused_once_and_alone() {
    let long_sku = "S".repeat(65);
    let rows = [row("two words", "1,2"), row(&long_sku, "1,2"), row("A", "1"), row("\u{e4}\n\u{e4}", "1,2")];
    let rows = rows.concat().replace("\u{e4}\n\u{e4}", "\"\u{e4}\n\u{e4}\"") + &row("B", "1,");
    assert_eq!(
        wide("Main,Shop", &rows),
        [
            "2: column `SKU`: `two words` may only hold the characters A-Z a-z 0-9 . _ : -".to_owned(),
            format!("3: column `SKU`: `{long_sku}` must be at most 64 bytes long"),
            "4: 12 cells, but the header has 13".to_owned(),
            "5: column `SKU`: `\u{e4} \u{e4}` may only hold the characters A-Z a-z 0-9 . _ : -".to_owned(),
            r#"7 {"sku":"B","location":"Main","available":1}"#.to_owned(),
        ]
    );
}

#[test]
fn an_error_repeats_so_much_of_a_cell_and_no_more() {
    let endless = "x".repeat(1000);
    let shown = format!("2: column `Main`: `{}...` is not a whole number", "x".repeat(80));
    assert_eq!(wide("Main", &row("A", &endless)), [shown]);
}

#[test]
fn free_names_become_identifiers_and_are_told_once() {
    let found = wide("\"101 Main St., 2nd\n floor\",Main,*Lager Zürich*", &(row("A", "1,2,3") + &row("B", "4,,")));
    assert_eq!(
        found,
        [
            "`101 Main St., 2nd  floor` is location `101-Main-St.-2nd-floor`",
            "`*Lager Zürich*` is location `Lager-Z-rich`",
            r#"3 {"sku":"A","location":"101-Main-St.-2nd-floor","available":1}"#,
            r#"3 {"sku":"A","location":"Main","available":2}"#,
            r#"3 {"sku":"A","location":"Lager-Z-rich","available":3}"#,
            r#"4 {"sku":"B","location":"101-Main-St.-2nd-floor","available":4}"#,
        ]
    );
}

#[test]
fn a_column_that_cannot_be_a_location_ends_it() {
    let error = |locations: &str| header_error(&format!("Handle,Title,SKU,{locations}\n"));
    let of = |number, name: &str, why: &str| {
        format!("column {number}, `{name}`, cannot be a location: {why}; rename it in the header row")
    };
    let both = "`Main St` and `Main/St` would both be location `Main-St`";
    assert_eq!(error("Main St,Shop,Main/St"), of(6, "Main/St", both));
    assert_eq!(error("Main,Main"), of(5, "Main", "an earlier column has that name"));
    assert_eq!(error("東京"), of(4, "東京", "`東京` has none of the characters A-Z a-z 0-9 . _ :"));
    assert_eq!(error("Main,"), of(5, "", "`` has none of the characters A-Z a-z 0-9 . _ :"));
    let long = "a".repeat(65);
    assert_eq!(
        error(&long),
        of(4, &long, &format!("`{long}` becomes an identifier that must be at most 64 bytes long"))
    );
    assert!(error(&"(a)".repeat(86)).contains("is longer than 255 bytes"));
    wide(&"a".repeat(64), "");
}

#[test]
fn a_header_that_is_not_of_an_inventory_export_is_told_what_is_missing() {
    let missing = |header: &str, column: &str| {
        let error = header_error(header);
        assert!(error.starts_with(&format!("the header row has no column `{column}`: ")), "{error}");
        assert!(error.contains("a column for each location or the columns `Location` and `Available`"), "{error}");
    };
    missing("sku,on_hand\n", "Handle");
    missing("Handle,Title,Variant SKU,Variant Inventory Qty\n", "SKU");
    missing("Handle,Title,SKU,HS Code,COO\n", "Location");
    missing("Handle,Title,SKU,Available,On hand\n", "Location");
    missing("Handle,Title,SKU,Location,On hand (new),Available (new)\n", "Available");
    assert_eq!(header_error("Handle,Title,SKU,SKU,Main\n"), "the header row names column `SKU` twice");
    let twice = "Handle,Title,SKU,Location,Available (not editable),Available (current)\n";
    assert_eq!(header_error(twice), "the header row names column `Available` twice");
    assert!(header_error("").starts_with("no header row"));
}

#[test]
fn a_row_for_each_location_says_what_is_available_there() {
    let rows = [
        long_row("A", "\"101 Main St., 2nd\"", "5"),
        long_row("A", "Shop", "not stocked"),
        long_row("", "Shop", "1"),
        long_row("B", "Shop", "0"),
        long_row("B", "\"101 Main St., 2nd\"", "-1"),
        long_row("C", "\"101 Main St., 2nd\"", "8"),
    ];
    assert_eq!(
        long(&rows.concat()),
        [
            "`101 Main St., 2nd` is location `101-Main-St.-2nd`",
            r#"2 {"sku":"A","location":"101-Main-St.-2nd","available":5}"#,
            "nothing",
            r#"5 {"sku":"B","location":"Shop","available":0}"#,
            "6: column `Available (not editable)`: `-1` is negative: it is oversold in Shopify, settle that first",
            r#"7 {"sku":"C","location":"101-Main-St.-2nd","available":8}"#,
        ]
    );
    let older = b"Handle,Title,SKU,Location,Incoming,Unavailable,Committed,Available,On hand\ns,S,A,Main,1,2,3,4,5\n";
    assert_eq!(read(older), [r#"2 {"sku":"A","location":"Main","available":4}"#]);
}

#[test]
fn a_row_whose_location_cannot_be_one_is_refused_alone() {
    let rows = [
        long_row("A", "Main St", "1"),
        long_row("A", "Main/St", "2"),
        long_row("A", "", "3"),
        long_row("A", "", ""),
        long_row("B", "Main St", "4"),
    ];
    assert_eq!(
        long(&rows.concat())[1..],
        [
            r#"2 {"sku":"A","location":"Main-St","available":1}"#,
            "3: column `Location`: `Main St` and `Main/St` would both be location `Main-St`",
            "4: column `Location`: `` has none of the characters A-Z a-z 0-9 . _ :",
            r#"6 {"sku":"B","location":"Main-St","available":4}"#,
        ]
    );
}

#[test]
fn no_more_locations_are_kept_than_a_shop_can_have() {
    let row = |n: usize| long_row("A", &format!("L{n}"), "1");
    let found = long(&(0..=MAX_NAMES).chain([0]).map(row).collect::<String>());
    let refused: Vec<_> = found.iter().filter(|line| line.contains("column `Location`")).collect();
    let line = MAX_NAMES + 2;
    assert_eq!(
        refused,
        [&format!("{line}: column `Location`: `L{MAX_NAMES}` would be one location more than {MAX_NAMES}")]
    );
    assert_eq!(found.len(), MAX_NAMES + 2);
}
