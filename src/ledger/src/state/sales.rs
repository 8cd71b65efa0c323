//! Sales: settings, phases, counters, and when time changes one next.

use super::Ledger;
use crate::{Channel, Customer, Millis, Sale, SaleChange, SaleId, SaleSettings, Taken};

impl Ledger {
    /// Puts what an event changes of a sale beyond its counters.
    pub fn put_sale(&mut self, change: &SaleChange) {
        self.forget_turn(change.sale());
        match change {
            SaleChange::Set { id, settings, .. } => self.set_sale(id, settings, change),
            SaleChange::Told(id, _) => {
                if let Some(sale) = self.sales.get_mut(id) {
                    sale.put(change);
                }
            }
            SaleChange::Retired(id) => {
                if let Some(sale) = self.sales.get_mut(id) {
                    sale.put(change);
                }
                self.sale_customers.uncount(id);
            }
        }
        self.note_turn(change.sale());
    }

    fn set_sale(&mut self, id: &SaleId, settings: &SaleSettings, change: &SaleChange) {
        let sale = self.sales.entry_ref(id).or_insert_with(|| Sale::new(id.clone()));
        let was_set = sale.settings.max_per_customer.is_some() && !sale.retired;
        sale.put(change);
        sale.forget_channels();
        if was_set && settings.max_per_customer.is_none() {
            self.sale_customers.uncount(id);
        }
    }

    pub(super) fn put_sale_taken(&mut self, id: &SaleId, taken: Taken) {
        if let Some(sale) = self.sales.get_mut(id) {
            sale.taken = taken;
        }
    }

    pub(super) fn put_sale_channel(&mut self, id: &SaleId, channel: &Channel, taken: Taken) {
        if let Some(sale) = self.sales.get_mut(id) {
            sale.put_channel(channel, taken);
        }
    }

    pub(super) fn put_sale_customer(&mut self, id: &SaleId, customer: &Customer, taken: Taken) {
        let sale = self.sales.get(id);
        let limit_is_set = sale.is_some_and(|sale| sale.settings.max_per_customer.is_some() && !sale.retired);
        self.sale_customers.put(id, customer, taken, limit_is_set);
    }

    /// Sales that time alone has changed by `now`; `keep` is how long customers are counted after a
    /// sale's end.
    pub fn due_sales(&self, now: Millis, keep: Millis) -> impl Iterator<Item = &SaleId> {
        let turning = self.turns.iter().take_while(move |(turn, _)| *turn <= now);
        let over = self.over.iter().take_while(move |(since, _)| since.plus(keep) <= now);
        turning.chain(over).map(|(_, id)| id)
    }

    fn note_turn(&mut self, id: &SaleId) {
        let Some(sale) = self.sales.get(id) else { return };
        self.turns.extend(sale.next_turn().map(|turn| (turn, id.clone())));
        self.over.extend(sale.over_since().map(|since| (since, id.clone())));
    }

    fn forget_turn(&mut self, id: &SaleId) {
        let Some(sale) = self.sales.get(id) else { return };
        if let Some(turn) = sale.next_turn() {
            self.turns.remove(&(turn, id.clone()));
        }
        if let Some(since) = sale.over_since() {
            self.over.remove(&(since, id.clone()));
        }
    }
}
