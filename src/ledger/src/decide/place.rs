//! Placing: which stock buckets serve which lines, under which limits. For a reserve, and for a
//! late payment that takes its units again.

use super::limits::{self, Bounds, Nameless};
use super::worksheet::{Part, Shopper, Worksheet};
use crate::{
    Books, Line, Lines, Location, MAX_BUCKETS, Marks, Millis, Mode, Refusal, Sale, Shortfall, Sku, SkuStock, Want,
};
use smallvec::SmallVec;

/// Lines for the same SKU and location, summed; the sum may exceed what any bucket can have.
pub(super) struct Demand<'c> {
    pub(super) line: u16,
    pub(super) sku: &'c Sku,
    pub(super) location: Option<&'c Location>,
    pub(super) quantity: u64,
}

pub(super) type Demands<'c> = SmallVec<[Demand<'c>; 1]>;

/// Sums what was asked for; a sum stands at its first line.
pub(super) fn sum(wants: &[Want]) -> Demands<'_> {
    let mut demands = Demands::new();
    for (line, want) in wants.iter().enumerate() {
        add(&mut demands, line as u16, &want.sku, want.location.as_ref(), u64::from(want.quantity.units()));
    }
    demands
}

/// Adds units to the demand for a SKU and location.
pub(super) fn add<'c>(
    demands: &mut Demands<'c>,
    line: u16,
    sku: &'c Sku,
    location: Option<&'c Location>,
    quantity: u64,
) {
    match demands.iter_mut().find(|demand| demand.sku == sku && demand.location == location) {
        Some(demand) => demand.quantity += quantity,
        None => demands.push(Demand { line, sku, location, quantity }),
    }
}

/// The demands with the stock and the limits of each, and the sale's limits over all.
pub(super) struct Order<'c, 'b> {
    pub(super) shopper: Shopper<'c>,
    pub(super) demands: Demands<'c>,
    pub(super) sale: Option<&'b Sale>,
    stocks: SmallVec<[(&'b SkuStock, Bounds); 1]>,
    sale_bounds: Bounds,
}

impl<'c, 'b> Order<'c, 'b> {
    /// Finds the stock of every demand and the sale, or says which is unknown; then the limits.
    pub(super) fn new(
        books: &'b impl Books,
        demands: Demands<'c>,
        shopper: Shopper<'c>,
        nameless: Nameless,
        now: Millis,
    ) -> Result<Self, Refusal> {
        let mut stocks: SmallVec<[(&SkuStock, Bounds); 1]> = SmallVec::new();
        for demand in &demands {
            stocks.push((known(books, demand)?, Bounds::new()));
        }
        let sale = shopper.sale.map(|id| books.sale(id).ok_or(Refusal::UnknownSale)).transpose()?;
        for (stock, bounds) in &mut stocks {
            *bounds = limits::of_sku(stock, &shopper, nameless)?;
        }
        let sale_bounds = sale.map(|sale| limits::of_sale(sale, &shopper, nameless, now)).transpose()?;
        Ok(Self { shopper, demands, sale, stocks, sale_bounds: sale_bounds.unwrap_or_default() })
    }

    pub(super) fn stocks(&self) -> impl Iterator<Item = (&Demand<'c>, &'b SkuStock)> {
        self.demands.iter().zip(&self.stocks).map(|(demand, (stock, _))| (demand, *stock))
    }

    /// Places every line, or refuses with what stands against it: limits first, then stock.
    pub(super) fn place<B: Books>(&self, sheet: &mut Worksheet<'b, B>, mode: Mode, to: Part) -> Result<Lines, Refusal> {
        match mode {
            Mode::AllOrNothing => self.place_all(sheet, to),
            Mode::BestEffort => self.place_some(sheet, to),
        }
    }

    fn place_all<B: Books>(&self, sheet: &mut Worksheet<'b, B>, to: Part) -> Result<Lines, Refusal> {
        self.check_limits(sheet)?;
        let mut lines = Lines::new();
        let mut shortfalls = Vec::new();
        let located = |index: &usize| self.demands[*index].location.is_some();
        // Lines with a location first, since they have no choice.
        let indices = || 0..self.demands.len();
        for index in indices().filter(located).chain(indices().filter(|index| !located(index))) {
            let demand = &self.demands[index];
            let served = self.serve(sheet, index, demand.quantity, to, &mut lines)?;
            if served < demand.quantity {
                shortfalls.push(demand.shortfall(served));
            }
        }
        if !shortfalls.is_empty() {
            return Err(Refusal::InsufficientStock { shortfalls });
        }
        // Placement order is not the caller's order.
        lines.sort_by_key(|line| line.line);
        Ok(lines)
    }

    fn check_limits<B: Books>(&self, sheet: &Worksheet<'b, B>) -> Result<(), Refusal> {
        for (index, (stock, bounds)) in self.stocks.iter().enumerate().filter(|(_, (_, bounds))| !bounds.is_empty()) {
            let first = self.demands.iter().position(|demand| demand.sku == self.demands[index].sku);
            if first == Some(index) {
                let of_sku = self.demands.iter().filter(|demand| *demand.sku == stock.sku);
                limits::check(sheet, bounds, Some(&stock.sku), of_sku.map(|demand| demand.quantity).sum())?;
            }
        }
        limits::check(sheet, &self.sale_bounds, None, self.demands.iter().map(|demand| demand.quantity).sum())
    }

    /// Each line in its order takes the least of what stock and limits leave.
    fn place_some<B: Books>(&self, sheet: &mut Worksheet<'b, B>, to: Part) -> Result<Lines, Refusal> {
        let mut lines = Lines::new();
        let mut shortfalls = Vec::new();
        for (index, demand) in self.demands.iter().enumerate() {
            let (stock, bounds) = &self.stocks[index];
            let allowed = limits::allowance(sheet, bounds, limits::ordered(&lines, demand.sku)).min(limits::allowance(
                sheet,
                &self.sale_bounds,
                0,
            ));
            let placed = lines.len();
            let served = self.serve(sheet, index, demand.quantity.min(allowed), to, &mut lines)?;
            if served == 0 {
                lines.push(demand.line_of(&nearest(stock, demand), 0, Marks::default()));
            }
            for line in &mut lines[placed..] {
                // A line's quantities are summed: 100 of them may pass what fits.
                line.requested = u32::try_from(demand.quantity).unwrap_or(u32::MAX);
            }
            if served < demand.quantity {
                shortfalls.push(demand.shortfall(served));
            }
        }
        if lines.iter().all(|line| line.quantity == 0) {
            return Err(Refusal::InsufficientStock { shortfalls });
        }
        Ok(lines)
    }

    /// Takes up to `quantity` from the named location, or from the first that can serve the whole,
    /// else from each in order. Returns what was taken.
    fn serve<B: Books>(
        &self,
        sheet: &mut Worksheet<'b, B>,
        index: usize,
        quantity: u64,
        to: Part,
        lines: &mut Lines,
    ) -> Result<u64, Refusal> {
        let (demand, (stock, bounds)) = (&self.demands[index], &self.stocks[index]);
        let marks = demand.marks().with(limits::marks(bounds)).with(limits::marks(&self.sale_bounds));
        let mut missing = quantity;
        for row in candidates(sheet, stock, demand, quantity) {
            // Never more than what is available, so that it fits.
            let units = missing.min(u64::from(sheet.available(&stock.sku, row))) as u32;
            if units == 0 {
                continue;
            }
            let line = demand.line_of(&row.location, units, marks);
            sheet.shift(&self.shopper, &line, units, Part::Free, to);
            missing -= u64::from(units);
            lines.push(line);
            if lines.len() > MAX_BUCKETS {
                let detail = "would be split over more than 500 locations: use fewer lines, or name their locations";
                return Err(Refusal::invalid("/lines", detail));
            }
        }
        Ok(quantity - missing)
    }
}

impl Demand<'_> {
    fn marks(&self) -> Marks {
        if self.location.is_some() { Marks::LOCATED } else { Marks::default() }
    }

    fn line_of(&self, location: &Location, quantity: u32, marks: Marks) -> Line {
        Line {
            line: self.line,
            sku: self.sku.clone(),
            location: location.clone(),
            quantity,
            fulfilled: 0,
            requested: 0,
            marks: marks.with(self.marks()),
        }
    }

    fn shortfall(&self, served: u64) -> Shortfall {
        Shortfall {
            sku: self.sku.clone(),
            location: self.location.cloned(),
            requested: self.quantity,
            available: served,
        }
    }
}

fn known<'b>(books: &'b impl Books, demand: &Demand<'_>) -> Result<&'b SkuStock, Refusal> {
    let unknown = |location| Refusal::UnknownSku { sku: demand.sku.clone(), location };
    let stock = books.stock(demand.sku).ok_or_else(|| unknown(None))?;
    match demand.location {
        Some(location) if stock.at(location).is_none() => Err(unknown(Some(location.clone()))),
        _ => Ok(stock),
    }
}

/// The locations that serve a demand: one where one can serve it whole, else all in order.
fn candidates<'b, B: Books>(
    sheet: &Worksheet<'b, B>,
    stock: &'b SkuStock,
    demand: &Demand<'_>,
    quantity: u64,
) -> SmallVec<[&'b crate::StockRow; 4]> {
    let mut rows = match stock.locations.as_slice() {
        // By far the most common, and worth no sorting.
        [only] => SmallVec::from_slice(&[only]),
        _ => stock.in_order(),
    };
    if let Some(location) = demand.location {
        rows.retain(|row| row.location == *location);
    }
    match rows.iter().find(|row| u64::from(sheet.available(&stock.sku, row)) >= quantity) {
        Some(whole) => SmallVec::from_slice(&[*whole]),
        None => rows,
    }
}

/// Where a line is listed that got nothing.
fn nearest(stock: &SkuStock, demand: &Demand<'_>) -> Location {
    let first = || stock.in_order().first().map(|row| row.location.clone());
    demand.location.cloned().or_else(first).unwrap_or_else(Location::default_location)
}
