//! Turns a day of orders into timed operations. Pure: the same lines give the same plan; it must not know HTTP,
//! a clock, or what a server answers.

use std::collections::{BTreeMap, HashMap};

use super::Identifier;
use super::orders::{Movement, OrderLine, Quantity};
use super::pairing::{Invoice, LinePlace, Pairs, group, pair};
use crate::Error;

/// The contract's limit of lines a reservation.
pub const MOST_LINES: usize = 100;

/// So many units of a SKU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Which SKU.
    pub sku: Identifier,
    /// How many units.
    pub quantity: Quantity,
}

/// What is reserved at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// Chosen by the plan, so that a retry is a replay.
    pub id: Identifier,
    /// The invoice, which becomes the order on confirm.
    pub order: Identifier,
    /// Who, where the file says it.
    pub customer: Option<Identifier>,
    /// 1 to 100 lines.
    pub lines: Vec<Wanted>,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Reserve, and confirm as soon as that is granted.
    Sell(Reservation),
    /// Reserve units that a later cancellation undoes; nothing is confirmed.
    SetAside(Reservation),
    /// Release what was set aside under this id.
    Release(Identifier),
    /// Returned units without a sale in the day: on-hand rises.
    Adjust {
        /// The idempotency key; no reservation has it for an id.
        key: Identifier,
        /// The cancelling invoice, for the reference.
        reference: Identifier,
        /// What came back.
        returned: Wanted,
    },
}

/// An action and its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// Seconds after the day's first invoice.
    pub at_seconds: i64,
    /// What to do.
    pub action: Action,
}

/// The day, in the order in which it is done: a release stands after what it releases.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Ordered by time.
    pub operations: Vec<Operation>,
    /// How many invoice numbers the day has.
    pub invoices: usize,
    /// How many of them sell something.
    pub carts: usize,
    /// How many of the carts have too many lines for one reservation.
    pub split_carts: usize,
    /// How many lines were read.
    pub lines: usize,
}

impl Plan {
    /// From the day's first operation to its last, in seconds.
    pub fn duration_seconds(&self) -> i64 {
        self.operations.last().map_or(0, |last| last.at_seconds)
    }

    /// The units that the day reserves, of every SKU it names; 0 for one that only comes back.
    pub fn demand(&self) -> BTreeMap<Identifier, u64> {
        let mut demand = BTreeMap::new();
        for operation in &self.operations {
            match &operation.action {
                Action::Sell(reservation) | Action::SetAside(reservation) => {
                    for wanted in &reservation.lines {
                        *demand.entry(wanted.sku.clone()).or_default() += u64::from(wanted.quantity.get());
                    }
                }
                Action::Adjust { returned, .. } => {
                    demand.entry(returned.sku.clone()).or_default();
                }
                Action::Release(_) => {}
            }
        }
        demand
    }
}

/// Plans a day. `run` is a prefix of every id, so that a second replay against the same server is not taken for a
/// retry of the first.
pub fn plan(lines: &[OrderLine], run: &str) -> Result<Plan, Error> {
    let invoices = group(lines);
    let pairs = pair(&invoices);
    let mut planner = Planner { run, undone: undone_by_line(&invoices, &pairs), aside: HashMap::new() };

    let mut plan = Plan { invoices: invoices.len(), lines: lines.len(), ..Plan::default() };
    let Some(start) = invoices.first().map(|invoice| invoice.first().at) else { return Ok(plan) };
    for (place, invoice) in invoices.iter().enumerate() {
        let at_seconds = invoice.first().at.seconds_since(start);
        let actions = [planner.sell(place, invoice)?, planner.take_back(place, invoice)?].concat();
        plan.operations.extend(actions.into_iter().map(|action| Operation { at_seconds, action }));

        let sold = invoice.lines.iter().filter(|line| matches!(line.movement, Movement::Sold(_))).count();
        plan.carts += usize::from(sold > 0);
        plan.split_carts += usize::from(sold > MOST_LINES);
    }
    Ok(plan)
}

/// For each sold line that is undone: the returned lines that do it, with their units.
type Undone = HashMap<LinePlace, Vec<(LinePlace, Quantity)>>;

fn undone_by_line(invoices: &[Invoice<'_>], pairs: &Pairs) -> Undone {
    let mut undone = Undone::new();
    for (&returned, &sold) in pairs {
        if let Movement::Returned(quantity) = invoices[returned.invoice].lines[returned.line].movement {
            undone.entry(sold).or_default().push((returned, quantity));
        }
    }
    // A hash map's order is no order: ids are numbered along these.
    for returns in undone.values_mut() {
        returns.sort_unstable();
    }
    undone
}

struct Planner<'a> {
    run: &'a str,
    undone: Undone,
    /// What was set aside, by the returned line that will release it.
    aside: HashMap<LinePlace, Identifier>,
}

impl Planner<'_> {
    fn sell(&mut self, place: usize, invoice: &Invoice<'_>) -> Result<Vec<Action>, Error> {
        let mut number = 0;
        let order = Identifier::escape(invoice.number)?;
        let mut reservation = |lines: Vec<Wanted>| {
            number += 1;
            let id = Identifier::escape(&format!("{}.{}.{number}", self.run, invoice.number))?;
            let customer = invoice.first().customer.clone();
            Ok::<_, Error>(Reservation { id, order: order.clone(), customer, lines })
        };

        let mut kept = Vec::new();
        let mut actions = Vec::new();
        for (line, order_line) in invoice.lines.iter().enumerate() {
            let Movement::Sold(quantity) = order_line.movement else { continue };
            let sku = &order_line.sku;
            let returns = self.undone.get(&LinePlace { invoice: place, line }).map_or(&[][..], Vec::as_slice);
            for &(returned, quantity) in returns {
                let aside = reservation(vec![Wanted { sku: sku.clone(), quantity }])?;
                self.aside.insert(returned, aside.id.clone());
                actions.push(Action::SetAside(aside));
            }
            let cancelled: u32 = returns.iter().map(|(_, quantity)| quantity.get()).sum();
            if let Some(quantity) = Quantity::new(quantity.get() - cancelled) {
                kept.push(Wanted { sku: sku.clone(), quantity });
            }
        }
        for lines in kept.chunks(MOST_LINES) {
            actions.push(Action::Sell(reservation(lines.to_vec())?));
        }
        Ok(actions)
    }

    fn take_back(&self, place: usize, invoice: &Invoice<'_>) -> Result<Vec<Action>, Error> {
        let mut actions = Vec::new();
        for (line, order_line) in invoice.lines.iter().enumerate() {
            let Movement::Returned(quantity) = order_line.movement else { continue };
            actions.push(match self.aside.get(&LinePlace { invoice: place, line }) {
                Some(id) => Action::Release(id.clone()),
                None => Action::Adjust {
                    key: Identifier::escape(&format!("{}.{}.r{}", self.run, invoice.number, line + 1))?,
                    reference: Identifier::escape(invoice.number)?,
                    returned: Wanted { sku: order_line.sku.clone(), quantity },
                },
            });
        }
        Ok(actions)
    }
}
