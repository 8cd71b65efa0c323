//! What an operator sets for a SKU or a sale. Every limit may be absent: then there is none.

use crate::{Channel, Location, Millis, Sku};

/// A channel's share, in units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelQuota {
    /// The channel.
    pub channel: Channel,
    /// Its share.
    pub quota: u32,
}

/// The settings of a SKU.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SkuSettings {
    /// Units for one customer, over the SKU's life.
    pub max_per_customer: Option<u32>,
    /// Units in one reservation.
    pub max_per_order: Option<u32>,
    /// Shares of channels, each channel once; a channel without one is uncapped.
    pub channel_quotas: Vec<ChannelQuota>,
    /// How long a hold lasts whose request does not say.
    pub default_ttl: Option<Millis>,
    /// Only reserved within a sale.
    pub sale_only: bool,
    /// Which locations serve first; the others follow by name.
    pub location_order: Vec<Location>,
}

/// More units from an instant on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drop {
    /// From when.
    pub at: Millis,
    /// How many more units.
    pub quota: u32,
}

/// The settings of a sale.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SaleSettings {
    /// Opens then; at once when absent.
    pub starts: Option<Millis>,
    /// Closes then; never when absent.
    pub ends: Option<Millis>,
    /// What is sold: sorted, each once.
    pub skus: Vec<Sku>,
    /// Units over all its SKUs.
    pub quota: Option<u32>,
    /// Units for one customer.
    pub max_per_customer: Option<u32>,
    /// Shares of channels, each channel once; a channel without one is uncapped.
    pub channel_quotas: Vec<ChannelQuota>,
    /// In the order of their times.
    pub drops: Vec<Drop>,
    /// Refuses with `sale_closed` from the last unit on.
    pub close_when_sold_out: bool,
}

impl SaleSettings {
    /// Units that may be taken at an instant: the drops so far, capped by the quota.
    pub fn quota_at(&self, now: Millis) -> Option<u32> {
        self.cap(self.drops.iter().filter(|drop| drop.at <= now))
    }

    /// Units that may be taken when every drop has come.
    pub fn whole_quota(&self) -> Option<u32> {
        self.cap(self.drops.iter())
    }

    fn cap<'d>(&self, dropped: impl Iterator<Item = &'d Drop>) -> Option<u32> {
        if self.drops.is_empty() {
            return self.quota;
        }
        let units: u64 = dropped.map(|drop| u64::from(drop.quota)).sum();
        // At most the quota, and a quota fits.
        Some(units.min(u64::from(self.quota.unwrap_or(crate::MAX_QUANTITY))) as u32)
    }
}

/// The quota of a channel, if it has one.
pub(crate) fn quota_of(quotas: &[ChannelQuota], channel: &Channel) -> Option<u32> {
    quotas.iter().find(|quota| quota.channel == *channel).map(|quota| quota.quota)
}
