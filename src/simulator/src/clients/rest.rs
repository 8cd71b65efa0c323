//! The judgement at rest: nothing is under way, so everything is read back and summed up, and must be
//! what the clients were told, or what they had asked for meanwhile, whole or not at all.

use super::{Clients, Scene, draw};
use crate::Broken;
use crate::catalogue::{self, FAIR_QUOTA, MOST_PER_CUSTOMER, PLACES};
use crate::report::{Count, Report};
use engine::{Answer, Request};
use ledger::{Reservation, Sale, Sku, SkuStock};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Ended orders that are read back at each rest, beside all that live.
const ENDED_SAMPLE: usize = 4;
/// Ended orders that the clients keep at most.
const ENDED_KEPT: usize = 60;

/// Reads something now. At rest every answer is ready at once.
pub(crate) type Read<'r> = dyn FnMut(Request) -> Option<Answer> + 'r;

impl Clients {
    pub fn rest(
        &mut self,
        read: &mut Read<'_>,
        scene: Scene<'_>,
        random: &mut fastrand::Rng,
        report: &mut Report,
    ) -> Result<(), Broken> {
        report.one(Count::RestChecks);
        self.rest_orders(read, scene, random, report)?;
        self.rest_stock(read)?;
        self.rest_sales(read)?;
        self.forget(scene);
        Ok(())
    }

    fn rest_orders(
        &mut self,
        read: &mut Read<'_>,
        scene: Scene<'_>,
        random: &mut fastrand::Rng,
        report: &mut Report,
    ) -> Result<(), Broken> {
        let must = |order: &super::Order| order.is_live() || !order.open.is_empty();
        let (mut numbers, ended): (Vec<u32>, Vec<u32>) =
            self.orders.keys().partition(|number| must(&self.orders[number]));
        if !ended.is_empty() {
            numbers.extend((0..ENDED_SAMPLE).map(|_| ended[random.usize(..ended.len())]));
        }
        report.add(Count::RowsRead, numbers.len() as u64);
        for number in numbers {
            let seen = read_reservation(read, &self.orders[&number].reserve.id)?;
            self.see_order(number, seen, scene)?;
        }
        self.orders.values_mut().for_each(|order| order.open.clear());
        Ok(())
    }

    fn rest_stock(&mut self, read: &mut Read<'_>) -> Result<(), Broken> {
        let briefs = (0..self.briefs.len()).map(draw::brief_sku);
        let mut found = read_stock(read, catalogue::skus().chain(briefs).collect())?;
        let found_briefs = found.split_off(found.len() - self.briefs.len());
        for (brief, stock) in self.briefs.iter_mut().zip(found_briefs) {
            brief.rest(stock.and_then(|stock| stock.locations.first().map(|row| row.on_hand)))?;
        }
        let promised = self.promised();
        for (place, (held, allocated)) in promised.into_iter().enumerate() {
            let (sku, location) = catalogue::place(place);
            let stock = found.iter().flatten().find(|stock| stock.sku == sku);
            let row = stock.and_then(|stock| stock.at(&location));
            let row = row.ok_or_else(|| Broken::Forgotten(format!("{sku} at {location}")))?;
            self.shelves[place].rest(row, held, allocated)?;
        }
        for (index, rules) in self.rules.iter_mut().enumerate() {
            let stock = found.iter().flatten().find(|stock| stock.sku == catalogue::wild_sku(index));
            rules.rest(stock.and_then(SkuStock::settings).cloned().unwrap_or_default())?;
        }
        self.check_limited()
    }

    /// Units held and allocated at each place, by the orders.
    fn promised(&self) -> Vec<(u64, u64)> {
        let mut sums = vec![(0, 0); PLACES];
        for (line, held, allocated) in self.orders.values().flat_map(super::Order::promised) {
            if let Some(place) = catalogue::place_of(&line.sku, &line.location) {
                sums[place].0 += u64::from(held);
                sums[place].1 += u64::from(allocated);
            }
        }
        sums
    }

    /// No customer has more of the limited SKU than one may have.
    fn check_limited(&self) -> Result<(), Broken> {
        let mut taken = self.shipped_limited.clone();
        for order in self.orders.values() {
            let customer = order.row.as_ref().and_then(|row| row.customer.as_ref());
            let Some(customer) = customer else { continue };
            let limited = order.promised().filter(|(line, ..)| line.sku == catalogue::limited_sku());
            let units: u64 = limited.map(|(_, held, allocated)| u64::from(held + allocated)).sum();
            *taken.entry(customer.as_str().to_owned()).or_default() += units;
        }
        match taken.iter().find(|(_, units)| **units > u64::from(MOST_PER_CUSTOMER)) {
            Some((customer, units)) => Err(Broken::Oversold(format!("{customer} has {units} of the limited SKU"))),
            None => Ok(()),
        }
    }

    fn rest_sales(&mut self, read: &mut Read<'_>) -> Result<(), Broken> {
        let wild = read_sale(read, catalogue::wild_sale())?;
        self.wild_sale.rest(wild.settings)?;
        let fair = read_sale(read, catalogue::fair_sale())?;
        let of_fair = self
            .orders
            .values()
            .filter(|order| order.row.as_ref().is_some_and(|row| row.sale.as_ref() == Some(&catalogue::fair_sale())));
        let (mut held, mut allocated) = (0, 0);
        for (_, more_held, more_allocated) in of_fair.flat_map(super::Order::promised) {
            held += u64::from(more_held);
            allocated += u64::from(more_allocated);
        }
        let own = (held, allocated, self.shipped_fair);
        let said = (u64::from(fair.taken.held), u64::from(fair.taken.allocated), u64::from(fair.taken.fulfilled));
        if own != said {
            return Err(Broken::Changed(format!("the fair sale says {said:?} is taken, its orders {own:?}")));
        }
        if held + allocated + self.shipped_fair > u64::from(FAIR_QUOTA) {
            return Err(Broken::Oversold(format!("{own:?} of the fair sale's {FAIR_QUOTA}")));
        }
        Ok(())
    }

    /// What ended long ago is nobody's concern any more.
    fn forget(&mut self, scene: Scene<'_>) {
        let asked_again: BTreeSet<_> = self.unanswered.iter().filter_map(super::Sent::order).collect();
        self.orders.retain(|number, order| asked_again.contains(number) || !order.is_over(scene));
        let is_ended = |(number, order): &(&u32, &super::Order)| !order.is_live() && !asked_again.contains(number);
        let ended: Vec<u32> = self.orders.iter().filter(is_ended).map(|(number, _)| *number).collect();
        for number in ended.iter().rev().skip(ENDED_KEPT) {
            self.orders.remove(number);
        }
    }
}

fn wrong(answer: Option<Answer>) -> Broken {
    Broken::Unlawful(format!("at rest everything is durable, and a read was answered {answer:?}"))
}

fn read_reservation(read: &mut Read<'_>, id: &ledger::ReservationId) -> Result<Option<Reservation>, Broken> {
    match read(Request::Reservation(id.clone())) {
        Some(Answer::Reservation(seen)) => Ok(seen.map(Arc::unwrap_or_clone)),
        other => Err(wrong(other)),
    }
}

fn read_stock(read: &mut Read<'_>, skus: Vec<Sku>) -> Result<Vec<Option<SkuStock>>, Broken> {
    match read(Request::Stock(skus)) {
        Some(Answer::Stock(view)) => Ok(view.found),
        other => Err(wrong(other)),
    }
}

fn read_sale(read: &mut Read<'_>, sale: ledger::SaleId) -> Result<Sale, Broken> {
    match read(Request::Sale(sale)) {
        Some(Answer::Sale(Some(seen))) => Ok(*seen),
        other => Err(wrong(other)),
    }
}
