//! Random settings of SKUs and sales: each limit is often absent, so that it comes and goes while
//! units are counted under it.

use super::{CHANNELS, LOCATIONS, NOON, SKUS, around};
use crate::asks;
use crate::dice::Dice;
use ledger::{ChannelQuota, Drop, Millis, SaleSettings, SkuSettings};

const MANY: u32 = 1_000_000;

pub(super) fn of_sku(dice: &mut Dice<impl Iterator<Item = u16>>) -> SkuSettings {
    if dice.chance(25) {
        return SkuSettings::default();
    }
    SkuSettings {
        max_per_customer: dice.maybe(40, |dice| dice.below(16)),
        max_per_order: dice.maybe(30, |dice| dice.between(1, 6)),
        channel_quotas: channel_quotas(dice, 16),
        default_ttl: dice.maybe(30, |dice| Millis(u64::from(dice.between(1, 150)))),
        sale_only: dice.chance(10),
        location_order: order(dice),
    }
}

fn channel_quotas(dice: &mut Dice<impl Iterator<Item = u16>>, most: u32) -> Vec<ChannelQuota> {
    let quotas = CHANNELS
        .map(|name| dice.maybe(40, |dice| ChannelQuota { channel: asks::channel(name), quota: dice.below(most) }));
    quotas.into_iter().flatten().collect()
}

/// None, one, or two of the locations, each once; one of them may not be there.
fn order(dice: &mut Dice<impl Iterator<Item = u16>>) -> Vec<ledger::Location> {
    let first = dice.below(3) as usize;
    let named = [LOCATIONS[first], LOCATIONS[(first + 1) % 3]];
    let count = dice.weighted(&[4, 1, 1]);
    named.into_iter().take(count).map(asks::location).collect()
}

/// A window around now; a quota that some days use up, and others never.
pub(super) fn of_sale(dice: &mut Dice<impl Iterator<Item = u16>>) -> SaleSettings {
    let starts = dice.maybe(60, |dice| around(dice, 20));
    let opens = starts.unwrap_or(NOON);
    let ends = dice.maybe(60, |dice| opens.plus(Millis(u64::from(dice.between(1, 120)))));
    let skus = SKUS.iter().filter(|_| !dice.chance(15)).map(|name| asks::sku(name));
    let mut skus: Vec<_> = skus.collect();
    if dice.chance(2) || skus.is_empty() {
        skus.push(asks::sku("never"));
    }
    let quota = dice.maybe(60, quota);
    SaleSettings {
        starts,
        ends,
        skus,
        quota,
        max_per_customer: dice.maybe(35, |dice| dice.between(1, 20)),
        channel_quotas: channel_quotas(dice, 40),
        drops: drops(dice),
        close_when_sold_out: quota.is_some() && dice.chance(40),
    }
}

fn quota(dice: &mut Dice<impl Iterator<Item = u16>>) -> u32 {
    match dice.weighted(&[4, 4, 1]) {
        0 => dice.between(1, 20),
        1 => dice.between(20, 400),
        _ => MANY,
    }
}

fn drops(dice: &mut Dice<impl Iterator<Item = u16>>) -> Vec<Drop> {
    let count = dice.weighted(&[6, 1, 1, 1]);
    let mut drops: Vec<_> = (0..count).map(|_| Drop { at: around(dice, 30), quota: quota(dice) }).collect();
    drops.sort_by_key(|drop| drop.at);
    drops
}
