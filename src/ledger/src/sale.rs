//! A sale: a window, a quota over several SKUs, and what of it is taken.

use crate::settings::quota_of;
use crate::{Channel, ChannelQuota, Millis, SaleId, SaleSettings, Taken};

/// Where a sale is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SalePhase {
    /// Before its window.
    Scheduled,
    /// Selling.
    Open,
    /// Every unit of the whole quota is taken, but some may come back.
    SoldOut,
    /// After its window, or sold for good.
    Closed,
}

impl SalePhase {
    /// The word of the contract.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Open => "open",
            Self::SoldOut => "sold_out",
            Self::Closed => "closed",
        }
    }
}

/// A sale with its counters; what each customer has taken is kept beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sale {
    /// Its name.
    pub id: SaleId,
    /// What the operator set.
    pub settings: SaleSettings,
    /// The phase that was last told. The one that counts is [`Sale::phase`].
    pub told: SalePhase,
    /// Counts the writes of its settings, from 1.
    pub version: u64,
    /// Whether its customers are forgotten: it ended long ago.
    pub retired: bool,
    /// Taken in all. A sale counts from its creation, whether or not it has a quota.
    pub taken: Taken,
    /// Taken through channels with a quota.
    pub channels: Vec<(Channel, Taken)>,
}

impl Sale {
    /// One that nothing is known of yet.
    pub fn new(id: SaleId) -> Self {
        Self {
            id,
            settings: SaleSettings::default(),
            told: SalePhase::Scheduled,
            version: 0,
            retired: false,
            taken: Taken::default(),
            channels: Vec::new(),
        }
    }

    /// The phase at an instant, with `taken` units gone.
    pub fn phase(&self, taken: Taken, now: Millis) -> SalePhase {
        let settings = &self.settings;
        if settings.ends.is_some_and(|ends| now >= ends) {
            return SalePhase::Closed;
        }
        if settings.starts.is_some_and(|starts| now < starts) {
            return SalePhase::Scheduled;
        }
        match settings.whole_quota() {
            Some(quota) if taken.units() >= quota => {
                if settings.close_when_sold_out && taken.held == 0 {
                    SalePhase::Closed
                } else {
                    SalePhase::SoldOut
                }
            }
            _ => SalePhase::Open,
        }
    }

    /// Units that may be taken in all at an instant.
    pub fn quota_at(&self, now: Millis) -> u32 {
        self.settings.quota_at(now).unwrap_or(crate::UNLIMITED)
    }

    /// When time alone changes the phase next.
    pub(crate) fn next_turn(&self) -> Option<Millis> {
        match self.told {
            SalePhase::Scheduled => self.settings.starts,
            SalePhase::Open | SalePhase::SoldOut => self.settings.ends,
            SalePhase::Closed => None,
        }
    }

    /// Since when it is over, while its customers are still counted.
    pub(crate) fn over_since(&self) -> Option<Millis> {
        if self.told == SalePhase::Closed && !self.retired { self.settings.ends } else { None }
    }

    /// A channel's quota, if it has one.
    pub fn channel_quota(&self, channel: &Channel) -> Option<u32> {
        quota_of(&self.settings.channel_quotas, channel)
    }

    pub(crate) fn put_channel(&mut self, channel: &Channel, taken: Taken) {
        let limit_is_set = self.channel_quota(channel).is_some();
        put_taken(&mut self.channels, channel, taken, limit_is_set);
    }

    /// Forgets the counts of channels that have no quota any more.
    pub(crate) fn forget_channels(&mut self) {
        keep_channels(&mut self.channels, &self.settings.channel_quotas);
    }

    /// What a channel has taken under a quota.
    pub fn channel(&self, channel: &Channel) -> Taken {
        taken_by(&self.channels, channel)
    }
}

/// A channel's count in a list of them.
pub(crate) fn taken_by(channels: &[(Channel, Taken)], channel: &Channel) -> Taken {
    channels.iter().find(|(known, _)| known == channel).map(|(_, taken)| *taken).unwrap_or_default()
}

/// Puts a channel's count, or forgets it once nothing asks for it.
pub(crate) fn put_taken(channels: &mut Vec<(Channel, Taken)>, channel: &Channel, taken: Taken, limit_is_set: bool) {
    let at = channels.iter().position(|(known, _)| known == channel);
    match (at, taken.kept(limit_is_set)) {
        (Some(at), Some(kept)) => channels[at].1 = kept,
        (Some(at), None) => drop(channels.remove(at)),
        (None, Some(kept)) => channels.push((channel.clone(), kept)),
        (None, None) => {}
    }
}

/// Forgets what no quota asks for any more.
pub(crate) fn keep_channels(channels: &mut Vec<(Channel, Taken)>, quotas: &[ChannelQuota]) {
    channels.retain_mut(|(channel, taken)| match taken.kept(quota_of(quotas, channel).is_some()) {
        Some(kept) => {
            *taken = kept;
            true
        }
        None => false,
    });
}
