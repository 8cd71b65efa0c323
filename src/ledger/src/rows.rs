//! What an event says, row by row: the one place that knows which rows an event carries and in which
//! order they are put, for whoever follows the log. It must not know where rows are kept.

use crate::{
    Adjustment, Event, LimitAfter, LimitKey, Millis, Reservation, Sale, SaleChange, SaleId, Sku, SkuChange,
    SkuSettings, StockAfter,
};

/// One row of an event, as it is afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row<'e> {
    /// A stock bucket.
    Stock(&'e StockAfter),
    /// A limit bucket.
    Limit(&'e LimitAfter),
    /// A SKU's settings, or its end.
    Sku(&'e Sku, &'e SkuChange),
    /// A sale's settings, phase, or retirement.
    Sale(&'e SaleChange),
    /// An adjustment to be remembered, and when it was made.
    Adjustment(&'e Adjustment, Millis),
    /// A reservation.
    Reservation(&'e Reservation),
}

/// Whose row it is: what decides where it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner<'e> {
    /// A SKU's. A reservation belongs to the SKU of its first line.
    Sku(&'e Sku),
    /// A sale's.
    Sale(&'e SaleId),
}

impl Event {
    /// Its rows, in the order in which they are put.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        let stock = self.stock.iter().map(Row::Stock);
        let limits = self.limits.iter().map(Row::Limit);
        let sku = self.sku.iter().map(|change| Row::Sku(&change.0, &change.1));
        let sale = self.sale.iter().map(|change| Row::Sale(change));
        let adjustment = self.adjustment.iter().map(|made| Row::Adjustment(made, self.at));
        let reservation = self.reservation.as_deref().into_iter().map(Row::Reservation);
        stock.chain(limits).chain(sku).chain(sale).chain(adjustment).chain(reservation)
    }
}

impl<'e> Row<'e> {
    /// Whose row it is.
    pub fn owner(self) -> Owner<'e> {
        match self {
            Self::Stock(after) => Owner::Sku(&after.sku),
            Self::Limit(after) => after.key.owner(),
            Self::Sku(sku, _) => Owner::Sku(sku),
            Self::Sale(change) => Owner::Sale(change.sale()),
            Self::Adjustment(made, _) => Owner::Sku(&made.sku),
            // A record without a line is refused where it is read.
            Self::Reservation(reservation) => Owner::Sku(&reservation.lines[0].sku),
        }
    }
}

impl LimitKey {
    /// Whose bucket it is.
    pub fn owner(&self) -> Owner<'_> {
        match self {
            Self::SkuCustomer(sku, _) | Self::SkuChannel(sku, _) => Owner::Sku(sku),
            Self::Sale(sale) | Self::SaleCustomer(sale, _) | Self::SaleChannel(sale, _) => Owner::Sale(sale),
        }
    }
}

impl<'e> Owner<'e> {
    /// Its name.
    pub fn name(self) -> &'e str {
        match self {
            Self::Sku(sku) => sku.as_str(),
            Self::Sale(sale) => sale.as_str(),
        }
    }
}

impl SkuSettings {
    /// Whether the limit of one of the SKU's buckets is set.
    pub fn limits(&self, key: &LimitKey) -> bool {
        match key {
            LimitKey::SkuCustomer(..) => self.max_per_customer.is_some(),
            LimitKey::SkuChannel(_, channel) => self.channel_quotas.iter().any(|share| share.channel == *channel),
            LimitKey::Sale(_) | LimitKey::SaleCustomer(..) | LimitKey::SaleChannel(..) => false,
        }
    }
}

impl Sale {
    /// Whether the limit of one of the sale's buckets is set. A sale counts what it sells in all
    /// whether or not there is a quota.
    pub fn limits(&self, key: &LimitKey) -> bool {
        match key {
            LimitKey::Sale(_) => true,
            LimitKey::SaleCustomer(..) => self.settings.max_per_customer.is_some() && !self.retired,
            LimitKey::SaleChannel(_, channel) => self.channel_quota(channel).is_some(),
            LimitKey::SkuCustomer(..) | LimitKey::SkuChannel(..) => false,
        }
    }

    /// Puts what an event changes of the sale itself; its counters are rows of their own.
    pub fn put(&mut self, change: &SaleChange) {
        match change {
            SaleChange::Set { settings, version, .. } => {
                self.settings.clone_from(settings);
                self.version = *version;
                self.retired = false;
            }
            SaleChange::Told(_, phase) => self.told = *phase,
            SaleChange::Retired(_) => self.retired = true,
        }
    }
}
