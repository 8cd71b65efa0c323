//! Reads the order lines of a day from CSV. It must not know reservations; what a line means is the plan's affair.

use std::fs::File;
use std::io::Read;
use std::num::NonZeroU32;
use std::path::Path;

use csv::{ByteRecord, ReaderBuilder};

use super::Identifier;
use crate::Error;
use crate::calendar::Moment;

/// The columns, in their order.
pub const HEADER: [&str; 8] =
    ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"];

/// The contract's largest quantity of a line.
const MOST_UNITS: u32 = 1_000_000_000;

/// How many units a line moves: 1 to 1,000,000,000.
pub type Quantity = NonZeroU32;

/// Which way a line moves units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Movement {
    /// Units that left the shop.
    Sold(Quantity),
    /// Units of a cancellation, a return or a correction: the file's quantity was negative.
    Returned(Quantity),
}

/// One line of an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderLine {
    /// The invoice's number as written; a cancellation's begins with `C`.
    pub invoice: String,
    /// The stock code, escaped.
    pub sku: Identifier,
    /// How many units and which way.
    pub movement: Movement,
    /// When, on the shop's clock, to the minute.
    pub at: Moment,
    /// Who, escaped; about a quarter of real lines name nobody.
    pub customer: Option<Identifier>,
}

/// Reads a file of orders.
pub fn read(path: &Path) -> Result<Vec<OrderLine>, Error> {
    let file = File::open(path).map_err(Error::file("open", path))?;
    parse(file, &path.display().to_string())
}

/// Reads orders from any source; `name` stands in errors where a file's name would.
pub fn parse(source: impl Read, name: &str) -> Result<Vec<OrderLine>, Error> {
    let mut reader = ReaderBuilder::new().from_reader(source);
    let complain = |line, problem| Error::Orders { file: name.to_owned(), line, problem };
    let broken = |error: csv::Error| complain(error.position().map_or(1, csv::Position::line), error.to_string());

    // Descriptions of older exports are not UTF-8; as bytes they pass unread.
    let header = reader.byte_headers().map_err(broken)?;
    if header != HEADER[..] {
        return Err(complain(1, format!("the first line must be {}", HEADER.join(","))));
    }
    let mut lines = Vec::new();
    for record in reader.into_byte_records() {
        let record = record.map_err(broken)?;
        let line = record.position().map_or(0, csv::Position::line);
        lines.push(order_line(&record).map_err(|problem| complain(line, problem))?);
    }
    Ok(lines)
}

fn order_line(record: &ByteRecord) -> Result<OrderLine, String> {
    let field = |column: usize| {
        let bytes = record.get(column).unwrap_or_default();
        std::str::from_utf8(bytes).map_err(|_| format!("{} is not UTF-8", HEADER[column]))
    };
    let invoice = field(0)?;
    if invoice.is_empty() {
        return Err("InvoiceNo is empty".to_owned());
    }
    let named =
        |column: usize| Identifier::escape(field(column)?).map_err(|error| format!("{}: {error}", HEADER[column]));
    let at = field(4)?;
    Ok(OrderLine {
        invoice: invoice.to_owned(),
        sku: named(1)?,
        movement: movement(field(3)?)?,
        at: at.parse().map_err(|_| format!("InvoiceDate {at:?} is not of the form 2011-12-05 08:38:00"))?,
        customer: if field(6)?.is_empty() { None } else { Some(named(6)?) },
    })
}

fn movement(text: &str) -> Result<Movement, String> {
    let units: i64 = text.parse().map_err(|_| format!("Quantity {text:?} is not a whole number"))?;
    u32::try_from(units.unsigned_abs())
        .ok()
        .filter(|&units| units <= MOST_UNITS)
        .and_then(Quantity::new)
        .map(|quantity| if units > 0 { Movement::Sold(quantity) } else { Movement::Returned(quantity) })
        .ok_or_else(|| format!("Quantity {units} is not between 1 and {MOST_UNITS}, either way"))
}
