//! Limit buckets as JSON, and where a line is counted, both under the words by which a refusal names
//! its limit.

use ledger::{Limit, LimitAfter, LimitKey, Marks};
use serde::Serialize;

/// A limit bucket after an event.
#[derive(Debug, Serialize)]
pub struct Bucket<'e> {
    limit: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sku: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sale: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<&'e str>,
    held: u32,
    allocated: u32,
    fulfilled: u32,
}

/// The bucket, its name taken apart.
pub fn bucket(LimitAfter { key, taken }: &LimitAfter) -> Bucket<'_> {
    let (limit, sku, sale, customer, channel) = match key {
        LimitKey::SkuCustomer(sku, customer) => (Limit::MaxPerCustomer, Some(sku), None, Some(customer), None),
        LimitKey::SkuChannel(sku, channel) => (Limit::ChannelQuota, Some(sku), None, None, Some(channel)),
        LimitKey::Sale(sale) => (Limit::SaleQuota, None, Some(sale), None, None),
        LimitKey::SaleCustomer(sale, customer) => (Limit::SaleMaxPerCustomer, None, Some(sale), Some(customer), None),
        LimitKey::SaleChannel(sale, channel) => (Limit::SaleChannelQuota, None, Some(sale), None, Some(channel)),
    };
    Bucket {
        limit: limit.as_str(),
        sku: sku.map(ledger::Sku::as_str),
        sale: sale.map(ledger::SaleId::as_str),
        customer: customer.map(ledger::Customer::as_str),
        channel: channel.map(ledger::Channel::as_str),
        held: taken.held,
        allocated: taken.allocated,
        fulfilled: taken.fulfilled,
    }
}

const COUNTED: [(Marks, Limit); 5] = [
    (Marks::SKU_CUSTOMER, Limit::MaxPerCustomer),
    (Marks::SKU_CHANNEL, Limit::ChannelQuota),
    (Marks::SALE, Limit::SaleQuota),
    (Marks::SALE_CUSTOMER, Limit::SaleMaxPerCustomer),
    (Marks::SALE_CHANNEL, Limit::SaleChannelQuota),
];

/// The limits in whose buckets a line with these marks is counted.
pub fn counted_in(marks: Marks) -> Vec<&'static str> {
    COUNTED.iter().filter(|(mark, _)| marks.has(*mark)).map(|(_, limit)| limit.as_str()).collect()
}
