//! Reading a day of orders, and the complaints about one that cannot be read.

use bench::replay::Identifier;
use bench::replay::orders::{HEADER, Movement, OrderLine, Quantity, parse};

/// Reads rows without their header; panics with the complaint.
pub fn read(rows: &str) -> Vec<OrderLine> {
    attempt(rows).unwrap_or_else(|complaint| panic!("{complaint}"))
}

fn attempt(rows: &str) -> Result<Vec<OrderLine>, String> {
    parse(format!("{}\n{rows}", HEADER.join(",")).as_bytes(), "day.csv").map_err(|error| error.to_string())
}

fn complaint(rows: &str) -> String {
    attempt(rows).expect_err("these rows must be refused")
}

#[test]
fn reads_quotes_commas_odd_codes_and_nobody() {
    let lines = read(
        "536477,22041,\"RECORD FRAME 7\"\" SINGLE SIZE \",48,2010-12-01 12:27:00,2.1,16210.0,United Kingdom\n\
         C5,BANK CHARGES,\"A, B\nand C\",-3,2010-12-01 12:28:00,2.1,,United Kingdom\n",
    );
    let escape = |raw| Identifier::escape(raw).ok();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0].movement, Quantity::new(48).map(Movement::Sold).expect("48 is not 0"));
    assert_eq!(lines[0].customer, escape("16210.0"));
    assert_eq!(Some(&lines[1].sku), escape("BANK CHARGES").as_ref());
    assert_eq!(lines[1].movement, Quantity::new(3).map(Movement::Returned).expect("3 is not 0"));
    assert_eq!(lines[1].customer, None);
    assert_eq!(lines[1].at.seconds_since(lines[0].at), 60);
}

#[test]
fn a_description_that_is_not_utf8_passes() {
    let mut bytes = format!("{}\n", HEADER.join(",")).into_bytes();
    bytes.extend_from_slice(b"1,A,\xA3 SIGN,1,2010-12-01 12:27:00,2.1,,UK\n");
    assert_eq!(parse(&bytes[..], "day.csv").map(|lines| lines.len()).ok(), Some(1));
}

#[test]
fn complaints_name_file_line_and_field() {
    let good = "1,A,,1,2010-12-01 12:27:00,2.1,,UK\n";
    for (bad, names) in [
        ("2,A,,one,2010-12-01 12:27:00,2.1,,UK", "Quantity \"one\""),
        ("2,A,,0,2010-12-01 12:27:00,2.1,,UK", "Quantity 0"),
        ("2,A,,1000000001,2010-12-01 12:27:00,2.1,,UK", "Quantity 1000000001"),
        ("2,A,,1,12/1/2010 8:26,2.1,,UK", "InvoiceDate"),
        ("2,,,1,2010-12-01 12:27:00,2.1,,UK", "StockCode"),
        (",A,,1,2010-12-01 12:27:00,2.1,,UK", "InvoiceNo"),
        ("2,A,,1", "4 fields"),
    ] {
        let complaint = complaint(&format!("{good}{bad}\n"));
        assert!(complaint.starts_with("day.csv:3: "), "{complaint}");
        assert!(complaint.contains(names), "{complaint}");
    }
}

#[test]
fn another_header_is_refused_on_line_one() {
    let error = parse("StockCode,Quantity\nA,1\n".as_bytes(), "day.csv").expect_err("the header is wrong");
    assert!(error.to_string().starts_with("day.csv:1: "), "{error}");
}
