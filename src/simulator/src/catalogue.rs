//! The shop that every world has: which SKUs, places, sales and customers, and the commands that set
//! them up. Some are kept simple on purpose, so that plain sums say what may be promised of them.

use ledger::{
    Channel, ChannelQuota, Command, Customer, Location, Millis, OnHand, SaleId, SaleSettings, SetStock, Sku,
    SkuSettings,
};

/// The first are *plain*: stock of them is only ever added, and nothing else is set. The fourth is plain
/// but for its limit per customer. Of the rest everything is written at random.
const SKUS: [&str; 7] = ["plain-0", "plain-1", "plain-2", "limited", "wild-0", "wild-1", "wild-2"];
const PLAIN_SKUS: usize = 4;
const LIMITED: usize = 3;
const LOCATIONS: [&str; 2] = ["east", "west"];

/// SKUs at locations: where stock lies.
pub(crate) const PLACES: usize = SKUS.len() * LOCATIONS.len();
/// The first so many places are of plain SKUs.
pub(crate) const PLAIN_PLACES: usize = PLAIN_SKUS * LOCATIONS.len();
/// SKUs whose settings are written at random.
pub(crate) const WILD_SKUS: usize = SKUS.len() - PLAIN_SKUS;
pub(crate) const CUSTOMERS: usize = 4;

/// Units at a plain place at the beginning.
pub(crate) const FIRST_UNITS: u32 = 60;
/// Units of the limited SKU for one customer, for ever.
pub(crate) const MOST_PER_CUSTOMER: u32 = 25;
/// Units of the fair sale, for ever.
pub(crate) const FAIR_QUOTA: u32 = 250;

const VALID: &str = "every name in the catalogue is an identifier";

pub(crate) fn skus() -> impl Iterator<Item = Sku> {
    (0..SKUS.len()).map(sku)
}

pub(crate) fn sku(index: usize) -> Sku {
    Sku::parse(SKUS[index]).expect(VALID)
}

pub(crate) fn any_sku(random: &mut fastrand::Rng) -> Sku {
    sku(random.usize(..SKUS.len()))
}

pub(crate) fn any_location(random: &mut fastrand::Rng) -> Location {
    Location::parse(LOCATIONS[random.usize(..LOCATIONS.len())]).expect(VALID)
}

pub(crate) fn wild_sku(index: usize) -> Sku {
    sku(PLAIN_SKUS + index)
}

pub(crate) fn limited_sku() -> Sku {
    sku(LIMITED)
}

pub(crate) fn place(index: usize) -> (Sku, Location) {
    let location = Location::parse(LOCATIONS[index % LOCATIONS.len()]).expect(VALID);
    (sku(index / LOCATIONS.len()), location)
}

/// The place's index; `None` where nothing was ever put.
pub(crate) fn place_of(sku: &Sku, location: &Location) -> Option<usize> {
    let sku = SKUS.iter().position(|name| *name == sku.as_str())?;
    let location = LOCATIONS.iter().position(|name| *name == location.as_str())?;
    Some(sku * LOCATIONS.len() + location)
}

pub(crate) fn customer(index: usize) -> Customer {
    Customer::parse(["ada", "ben", "cleo", "dan"][index]).expect(VALID)
}

pub(crate) fn channel(index: usize) -> Channel {
    Channel::parse(["web", "app"][index]).expect(VALID)
}

/// Its settings never change: a quota over plain SKUs.
pub(crate) fn fair_sale() -> SaleId {
    SaleId::parse("fair").expect(VALID)
}

/// Its settings are written at random.
pub(crate) fn wild_sale() -> SaleId {
    SaleId::parse("wild").expect(VALID)
}

/// What sets the shop up; every one of them must be answered with success.
pub(crate) fn opening() -> Vec<Command> {
    let stock = (0..PLACES).map(|index| {
        let (sku, location) = place(index);
        Command::SetStock(set_stock(sku, location, FIRST_UNITS))
    });
    let limit = SkuSettings { max_per_customer: Some(MOST_PER_CUSTOMER), ..SkuSettings::default() };
    let fair = SaleSettings {
        skus: sorted((0..PLAIN_SKUS).map(sku).collect()),
        quota: Some(FAIR_QUOTA),
        ..SaleSettings::default()
    };
    let wild = SaleSettings { skus: sorted(skus().collect()), ..SaleSettings::default() };
    let rules = [
        Command::SetSku(limited_sku(), limit),
        Command::SetSale(fair_sale(), fair),
        Command::SetSale(wild_sale(), wild),
    ];
    stock.chain(rules).collect()
}

pub(crate) fn set_stock(sku: Sku, location: Location, on_hand: u32) -> SetStock {
    let on_hand = OnHand::Exactly(on_hand);
    SetStock {
        sku,
        location,
        on_hand,
        safety_stock: None,
        unavailable: None,
        backorder_limit: None,
        if_version: None,
        source_ts: None,
    }
}

fn sorted(mut skus: Vec<Sku>) -> Vec<Sku> {
    skus.sort();
    skus
}

pub(crate) fn any_sku_settings(random: &mut fastrand::Rng) -> SkuSettings {
    SkuSettings {
        max_per_customer: random.bool().then(|| random.u32(..20)),
        max_per_order: random.bool().then(|| random.u32(1..8)),
        channel_quotas: any_quotas(random),
        default_ttl: random.bool().then(|| Millis(random.u64(1..200))),
        sale_only: random.u8(..8) == 0,
        location_order: random.bool().then(|| any_location(random)).into_iter().collect(),
    }
}

/// A window around now, and limits that come and go while units are counted under them.
pub(crate) fn any_sale_settings(random: &mut fastrand::Rng, now: Millis) -> SaleSettings {
    let starts = random.bool().then(|| Millis(now.0 + random.u64(..100) - 50));
    let quota = random.bool().then(|| random.u32(1..100));
    let drops = (0..random.u64(..3)).map(|n| ledger::Drop { at: Millis(now.0 + n * 30), quota: random.u32(1..30) });
    let drops = drops.collect();
    SaleSettings {
        starts,
        ends: random.bool().then(|| starts.unwrap_or(now).plus(Millis(random.u64(1..800)))),
        drops,
        skus: sorted(skus().filter(|_| random.u8(..5) > 0).collect()),
        quota,
        max_per_customer: random.bool().then(|| random.u32(1..20)),
        channel_quotas: any_quotas(random),
        close_when_sold_out: quota.is_some() && random.bool(),
    }
}

fn any_quotas(random: &mut fastrand::Rng) -> Vec<ChannelQuota> {
    let quotas = (0..2).filter(|_| random.bool()).collect::<Vec<_>>();
    quotas.into_iter().map(|index| ChannelQuota { channel: channel(index), quota: random.u32(..20) }).collect()
}
