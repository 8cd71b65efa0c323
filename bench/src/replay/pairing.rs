//! Finds which returned units undo an earlier line of the same customer. Pure; it must not know reservations or time
//! beyond the order of invoices.

use std::collections::HashMap;

use super::Identifier;
use super::orders::{Movement, OrderLine, Quantity};

/// One invoice: the lines of one number, in the file's order.
#[derive(Debug)]
pub struct Invoice<'a> {
    /// Its number as written.
    pub number: &'a str,
    /// Its lines; never empty. When and for whom is what the first one says.
    pub lines: Vec<&'a OrderLine>,
}

impl<'a> Invoice<'a> {
    /// The line that says when the invoice was and for whom.
    pub fn first(&self) -> &'a OrderLine {
        // Proof: `group` makes an invoice of its first line and only ever adds to it.
        self.lines.first().copied().expect("an invoice has a line")
    }
}

/// Groups lines by invoice, in the order of their times; invoices of the same minute stay as the file has them.
pub fn group(lines: &[OrderLine]) -> Vec<Invoice<'_>> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut invoices: Vec<Invoice<'_>> = Vec::new();
    for line in lines {
        if let Some(&place) = places.get(line.invoice.as_str()) {
            invoices[place].lines.push(line);
        } else {
            places.insert(&line.invoice, invoices.len());
            invoices.push(Invoice { number: &line.invoice, lines: vec![line] });
        }
    }
    invoices.sort_by_key(|invoice| invoice.first().at);
    invoices
}

/// A line by the places of its invoice and of itself in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinePlace {
    /// Which invoice, in the order of [`group`].
    pub invoice: usize,
    /// Which of its lines.
    pub line: usize,
}

/// What undoes what: the place of a returned line, and the earlier line that it takes its units from.
pub type Pairs = HashMap<LinePlace, LinePlace>;

/// Pairs each returned line with the latest earlier line of the same customer and SKU that still has as many units.
/// Nobody is the same customer as nobody else, so that anonymous lines pair with none.
pub fn pair(invoices: &[Invoice<'_>]) -> Pairs {
    let mut open: HashMap<(&Identifier, &Identifier), Vec<(LinePlace, u32)>> = HashMap::new();
    let mut pairs = Pairs::new();
    for (invoice, lines) in invoices.iter().enumerate() {
        let Some(customer) = &lines.first().customer else { continue };
        for (line, order_line) in lines.lines.iter().enumerate() {
            let place = LinePlace { invoice, line };
            let sales = open.entry((customer, &order_line.sku)).or_default();
            match order_line.movement {
                Movement::Sold(quantity) => sales.push((place, quantity.get())),
                Movement::Returned(quantity) => {
                    if let Some(sale) = take_from_latest(sales, quantity, invoice) {
                        pairs.insert(place, sale);
                    }
                }
            }
        }
    }
    pairs
}

fn take_from_latest(sales: &mut [(LinePlace, u32)], quantity: Quantity, before: usize) -> Option<LinePlace> {
    let (place, left) =
        sales.iter_mut().rev().find(|(place, left)| place.invoice < before && *left >= quantity.get())?;
    *left -= quantity.get();
    Some(*place)
}
