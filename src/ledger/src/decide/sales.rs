//! Sales: their settings, and the phases that time and taking bring about.

use super::Decision;
use super::worksheet::Worksheet;
use crate::{
    Books, Event, EventKind, LimitKey, Millis, Outcome, Refusal, Sale, SaleChange, SaleId, SalePhase, SaleSettings,
    Taken,
};

use super::Policy;

pub(super) fn set(books: &impl Books, id: &SaleId, settings: &SaleSettings, now: Millis) -> Result<Decision, Refusal> {
    if let Some(sku) = settings.skus.iter().find(|sku| books.stock(sku).is_none()) {
        return Err(Refusal::UnknownSku { sku: sku.clone(), location: None });
    }
    let before = books.sale(id);
    let mut sale = Sale {
        id: id.clone(),
        settings: settings.clone(),
        told: before.map_or(SalePhase::Scheduled, |sale| sale.told),
        version: before.map_or(1, |sale| sale.version + 1),
        retired: false,
        taken: before.map(|sale| sale.taken).unwrap_or_default(),
        channels: before.map(|sale| sale.channels.clone()).unwrap_or_default(),
    };
    sale.forget_channels();
    let mut event = Event::new(EventKind::SaleSet, now);
    let (settings, version) = (Box::new(settings.clone()), sale.version);
    event.sale = Some(Box::new(SaleChange::Set { id: id.clone(), settings, version }));
    let told = told(&sale, sale.taken, now);
    sale.told = sale.phase(sale.taken, now);
    let mut decision = Decision::new(Outcome::Sale(Box::new(sale)));
    decision.events.push(event);
    decision.events.extend(told);
    Ok(decision)
}

/// What time alone has brought about.
pub(super) fn turn(books: &impl Books, policy: &Policy, id: &SaleId, now: Millis) -> Result<Decision, Refusal> {
    let mut sale = books.sale(id).ok_or(Refusal::UnknownSale)?.clone();
    let mut event = told(&sale, sale.taken, now);
    sale.told = sale.phase(sale.taken, now);
    let over = sale.settings.ends.is_some_and(|ends| now >= ends.plus(policy.keep_history));
    if event.is_none() && over && !sale.retired {
        sale.retired = true;
        let mut retired = Event::new(EventKind::SaleRetired, now);
        retired.sale = Some(Box::new(SaleChange::Retired(id.clone())));
        event = Some(retired);
    }
    let mut decision = Decision::new(Outcome::Sale(Box::new(sale)));
    decision.events.extend(event);
    Ok(decision)
}

/// What a decision leaves taken of a sale.
pub(super) fn taken_after<B: Books>(sheet: &Worksheet<'_, B>, sale: &Sale) -> Taken {
    sheet.taken(&LimitKey::Sale(sale.id.clone()))
}

/// Tells the phase of a sale that has `taken` units gone, if it is not the one that was told.
pub(super) fn told(sale: &Sale, taken: Taken, now: Millis) -> Option<Event> {
    turned(sale, sale.told, taken, now)
}

/// As [`told`], where another phase will have been told by then.
pub(super) fn turned(sale: &Sale, before: SalePhase, taken: Taken, now: Millis) -> Option<Event> {
    let phase = sale.phase(taken, now);
    if phase == before {
        return None;
    }
    let kind = match phase {
        SalePhase::Scheduled => EventKind::SaleScheduled,
        SalePhase::Open => EventKind::SaleOpened,
        SalePhase::SoldOut => EventKind::SaleSoldOut,
        SalePhase::Closed => EventKind::SaleClosed,
    };
    let mut event = Event::new(kind, now);
    event.sale = Some(Box::new(SaleChange::Told(sale.id.clone(), phase)));
    Some(event)
}
