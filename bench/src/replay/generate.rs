//! Makes up a day of orders of the same shape as real ones: the same seed gives the same bytes.
//! It must not read a clock or a system's randomness.

use std::io::Write;

use csv::WriterBuilder;
use fastrand::Rng;

use super::orders::HEADER;
use crate::calendar::Moment;

/// 2011-12-05 08:30:00: a day in the year of the data that this imitates.
const OPENING: i64 = 1_323_073_800;
/// Nine hours and a quarter.
const OPEN_SECONDS: i64 = 33_300;
const FIRST_INVOICE: usize = 600_001;
const STOCK_CODES: usize = 300;
/// More than fit a reservation, more than twice over.
const LARGE_CART_LINES: usize = 230;

/// Codes that are no identifiers as they stand.
const ODD_CODES: [&str; 5] = ["BANK CHARGES", "PADS:1", "GIFT/50", "CAFÉ", "D"];
const DESCRIPTIONS: [&str; 5] =
    ["WHITE METAL LANTERN", "RECORD FRAME 7\" SINGLE SIZE ", "LETTER \"D\", BLING KEY RING", "SET OF 3, TINS", ""];

/// A line that a later cancellation may undo.
#[derive(Clone)]
struct Sale {
    code: String,
    customer: String,
    units: u32,
}

/// Writes a day of so many invoices (at least 10, so that every shape occurs): carts of which the largest exceeds 100
/// lines, lines without a customer, odd stock codes, and cancellations with and without an earlier sale.
pub fn generate(out: impl Write, seed: u64, invoices: usize) -> Result<(), csv::Error> {
    let mut day = Day { random: Rng::with_seed(seed), out: WriterBuilder::new().from_writer(out), sales: Vec::new() };
    day.out.write_record(HEADER)?;
    let invoices = invoices.max(10);
    for place in 0..invoices {
        let at = OPENING + OPEN_SECONDS * place as i64 / invoices as i64 / 60 * 60;
        let at = Moment::from_seconds(at).to_string();
        let number = FIRST_INVOICE + place;
        match place {
            0 => day.cart(number, &at, LARGE_CART_LINES)?,
            // Once early, so that the shortest day has one of each.
            5 => day.cancel_whole(number, &at)?,
            6 => day.cancel_part(number, &at)?,
            7 => day.return_unsold(number, &at)?,
            _ if place % 17 == 0 => day.cancel_whole(number, &at)?,
            _ if place % 23 == 0 => day.cancel_part(number, &at)?,
            _ if place % 29 == 0 => day.return_unsold(number, &at)?,
            _ => {
                let lines = day.random.usize(1..40);
                day.cart(number, &at, lines)?;
            }
        }
    }
    day.out.flush()?;
    Ok(())
}

struct Day<W: Write> {
    random: Rng,
    out: csv::Writer<W>,
    sales: Vec<Sale>,
}

impl<W: Write> Day<W> {
    fn cart(&mut self, number: usize, at: &str, lines: usize) -> Result<(), csv::Error> {
        // The large cart names its customer: there must be something to cancel from the start.
        let anonymous = lines != LARGE_CART_LINES && self.random.u8(0..4) == 0;
        let customer = if anonymous { String::new() } else { format!("{}.0", self.random.u32(12_000..18_300)) };
        for line in 0..lines {
            let code = if line == 0 { self.odd_code() } else { self.stock_code() };
            let units = self.random.u32(1..=24);
            self.write(&number.to_string(), &code, i64::from(units), at, &customer)?;
            if !customer.is_empty() {
                self.sales.push(Sale { code, customer: customer.clone(), units });
            }
        }
        Ok(())
    }

    fn cancel_whole(&mut self, number: usize, at: &str) -> Result<(), csv::Error> {
        let Some(sale) = self.take_sale(1) else { return self.return_unsold(number, at) };
        self.write(&format!("C{number}"), &sale.code, -i64::from(sale.units), at, &sale.customer)
    }

    fn cancel_part(&mut self, number: usize, at: &str) -> Result<(), csv::Error> {
        let Some(sale) = self.take_sale(2) else { return self.return_unsold(number, at) };
        let units = self.random.u32(1..sale.units);
        self.write(&format!("C{number}"), &sale.code, -i64::from(units), at, &sale.customer)
    }

    fn return_unsold(&mut self, number: usize, at: &str) -> Result<(), csv::Error> {
        let code = self.stock_code();
        let units = self.random.i64(1..=60);
        // Customers of carts begin at 12000: this one bought nothing today. The second line is a correction of nobody's.
        self.write(&format!("C{number}"), &code, -units, at, "11999.0")?;
        self.write(&format!("A{number}"), &code, -units, at, "")
    }

    /// A sale of at least so many units, each cancelled at most once.
    fn take_sale(&mut self, units: u32) -> Option<Sale> {
        let start = self.random.usize(0..self.sales.len().max(1));
        let place = (start..self.sales.len()).find(|&place| self.sales[place].units >= units)?;
        Some(self.sales.swap_remove(place))
    }

    fn write(&mut self, invoice: &str, code: &str, units: i64, at: &str, customer: &str) -> Result<(), csv::Error> {
        let description = DESCRIPTIONS[self.random.usize(0..DESCRIPTIONS.len())];
        let price = format!("{}.{:02}", self.random.u8(0..15), self.random.u8(0..100));
        self.out.write_record([invoice, code, description, &units.to_string(), at, &price, customer, "United Kingdom"])
    }

    fn odd_code(&mut self) -> String {
        ODD_CODES[self.random.usize(0..ODD_CODES.len())].to_owned()
    }

    /// A few codes sell far more often than the rest, as in a real shop: the square of a uniform number is skewed.
    fn stock_code(&mut self) -> String {
        let skewed = self.random.f64().powi(2) * STOCK_CODES as f64;
        format!("{}{}", 20_000 + skewed as usize, ["", "A", "B"][self.random.usize(0..3)])
    }
}
