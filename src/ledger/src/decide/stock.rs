//! Writes to a location's own figures: absolute, or by a difference.

use super::Decision;
use crate::{
    Adjust, Adjustment, Applied, Books, Event, EventKind, MAX_LOCATIONS, MAX_QUANTITY, Millis, OnHand, Outcome,
    Refusal, SetStock, StockAfter, StockRecord, StockRow,
};
use smallvec::smallvec;

/// How far ahead of us a source's clock may be.
const SOURCE_AHEAD: Millis = Millis(24 * 60 * 60 * 1000);

pub(super) fn set(books: &impl Books, command: &SetStock, now: Millis) -> Result<Decision, Refusal> {
    if command.source_ts.is_some_and(|source_ts| source_ts > now.plus(SOURCE_AHEAD)) {
        let detail = "is more than a day ahead of this server's clock: send milliseconds since the Unix epoch";
        return Err(Refusal::invalid("/source_ts_ms", detail));
    }
    let stock = books.stock(&command.sku);
    let known = stock.and_then(|stock| stock.at(&command.location));
    if known.is_none() && stock.is_some_and(|stock| stock.locations.len() >= MAX_LOCATIONS) {
        return Err(Refusal::invalid("/location", "the SKU has 256 locations already, the most there may be"));
    }
    let before = known.cloned().unwrap_or_else(|| StockRow::empty(command.location.clone()));
    if command.source_ts.is_some_and(|source_ts| before.source_ts.is_some_and(|last| source_ts < last)) {
        let record = StockRecord { sku: command.sku.clone(), row: before };
        return Ok(Decision::unchanged(record, Applied::StaleSource));
    }
    if command.if_version.is_some_and(|expected| expected != before.version) {
        return Err(Refusal::StaleVersion { version: before.version });
    }
    let was_available = before.available();
    let row = StockRow {
        on_hand: on_hand_after(command.on_hand, &before)?,
        safety_stock: command.safety_stock.unwrap_or(before.safety_stock),
        unavailable: command.unavailable.unwrap_or(before.unavailable),
        backorder_limit: command.backorder_limit.unwrap_or(before.backorder_limit),
        version: before.version + 1,
        source_ts: command.source_ts.or(before.source_ts),
        ..before
    };
    let after = StockAfter { sku: command.sku.clone(), row };
    Ok(written(EventKind::StockSet, after, None, was_available, now))
}

fn on_hand_after(asked: OnHand, before: &StockRow) -> Result<u32, Refusal> {
    match asked {
        OnHand::Exactly(units) => Ok(units),
        OnHand::BeyondPromised(units) => {
            let on_hand = u64::from(units) + u64::from(before.held) + u64::from(before.allocated);
            in_range(on_hand as i64, "/available")
        }
    }
}

fn in_range(units: i64, pointer: &'static str) -> Result<u32, Refusal> {
    if units < 0 {
        return Err(Refusal::OnHandNegative);
    }
    match u32::try_from(units) {
        Ok(units) if units <= MAX_QUANTITY => Ok(units),
        _ => Err(Refusal::invalid(pointer, "would take on_hand over 1000000000")),
    }
}

pub(super) fn adjust(books: &impl Books, command: &Adjust, now: Millis) -> Result<Decision, Refusal> {
    let stock = books.stock(&command.sku);
    let Some(before) = stock.and_then(|stock| stock.at(&command.location)) else {
        let location = stock.map(|_| command.location.clone());
        return Err(Refusal::UnknownSku { sku: command.sku.clone(), location });
    };
    let made = command.key.as_ref().and_then(|key| books.adjustment(&command.sku, &command.location, key));
    if let Some(made) = made {
        if let Some(field) = first_difference(made, command) {
            return Err(Refusal::IdempotencyMismatch { field });
        }
        let record = StockRecord { sku: command.sku.clone(), row: before.clone() };
        return Ok(Decision::unchanged(record, Applied::Before));
    }
    let on_hand = in_range(i64::from(before.on_hand).saturating_add(command.delta), "/delta")?;
    let row = StockRow { on_hand, version: before.version + 1, ..before.clone() };
    let adjustment = Adjustment {
        key: command.key.clone(),
        sku: command.sku.clone(),
        location: command.location.clone(),
        delta: command.delta,
        reason: command.reason.clone(),
        reference: command.reference.clone(),
    };
    let after = StockAfter { sku: command.sku.clone(), row };
    Ok(written(EventKind::StockAdjusted, after, Some(adjustment), before.available(), now))
}

fn first_difference(made: &Adjustment, command: &Adjust) -> Option<&'static str> {
    if made.delta != command.delta {
        Some("delta")
    } else if made.reason != command.reason {
        Some("reason")
    } else if made.reference != command.reference {
        Some("reference")
    } else {
        None
    }
}

fn written(
    kind: EventKind,
    after: StockAfter,
    adjustment: Option<Adjustment>,
    was_available: i64,
    now: Millis,
) -> Decision {
    let record = StockRecord { sku: after.sku.clone(), row: after.row.clone() };
    let available = after.row.available();
    let mut decision = Decision::new(Outcome::Stock { record: Box::new(record), applied: Applied::Now });
    let mut event = Event::new(kind, now);
    event.adjustment = adjustment.map(Box::new);
    event.stock = smallvec![after];
    let shortfall = (available < 0 && available < was_available).then(|| Event {
        kind: EventKind::StockShortfall,
        adjustment: None,
        ..event.clone()
    });
    decision.events.push(event);
    decision.events.extend(shortfall);
    decision
}
