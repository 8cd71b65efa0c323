//! A SKU's settings, and its end.

use super::Decision;
use crate::{Books, Event, EventKind, Millis, Outcome, Refusal, Sku, SkuChange, SkuSettings, SkuStock};

pub(super) fn set(books: &impl Books, sku: &Sku, settings: &SkuSettings, now: Millis) -> Decision {
    let mut stock = books.stock(sku).cloned().unwrap_or_else(|| SkuStock::empty(sku.clone()));
    stock.put_settings(settings);
    let mut event = Event::new(EventKind::SkuSet, now);
    event.sku = Some(Box::new((sku.clone(), SkuChange::Set(settings.clone()))));
    let mut decision = Decision::new(Outcome::Sku(Box::new(stock)));
    decision.events.push(event);
    decision
}

pub(super) fn delete(books: &impl Books, sku: &Sku, now: Millis) -> Result<Decision, Refusal> {
    let stock = books.stock(sku).ok_or_else(|| Refusal::UnknownSku { sku: sku.clone(), location: None })?;
    if stock.locations.iter().any(|row| row.held > 0 || row.allocated > 0) {
        return Err(Refusal::SkuInUse);
    }
    let mut event = Event::new(EventKind::SkuDeleted, now);
    event.sku = Some(Box::new((sku.clone(), SkuChange::Deleted)));
    let mut decision = Decision::new(Outcome::SkuDeleted);
    decision.events.push(event);
    Ok(decision)
}
