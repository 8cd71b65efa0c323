//! The settings of SKUs and sales as JSON, the same in an answer and in `tidegate log`.
//! Only what is set is shown. It knows nothing of how settings are read or used.

use std::ops::Not;

use ledger::{ChannelQuota, SaleSettings, SkuSettings};
use serde::{Serialize, Serializer};

/// A SKU's settings.
#[derive(Debug, Serialize)]
pub struct SkuSettingsJson<'s> {
    #[serde(skip_serializing_if = "Option::is_none")]
    max_per_customer: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_per_order: Option<u32>,
    #[serde(skip_serializing_if = "<[_]>::is_empty", serialize_with = "quotas")]
    channel_quotas: &'s [ChannelQuota],
    #[serde(skip_serializing_if = "Option::is_none")]
    default_ttl_ms: Option<u64>,
    #[serde(skip_serializing_if = "Not::not")]
    sale_only: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    location_order: Vec<&'s str>,
}

impl<'s> From<&'s SkuSettings> for SkuSettingsJson<'s> {
    fn from(settings: &'s SkuSettings) -> Self {
        Self {
            max_per_customer: settings.max_per_customer,
            max_per_order: settings.max_per_order,
            channel_quotas: &settings.channel_quotas,
            default_ttl_ms: settings.default_ttl.map(|ttl| ttl.0),
            sale_only: settings.sale_only,
            location_order: settings.location_order.iter().map(ledger::Location::as_str).collect(),
        }
    }
}

/// A sale's settings.
#[derive(Debug, Serialize)]
pub struct SaleSettingsJson<'s> {
    #[serde(skip_serializing_if = "Option::is_none")]
    starts_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ends_ms: Option<u64>,
    skus: Vec<&'s str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quota: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_per_customer: Option<u32>,
    #[serde(skip_serializing_if = "<[_]>::is_empty", serialize_with = "quotas")]
    channel_quotas: &'s [ChannelQuota],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    drops: Vec<DropJson>,
    #[serde(skip_serializing_if = "Not::not")]
    close_when_sold_out: bool,
}

#[derive(Debug, Serialize)]
struct DropJson {
    at_ms: u64,
    quota: u32,
}

impl<'s> From<&'s SaleSettings> for SaleSettingsJson<'s> {
    fn from(settings: &'s SaleSettings) -> Self {
        Self {
            starts_ms: settings.starts.map(|at| at.0),
            ends_ms: settings.ends.map(|at| at.0),
            skus: settings.skus.iter().map(ledger::Sku::as_str).collect(),
            quota: settings.quota,
            max_per_customer: settings.max_per_customer,
            channel_quotas: &settings.channel_quotas,
            drops: settings.drops.iter().map(|drop| DropJson { at_ms: drop.at.0, quota: drop.quota }).collect(),
            close_when_sold_out: settings.close_when_sold_out,
        }
    }
}

fn quotas<S: Serializer>(quotas: &[ChannelQuota], into: S) -> Result<S::Ok, S::Error> {
    into.collect_map(quotas.iter().map(|share| (share.channel.as_str(), share.quota)))
}
