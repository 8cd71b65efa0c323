//! Shopify's inventory export turned into the JSON lines that the server takes: what Shopify calls
//! available at a location goes out as `available`, a line each. It knows nothing of sending.

mod cell;
mod header;
mod locations;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::io::Read;

use ledger::Sku;

use super::ImportError;
use super::found::{Found, Origin};
use super::records::{Records, shown};
use cell::{Cell, Mistake};
pub(super) use header::is_inventory;
use header::{Column, Header, Layout};
use locations::Locations;

/// The rows of an inventory export.
pub(super) struct Inventory<R> {
    records: Records<R>,
    header: Header,
    locations: Locations,
    /// What the last row came to and was not taken yet.
    ready: VecDeque<Found>,
}

impl<R: Read> Inventory<R> {
    /// Reads the header row.
    pub(super) fn new(source: R) -> Result<Self, ImportError> {
        let (records, names) = Records::new(source)?;
        let mut locations = Locations::default();
        let header = Header::parse(&names, &mut locations)?;
        Ok(Self { records, header, locations, ready: VecDeque::new() })
    }

    /// Puts what the row that was read last comes to into `ready`; or it is wrong as a whole.
    fn take_row(&mut self, line: u64) -> Result<(), Mistake> {
        let cells = self.records.cells().map_err(|detail| (Origin::line(line), detail))?;
        let cell = |column: &Column| Cell::new(Origin::cell(line, &column.name), &cells[column.index]);

        let sku = cell(&self.header.sku);
        if sku.is_empty() {
            self.ready.push_back(Found::Nothing);
            return Ok(());
        }
        let sku = sku.read(|text| Sku::parse(text).map_err(|error| format!("`{}` {error}", shown(text))))?;
        match &self.header.layout {
            Layout::ColumnPerLocation(columns) => {
                let stock = columns.iter().filter_map(|(column, location)| cell(column).stock(&sku, location));
                self.ready.extend(stock);
            }
            Layout::RowPerLocation { location, available } if cell(available).is_stocked() => {
                let location = cell(location).read(|name| self.locations.named(name))?;
                self.ready.extend(cell(available).stock(&sku, &location));
            }
            Layout::RowPerLocation { .. } => {}
        }
        Ok(())
    }
}

impl<R: Read> Iterator for Inventory<R> {
    type Item = Result<Found, ImportError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let renamed = self.locations.next_renamed().map(Found::Renamed);
            if let Some(found) = renamed.or_else(|| self.ready.pop_front()) {
                return Some(Ok(found));
            }
            match self.records.read().transpose()? {
                Ok(line) => {
                    if let Err((origin, detail)) = self.take_row(line) {
                        self.ready.push_back(Found::Bad(origin, detail));
                    }
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }
}
