//! The model's limits: which apply to a line, what stands in their counters, and when a counter is
//! forgotten.

use super::place::Shopper;
use super::{Count, Model};
use ledger::{Channel, ChannelQuota, LimitKey, SaleId, Sku};
use std::collections::BTreeMap;

/// What a sale without a quota may sell in all.
const UNLIMITED: i128 = 2_000_000_000;

/// A limit that applies: its word, its figure, and its counter, if it counts over reservations.
pub(super) struct Rule {
    pub(super) word: &'static str,
    pub(super) most: i128,
    pub(super) counter: Option<LimitKey>,
}

fn rule(word: &'static str, most: u32, counter: Option<LimitKey>) -> Rule {
    Rule { word, most: i128::from(most), counter }
}

fn quota_of(quotas: &[ChannelQuota], shopper: &Shopper) -> Option<u32> {
    quotas.iter().find(|quota| Some(&quota.channel) == shopper.channel.as_ref()).map(|quota| quota.quota)
}

impl Model {
    /// The limits of a SKU that apply, in the order in which they are told.
    pub(super) fn rules_of_sku(&self, sku: &Sku, shopper: &Shopper) -> Vec<Rule> {
        let settings = &self.skus[sku];
        let mut rules = Vec::new();
        if let Some(most) = settings.max_per_order {
            rules.push(rule("max_per_order", most, None));
        }
        if let (Some(most), Some(customer)) = (settings.max_per_customer, &shopper.customer) {
            let counter = LimitKey::SkuCustomer(sku.clone(), customer.clone());
            rules.push(rule("max_per_customer", most, Some(counter)));
        }
        if let (Some(most), Some(channel)) = (quota_of(&settings.channel_quotas, shopper), &shopper.channel) {
            let counter = LimitKey::SkuChannel(sku.clone(), channel.clone());
            rules.push(rule("channel_quota", most, Some(counter)));
        }
        rules
    }

    /// The limits of a sale that apply, in the order in which they are told.
    pub(super) fn rules_of_sale(&self, shopper: &Shopper, now: u64) -> Vec<Rule> {
        let Some(id) = &shopper.sale else { return Vec::new() };
        let settings = &self.sales[id].settings;
        let quota = super::sales::quota(settings, now).unwrap_or(UNLIMITED);
        let mut rules = vec![Rule { word: "sale_quota", most: quota, counter: Some(LimitKey::Sale(id.clone())) }];
        if let (Some(most), Some(customer)) = (settings.max_per_customer, &shopper.customer) {
            let counter = LimitKey::SaleCustomer(id.clone(), customer.clone());
            rules.push(rule("sale_max_per_customer", most, Some(counter)));
        }
        if let (Some(most), Some(channel)) = (quota_of(&settings.channel_quotas, shopper), &shopper.channel) {
            let counter = LimitKey::SaleChannel(id.clone(), channel.clone());
            rules.push(rule("sale_channel_quota", most, Some(counter)));
        }
        rules
    }

    /// Whether a limit counts customers who must therefore be named.
    pub(super) fn counts_customers<'s>(&self, mut skus: impl Iterator<Item = &'s Sku>, sale: Option<&SaleId>) -> bool {
        skus.any(|sku| self.skus[sku].max_per_customer.is_some())
            || sale.is_some_and(|id| self.sales[id].settings.max_per_customer.is_some())
    }

    /// What stands in a counter.
    pub fn count(&self, key: &LimitKey) -> Count {
        let mut count = Count { bought: self.bought.get(key).copied().unwrap_or_default(), ..Count::default() };
        for kept in self.holds.values().filter(|kept| kept.hold.is_live()) {
            for piece in &kept.hold.pieces {
                if piece.counted.contains(key) {
                    match kept.hold.state {
                        "held" => count.held += piece.unshipped(),
                        _ => count.allocated += piece.unshipped(),
                    }
                }
            }
        }
        count
    }

    /// Every counter in which something stands.
    pub fn counts(&self) -> BTreeMap<LimitKey, Count> {
        let of_holds = self.holds().filter(|hold| hold.is_live()).flat_map(|hold| &hold.pieces);
        let keys = of_holds.flat_map(|piece| &piece.counted).chain(self.bought.keys());
        let mut counts: BTreeMap<_, _> = keys.map(|key| (key.clone(), Count::default())).collect();
        for (key, count) in &mut counts {
            *count = self.count(key);
        }
        counts.retain(|_, count| count.units() > 0);
        counts
    }

    /// The counters of channels of a SKU or a sale, whichever `of` says.
    pub(super) fn channel_counts(&self, of: impl Fn(&LimitKey) -> bool) -> Vec<(LimitKey, Count)> {
        self.counts().into_iter().filter(|(key, _)| of(key)).collect()
    }

    /// Whether the limit of a counter is set now.
    fn is_set(&self, key: &LimitKey) -> bool {
        let has = |quotas: &[ChannelQuota], channel: &Channel| quotas.iter().any(|quota| quota.channel == *channel);
        match key {
            LimitKey::SkuCustomer(sku, _) => self.skus.get(sku).is_some_and(|set| set.max_per_customer.is_some()),
            LimitKey::SkuChannel(sku, channel) => {
                self.skus.get(sku).is_some_and(|set| has(&set.channel_quotas, channel))
            }
            // A sale counts whether or not it has a quota.
            LimitKey::Sale(_) => true,
            LimitKey::SaleCustomer(id, _) => {
                let sale = &self.sales[id];
                sale.settings.max_per_customer.is_some() && !sale.retired
            }
            LimitKey::SaleChannel(id, channel) => has(&self.sales[id].settings.channel_quotas, channel),
        }
    }

    /// Forgets what was bought under limits that are not set any more.
    pub(super) fn forget_uncounted(&mut self) {
        let mut bought = std::mem::take(&mut self.bought);
        bought.retain(|key, _| self.is_set(key));
        self.bought = bought;
    }
}
