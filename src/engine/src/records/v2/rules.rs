//! The part of record format 2 that most records do not have: limits, settings and sales. Frozen.

use super::{byte_of, name, text, value_of};
use crate::records::RecordError;
use compact_str::CompactString;
use ledger::{
    Channel, ChannelQuota, Customer, Drop, LimitAfter, LimitKey, Location, MAX_QUANTITY, Millis, SaleChange, SaleId,
    SalePhase, SaleSettings, Sku, SkuChange, SkuSettings, Taken, UNLIMITED,
};
use rkyv::{Archive, Deserialize, Serialize};

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct LimitV2 {
    kind: u8,
    owner: CompactString,
    /// The customer or the channel; empty for a sale's own.
    whose: CompactString,
    held: u32,
    allocated: u32,
    fulfilled: u32,
}

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct SkuChangeV2 {
    sku: CompactString,
    /// Absent: the SKU is gone.
    settings: Option<SkuSettingsV2>,
}

#[derive(Archive, Serialize, Deserialize)]
struct SkuSettingsV2 {
    max_per_customer: Option<u32>,
    max_per_order: Option<u32>,
    channel_quotas: Vec<(CompactString, u32)>,
    default_ttl_ms: Option<u64>,
    sale_only: bool,
    location_order: Vec<CompactString>,
}

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct SaleChangeV2 {
    sale: CompactString,
    /// A phase that was told; 0 where the customers were forgotten or the settings written.
    told: u8,
    set: Option<SaleSettingsV2>,
}

#[derive(Archive, Serialize, Deserialize)]
struct SaleSettingsV2 {
    version: u64,
    starts_ms: Option<u64>,
    ends_ms: Option<u64>,
    skus: Vec<CompactString>,
    quota: Option<u32>,
    max_per_customer: Option<u32>,
    channel_quotas: Vec<(CompactString, u32)>,
    drops: Vec<(u64, u32)>,
    close_when_sold_out: bool,
}

const SKU_CUSTOMER: u8 = 1;
const SKU_CHANNEL: u8 = 2;
const SALE: u8 = 3;
const SALE_CUSTOMER: u8 = 4;
const SALE_CHANNEL: u8 = 5;

pub(super) fn from_limit(after: &LimitAfter) -> LimitV2 {
    let (kind, owner, whose) = match &after.key {
        LimitKey::SkuCustomer(sku, customer) => (SKU_CUSTOMER, sku.as_str(), customer.as_str()),
        LimitKey::SkuChannel(sku, channel) => (SKU_CHANNEL, sku.as_str(), channel.as_str()),
        LimitKey::Sale(sale) => (SALE, sale.as_str(), ""),
        LimitKey::SaleCustomer(sale, customer) => (SALE_CUSTOMER, sale.as_str(), customer.as_str()),
        LimitKey::SaleChannel(sale, channel) => (SALE_CHANNEL, sale.as_str(), channel.as_str()),
    };
    let Taken { held, allocated, fulfilled } = after.taken;
    LimitV2 { kind, owner: text(owner), whose: text(whose), held, allocated, fulfilled }
}

pub(super) fn to_limit(record: LimitV2) -> Result<LimitAfter, RecordError> {
    let sku = || name(&record.owner, Sku::parse, "limit.sku");
    let sale = || name(&record.owner, SaleId::parse, "limit.sale");
    let customer = || name(&record.whose, Customer::parse, "limit.customer");
    let channel = || name(&record.whose, Channel::parse, "limit.channel");
    let key = match record.kind {
        SKU_CUSTOMER => LimitKey::SkuCustomer(sku()?, customer()?),
        SKU_CHANNEL => LimitKey::SkuChannel(sku()?, channel()?),
        SALE if record.whose.is_empty() => LimitKey::Sale(sale()?),
        SALE_CUSTOMER => LimitKey::SaleCustomer(sale()?, customer()?),
        SALE_CHANNEL => LimitKey::SaleChannel(sale()?, channel()?),
        _ => return Err(RecordError::Field("limit.kind")),
    };
    let LimitV2 { held, allocated, fulfilled, .. } = record;
    let units: u64 = [held, allocated, fulfilled].into_iter().map(u64::from).sum();
    if units > u64::from(UNLIMITED) {
        return Err(RecordError::Field("limit.taken"));
    }
    Ok(LimitAfter { key, taken: Taken { held, allocated, fulfilled } })
}

pub(super) fn from_sku_change(sku: &Sku, change: &SkuChange) -> SkuChangeV2 {
    let settings = match change {
        SkuChange::Deleted => None,
        SkuChange::Set(settings) => Some(SkuSettingsV2 {
            max_per_customer: settings.max_per_customer,
            max_per_order: settings.max_per_order,
            channel_quotas: from_quotas(&settings.channel_quotas),
            default_ttl_ms: settings.default_ttl.map(|ttl| ttl.0),
            sale_only: settings.sale_only,
            location_order: settings.location_order.iter().map(|location| text(location.as_str())).collect(),
        }),
    };
    SkuChangeV2 { sku: text(sku.as_str()), settings }
}

pub(super) fn to_sku_change(record: SkuChangeV2) -> Result<(Sku, SkuChange), RecordError> {
    let sku = name(&record.sku, Sku::parse, "sku")?;
    let Some(settings) = record.settings else { return Ok((sku, SkuChange::Deleted)) };
    let location = |text: &CompactString| name(text, Location::parse, "sku.location_order");
    let settings = SkuSettings {
        max_per_customer: limit(settings.max_per_customer)?,
        max_per_order: limit(settings.max_per_order)?,
        channel_quotas: to_quotas(&settings.channel_quotas)?,
        default_ttl: settings.default_ttl_ms.map(Millis),
        sale_only: settings.sale_only,
        location_order: settings.location_order.iter().map(location).collect::<Result<_, _>>()?,
    };
    Ok((sku, SkuChange::Set(settings)))
}

const PHASES: [(u8, SalePhase); 4] =
    [(1, SalePhase::Scheduled), (2, SalePhase::Open), (3, SalePhase::SoldOut), (4, SalePhase::Closed)];

pub(super) fn from_sale_change(change: &SaleChange) -> SaleChangeV2 {
    let (told, set) = match change {
        SaleChange::Told(_, phase) => (byte_of(&PHASES, phase), None),
        SaleChange::Retired(_) => (0, None),
        SaleChange::Set { settings, version, .. } => (0, Some(from_sale_settings(settings, *version))),
    };
    SaleChangeV2 { sale: text(change.sale().as_str()), told, set }
}

fn from_sale_settings(settings: &SaleSettings, version: u64) -> SaleSettingsV2 {
    SaleSettingsV2 {
        version,
        starts_ms: settings.starts.map(|at| at.0),
        ends_ms: settings.ends.map(|at| at.0),
        skus: settings.skus.iter().map(|sku| text(sku.as_str())).collect(),
        quota: settings.quota,
        max_per_customer: settings.max_per_customer,
        channel_quotas: from_quotas(&settings.channel_quotas),
        drops: settings.drops.iter().map(|drop| (drop.at.0, drop.quota)).collect(),
        close_when_sold_out: settings.close_when_sold_out,
    }
}

pub(super) fn to_sale_change(record: SaleChangeV2) -> Result<SaleChange, RecordError> {
    let id = name(&record.sale, SaleId::parse, "sale")?;
    match (record.told, record.set) {
        (0, None) => Ok(SaleChange::Retired(id)),
        (0, Some(set)) => {
            let version = set.version;
            Ok(SaleChange::Set { id, settings: Box::new(to_sale_settings(&set)?), version })
        }
        (told, None) => Ok(SaleChange::Told(id, value_of(&PHASES, told, "sale.phase")?)),
        (_, Some(_)) => Err(RecordError::Field("sale")),
    }
}

fn to_sale_settings(record: &SaleSettingsV2) -> Result<SaleSettings, RecordError> {
    let skus: Vec<Sku> = record.skus.iter().map(|sku| name(sku, Sku::parse, "sale.skus")).collect::<Result<_, _>>()?;
    if !skus.is_sorted() {
        return Err(RecordError::Field("sale.skus"));
    }
    let drop = |&(at_ms, quota): &(u64, u32)| Ok(Drop { at: Millis(at_ms), quota: units(quota)? });
    Ok(SaleSettings {
        starts: record.starts_ms.map(Millis),
        ends: record.ends_ms.map(Millis),
        skus,
        quota: limit(record.quota)?,
        max_per_customer: limit(record.max_per_customer)?,
        channel_quotas: to_quotas(&record.channel_quotas)?,
        drops: record.drops.iter().map(drop).collect::<Result<_, RecordError>>()?,
        close_when_sold_out: record.close_when_sold_out,
    })
}

fn from_quotas(quotas: &[ChannelQuota]) -> Vec<(CompactString, u32)> {
    quotas.iter().map(|quota| (text(quota.channel.as_str()), quota.quota)).collect()
}

fn to_quotas(records: &[(CompactString, u32)]) -> Result<Vec<ChannelQuota>, RecordError> {
    let quota = |(channel, quota): &(CompactString, u32)| {
        Ok(ChannelQuota { channel: name(channel, Channel::parse, "channel_quotas")?, quota: units(*quota)? })
    };
    records.iter().map(quota).collect()
}

fn limit(units_or_none: Option<u32>) -> Result<Option<u32>, RecordError> {
    units_or_none.map(units).transpose()
}

fn units(units: u32) -> Result<u32, RecordError> {
    if units <= MAX_QUANTITY { Ok(units) } else { Err(RecordError::Field("limit")) }
}
