//! The model's sales: what their quota is, which phase they are in, and who is told of it.

use super::{Answer, Campaign, Model};
use ledger::{EventKind, LimitKey, Millis, SaleId, SaleSettings};

const MOST_UNITS: i128 = 1_000_000_000;

/// The drops so far, capped by the quota; without drops the quota.
pub(super) fn quota(settings: &SaleSettings, now: u64) -> Option<i128> {
    let quota = settings.quota.map(i128::from);
    if settings.drops.is_empty() {
        return quota;
    }
    let so_far = settings.drops.iter().filter(|drop| drop.at.0 <= now);
    Some(so_far.map(|drop| i128::from(drop.quota)).sum::<i128>().min(quota.unwrap_or(MOST_UNITS)))
}

impl Model {
    /// The phase of a sale at an instant.
    pub(super) fn phase(&self, id: &SaleId, now: u64) -> &'static str {
        let settings = &self.sales[id].settings;
        if settings.ends.is_some_and(|ends| now >= ends.0) {
            return "closed";
        }
        if settings.starts.is_some_and(|starts| now < starts.0) {
            return "scheduled";
        }
        let count = self.count(&LimitKey::Sale(id.clone()));
        let sold_out = quota(settings, u64::MAX).is_some_and(|whole| count.units() >= whole);
        match (sold_out, settings.close_when_sold_out && count.held == 0) {
            (false, _) => "open",
            (true, false) => "sold_out",
            (true, true) => "closed",
        }
    }

    /// Tells the phase of a sale if it is not the one that was told last.
    pub(super) fn tell(&mut self, id: Option<&SaleId>, now: u64) {
        let Some(id) = id else { return };
        let phase = self.phase(id, now);
        let sale = self.sales.get_mut(id).expect("sales are never deleted");
        if sale.told != phase {
            sale.told = phase;
            self.events.push(match phase {
                "scheduled" => EventKind::SaleScheduled,
                "open" => EventKind::SaleOpened,
                "sold_out" => EventKind::SaleSoldOut,
                _ => EventKind::SaleClosed,
            });
        }
    }

    pub(super) fn set_sale(&mut self, id: &SaleId, settings: &SaleSettings, now: u64) -> Result<Answer, String> {
        if let Some(unknown) = settings.skus.iter().find(|sku| !self.skus.contains_key(sku)) {
            return Err(format!("unknown_sku {unknown}"));
        }
        let before = self.sales.get(id);
        let sale = Campaign {
            settings: settings.clone(),
            told: before.map_or("scheduled", |sale| sale.told),
            version: before.map_or(0, |sale| sale.version) + 1,
            retired: false,
        };
        self.sales.insert(id.clone(), sale);
        self.events.push(EventKind::SaleSet);
        self.tell(Some(id), now);
        Ok(self.sale(id))
    }

    pub(super) fn turn_sale(&mut self, id: &SaleId, now: u64) -> Result<Answer, String> {
        if !self.sales.contains_key(id) {
            return Err("unknown_sale".to_owned());
        }
        self.tell(Some(id), now);
        if self.events.is_empty() && self.may_retire(id, now) {
            self.sales.get_mut(id).expect("looked up above").retired = true;
            self.events.push(EventKind::SaleRetired);
        }
        Ok(self.sale(id))
    }

    fn may_retire(&self, id: &SaleId, now: u64) -> bool {
        let sale = &self.sales[id];
        !sale.retired && sale.settings.ends.is_some_and(|ends| now >= ends.0 + self.policy.keep_history.0)
    }

    fn sale(&mut self, id: &SaleId) -> Answer {
        self.forget_uncounted();
        let channels = self.channel_counts(|key| matches!(key, LimitKey::SaleChannel(of, _) if of == id));
        Answer::Sale(self.sales[id].clone(), self.count(&LimitKey::Sale(id.clone())), channels)
    }

    /// The sales for which a turn has something to do.
    pub fn due_sales(&self, now: Millis) -> Vec<SaleId> {
        let due =
            self.sales.iter().filter(|(id, sale)| sale.told != self.phase(id, now.0) || self.may_retire(id, now.0));
        due.map(|(id, _)| id.clone()).collect()
    }
}
