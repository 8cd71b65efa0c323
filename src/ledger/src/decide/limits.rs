//! Which limits bind a reservation, and what they leave. Looks only; units are counted by the
//! worksheet as they are taken.

use super::worksheet::{Shopper, Worksheet};
use crate::{Books, Limit, LimitKey, Lines, Marks, Millis, Refusal, Sale, Sku, SkuStock};
use smallvec::SmallVec;

/// One limit: at most `most` units in the bucket, or in the one reservation where there is none.
pub(super) struct Bound {
    limit: Limit,
    most: u32,
    bucket: Option<LimitKey>,
    mark: Marks,
}

pub(super) type Bounds = SmallVec<[Bound; 0]>;

/// Whether a limit that counts customers may meet a reservation without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nameless {
    /// The caller must say who.
    Refused,
    /// It was reserved before the limit was set: there is nobody to count.
    Uncounted,
}

/// The limits on one SKU, in the order in which they are told.
pub(super) fn of_sku(stock: &SkuStock, shopper: &Shopper<'_>, nameless: Nameless) -> Result<Bounds, Refusal> {
    let mut bounds = Bounds::new();
    let Some(settings) = stock.settings() else { return Ok(bounds) };
    if let Some(most) = settings.max_per_order {
        bounds.push(Bound { limit: Limit::MaxPerOrder, most, bucket: None, mark: Marks::default() });
    }
    if let Some(most) = settings.max_per_customer {
        match shopper.customer {
            Some(customer) => bounds.push(Bound {
                limit: Limit::MaxPerCustomer,
                most,
                bucket: Some(LimitKey::SkuCustomer(stock.sku.clone(), customer.clone())),
                mark: Marks::SKU_CUSTOMER,
            }),
            None => allow_nameless(nameless)?,
        }
    }
    let quota = shopper.channel.and_then(|channel| Some((channel, stock.channel_quota(channel)?)));
    if let Some((channel, most)) = quota {
        bounds.push(Bound {
            limit: Limit::ChannelQuota,
            most,
            bucket: Some(LimitKey::SkuChannel(stock.sku.clone(), channel.clone())),
            mark: Marks::SKU_CHANNEL,
        });
    }
    Ok(bounds)
}

/// The limits of a sale, in the order in which they are told.
pub(super) fn of_sale(sale: &Sale, shopper: &Shopper<'_>, nameless: Nameless, now: Millis) -> Result<Bounds, Refusal> {
    let mut bounds = Bounds::new();
    bounds.push(Bound {
        limit: Limit::SaleQuota,
        most: sale.quota_at(now),
        bucket: Some(LimitKey::Sale(sale.id.clone())),
        mark: Marks::SALE,
    });
    if let Some(most) = sale.settings.max_per_customer {
        match shopper.customer {
            Some(customer) => bounds.push(Bound {
                limit: Limit::SaleMaxPerCustomer,
                most,
                bucket: Some(LimitKey::SaleCustomer(sale.id.clone(), customer.clone())),
                mark: Marks::SALE_CUSTOMER,
            }),
            None => allow_nameless(nameless)?,
        }
    }
    let quota = shopper.channel.and_then(|channel| Some((channel, sale.channel_quota(channel)?)));
    if let Some((channel, most)) = quota {
        bounds.push(Bound {
            limit: Limit::SaleChannelQuota,
            most,
            bucket: Some(LimitKey::SaleChannel(sale.id.clone(), channel.clone())),
            mark: Marks::SALE_CHANNEL,
        });
    }
    Ok(bounds)
}

fn allow_nameless(nameless: Nameless) -> Result<(), Refusal> {
    match nameless {
        Nameless::Refused => Err(Refusal::invalid("/customer", "is needed: a limit per customer applies")),
        Nameless::Uncounted => Ok(()),
    }
}

/// Refuses what would pass one of these limits.
pub(super) fn check<B: Books>(
    sheet: &Worksheet<'_, B>,
    bounds: &[Bound],
    sku: Option<&Sku>,
    units: u64,
) -> Result<(), Refusal> {
    for bound in bounds {
        let remaining = bound.left(sheet, 0);
        if units > u64::from(remaining) {
            return Err(Refusal::LimitExceeded { limit: bound.limit, sku: sku.cloned(), remaining });
        }
    }
    Ok(())
}

/// The least that these limits leave, when the reservation has `ordered` units of the SKU already.
pub(super) fn allowance<B: Books>(sheet: &Worksheet<'_, B>, bounds: &[Bound], ordered: u64) -> u64 {
    bounds.iter().map(|bound| u64::from(bound.left(sheet, ordered))).min().unwrap_or(u64::MAX)
}

/// Where a line under these limits is counted.
pub(super) fn marks(bounds: &[Bound]) -> Marks {
    bounds.iter().fold(Marks::default(), |marks, bound| marks.with(bound.mark))
}

/// Units of a SKU among lines that are placed.
pub(super) fn ordered(lines: &Lines, sku: &Sku) -> u64 {
    lines.iter().filter(|line| line.sku == *sku).map(|line| u64::from(line.quantity)).sum()
}

impl Bound {
    fn left<B: Books>(&self, sheet: &Worksheet<'_, B>, ordered: u64) -> u32 {
        match &self.bucket {
            Some(key) => sheet.taken(key).left_of(self.most),
            // At most `most`, which fits.
            None => u64::from(self.most).saturating_sub(ordered) as u32,
        }
    }
}
