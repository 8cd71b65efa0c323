//! A record of the log as JSON: everything that its event says, under the names of the contract.
//! Fields that do not apply are left out. It reads nothing and knows no bytes.

use ledger::{Event, Reservation, SaleChange, SkuChange, StockAfter};
use serde::Serialize;
use wal::Lsn;

use super::limit::{Bucket, bucket, counted_in};
use crate::settings::{SaleSettingsJson, SkuSettingsJson};

/// A line of `tidegate log`.
#[derive(Debug, Serialize)]
pub struct Record<'e> {
    lsn: u64,
    at_ms: u64,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    reservation: Option<ReservationAfter<'e>>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    adjustment: Option<Adjustment<'e>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sku_change: Option<SkuAfter<'e>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sale_change: Option<SaleAfter<'e>>,
    stock: Vec<Figures<'e>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    limits: Vec<Bucket<'e>>,
}

#[derive(Debug, Serialize)]
struct ReservationAfter<'e> {
    reservation: &'e str,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sale: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<&'e str>,
    created_ms: u64,
    expires_ms: u64,
    changed_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_started_ms: Option<u64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    reacquired: bool,
    version: u32,
    lines: Vec<Line<'e>>,
}

#[derive(Debug, Serialize)]
struct Line<'e> {
    #[serde(rename = "line")]
    number: u16,
    sku: &'e str,
    location: &'e str,
    quantity: u32,
    fulfilled: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    requested: Option<u32>,
    /// The limits whose buckets hold its units.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    counted_in: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
struct Adjustment<'e> {
    delta: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'e str>,
}

/// A SKU without settings is gone.
#[derive(Debug, Serialize)]
struct SkuAfter<'e> {
    sku: &'e str,
    #[serde(skip_serializing_if = "Option::is_none")]
    settings: Option<SkuSettingsJson<'e>>,
}

#[derive(Debug, Serialize)]
struct SaleAfter<'e> {
    sale: &'e str,
    /// The phase that was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    settings: Option<SaleSettingsJson<'e>>,
}

#[derive(Debug, Serialize)]
struct Figures<'e> {
    sku: &'e str,
    location: &'e str,
    on_hand: u32,
    held: u32,
    allocated: u32,
    safety_stock: u32,
    unavailable: u32,
    backorder_limit: u32,
    available: i64,
    version: u64,
}

impl<'e> Record<'e> {
    /// What an event says.
    pub fn new(lsn: Lsn, event: &'e Event) -> Self {
        Self {
            lsn: lsn.0,
            at_ms: event.at.0,
            kind: event.kind.as_str(),
            reservation: event.reservation.as_deref().map(reservation),
            adjustment: event.adjustment.as_ref().map(|made| Adjustment {
                delta: made.delta,
                reason: made.reason.as_ref().map(ledger::Text::as_str),
                reference: made.reference.as_ref().map(ledger::Text::as_str),
            }),
            sku_change: event.sku.as_ref().map(|changed| sku_after(changed)),
            sale_change: event.sale.as_deref().map(sale_after),
            stock: event.stock.iter().map(figures).collect(),
            limits: event.limits.iter().map(bucket).collect(),
        }
    }
}

fn reservation(after: &Reservation) -> ReservationAfter<'_> {
    ReservationAfter {
        reservation: after.id.as_str(),
        state: after.state.as_str(),
        customer: after.customer.as_ref().map(ledger::Customer::as_str),
        channel: after.channel.as_ref().map(ledger::Channel::as_str),
        sale: after.sale.as_ref().map(ledger::SaleId::as_str),
        order: after.order.as_ref().map(ledger::Order::as_str),
        created_ms: after.created.0,
        expires_ms: after.expires.0,
        changed_ms: after.changed.0,
        payment_started_ms: after.payment_started.map(|at| at.0),
        reacquired: after.reacquired,
        version: after.version,
        lines: after.lines.iter().map(line).collect(),
    }
}

fn line(line: &ledger::Line) -> Line<'_> {
    Line {
        number: line.line,
        sku: line.sku.as_str(),
        location: line.location.as_str(),
        quantity: line.quantity,
        fulfilled: line.fulfilled,
        requested: (line.requested > 0).then_some(line.requested),
        counted_in: counted_in(line.marks),
    }
}

fn sku_after((sku, change): &(ledger::Sku, SkuChange)) -> SkuAfter<'_> {
    let settings = match change {
        SkuChange::Set(settings) => Some(settings.into()),
        SkuChange::Deleted => None,
    };
    SkuAfter { sku: sku.as_str(), settings }
}

fn sale_after(change: &SaleChange) -> SaleAfter<'_> {
    let after = SaleAfter { sale: change.sale().as_str(), state: None, version: None, settings: None };
    match change {
        SaleChange::Told(_, phase) => SaleAfter { state: Some(phase.as_str()), ..after },
        SaleChange::Set { settings, version, .. } => {
            SaleAfter { version: Some(*version), settings: Some(settings.as_ref().into()), ..after }
        }
        SaleChange::Retired(_) => after,
    }
}

fn figures(StockAfter { sku, row }: &StockAfter) -> Figures<'_> {
    Figures {
        sku: sku.as_str(),
        location: row.location.as_str(),
        on_hand: row.on_hand,
        held: row.held,
        allocated: row.allocated,
        safety_stock: row.safety_stock,
        unavailable: row.unavailable,
        backorder_limit: row.backorder_limit,
        available: row.available(),
        version: row.version,
    }
}

#[cfg(test)]
mod tests;
