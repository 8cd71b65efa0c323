//! A stock bucket: what one SKU has at one location, and what of it is promised.

use crate::sale::{keep_channels, put_taken, taken_by};
use crate::settings::quota_of;
use crate::{Channel, Location, Millis, Sku, SkuSettings, Taken};
use hashbrown::HashMap;
use smallvec::SmallVec;

/// The figures of one SKU at one location, in units.
///
/// `on_hand` includes allocated units until they are fulfilled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockRow {
    /// Where.
    pub location: Location,
    /// Physically there.
    pub on_hand: u32,
    /// Promised to reservations that may still expire.
    pub held: u32,
    /// Promised to confirmed reservations that are not fulfilled yet.
    pub allocated: u32,
    /// Kept back by the shop.
    pub safety_stock: u32,
    /// There, but not for sale.
    pub unavailable: u32,
    /// May be promised beyond what is there.
    pub backorder_limit: u32,
    /// Counts the writes to the record's own figures; holds do not count.
    pub version: u64,
    /// The source's own time of the last applied write, if it gave one.
    pub source_ts: Option<Millis>,
}

impl StockRow {
    /// A record that has nothing yet and was never written.
    pub fn empty(location: Location) -> Self {
        Self {
            location,
            on_hand: 0,
            held: 0,
            allocated: 0,
            safety_stock: 0,
            unavailable: 0,
            backorder_limit: 0,
            version: 0,
            source_ts: None,
        }
    }

    /// What may still be promised; negative while there is a shortfall.
    pub fn available(&self) -> i64 {
        i64::from(self.on_hand) + i64::from(self.backorder_limit)
            - i64::from(self.held)
            - i64::from(self.allocated)
            - i64::from(self.safety_stock)
            - i64::from(self.unavailable)
    }

    /// Units promised beyond what there is.
    pub fn shortfall(&self) -> u64 {
        self.available().min(0).unsigned_abs()
    }
}

/// What most SKUs do not have: settings, and what channels took under them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SkuRules {
    /// What the operator set.
    pub settings: SkuSettings,
    /// Taken through channels with a quota.
    pub channels: Vec<(Channel, Taken)>,
}

/// One SKU with its locations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkuStock {
    /// The SKU.
    pub sku: Sku,
    /// By name; most SKUs have just one, a new one may have none.
    pub locations: SmallVec<[StockRow; 1]>,
    /// Its settings, if it has any.
    pub rules: Option<Box<SkuRules>>,
}

impl SkuStock {
    /// A SKU without stock or settings.
    pub fn empty(sku: Sku) -> Self {
        Self { sku, locations: SmallVec::new(), rules: None }
    }

    /// Its settings, if it has any.
    pub fn settings(&self) -> Option<&SkuSettings> {
        self.rules.as_ref().map(|rules| &rules.settings)
    }

    /// A channel's quota, if it has one.
    pub fn channel_quota(&self, channel: &Channel) -> Option<u32> {
        self.settings().and_then(|settings| quota_of(&settings.channel_quotas, channel))
    }

    /// What a channel has taken under a quota.
    pub fn channel(&self, channel: &Channel) -> Taken {
        self.rules.as_ref().map(|rules| taken_by(&rules.channels, channel)).unwrap_or_default()
    }

    pub(crate) fn put_settings(&mut self, settings: &SkuSettings) {
        let rules = self.rules.get_or_insert_default();
        rules.settings.clone_from(settings);
        keep_channels(&mut rules.channels, &settings.channel_quotas);
        if rules.channels.is_empty() && *settings == SkuSettings::default() {
            self.rules = None;
        }
    }

    pub(crate) fn put_channel(&mut self, channel: &Channel, taken: Taken) {
        let limit_is_set = self.channel_quota(channel).is_some();
        let rules = self.rules.get_or_insert_default();
        put_taken(&mut rules.channels, channel, taken, limit_is_set);
        if rules.channels.is_empty() && rules.settings == SkuSettings::default() {
            self.rules = None;
        }
    }

    /// The locations in the order in which they serve.
    pub fn in_order(&self) -> SmallVec<[&StockRow; 4]> {
        let rows: SmallVec<[&StockRow; 4]> = self.locations.iter().collect();
        let Some(settings) = self.settings().filter(|settings| !settings.location_order.is_empty()) else {
            return rows;
        };
        let mut unnamed: HashMap<&Location, &StockRow> = rows.iter().map(|row| (&row.location, *row)).collect();
        let named = settings.location_order.iter().filter_map(|location| unnamed.remove(location));
        let named: SmallVec<[&StockRow; 4]> = named.collect();
        // What is not named comes after it, by name.
        let rest = rows.into_iter().filter(|row| unnamed.contains_key(&row.location));
        named.into_iter().chain(rest).collect()
    }

    /// The record of a location.
    pub fn at(&self, location: &Location) -> Option<&StockRow> {
        let found = self.locations.binary_search_by(|row| row.location.cmp(location));
        found.ok().map(|at| &self.locations[at])
    }

    /// The sum over all locations.
    pub fn available(&self) -> i64 {
        self.locations.iter().map(StockRow::available).sum()
    }
}
