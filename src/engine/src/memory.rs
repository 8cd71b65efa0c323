//! A projection in memory, for tests and the simulator: what was not flushed is gone when the process
//! ends. It keeps ledgers and no history.

use crate::{Loaded, Lsn, Projection, ProjectionError, Recorded};
use ledger::{Event, EventKind, Ledger, LimitAfter, Millis, SaleChange, SkuChange, StockAfter};
use parking_lot::Mutex;
use std::sync::Arc;

/// The projection; clones of an [`std::sync::Arc`] of it outlive the engine, as files do.
#[derive(Debug, Default)]
pub struct MemoryProjection {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// As a crash would leave it.
    flushed: Ledger,
    flushed_mark: (Lsn, Millis),
    /// Applied since, a batch each, with the mark that it leads to.
    pending: Vec<(Vec<Event>, (Lsn, Millis))>,
    applied_mark: (Lsn, Millis),
    failing: Option<String>,
}

impl MemoryProjection {
    /// The process ends: what was not flushed is lost.
    pub fn crash(&self) {
        self.crash_with(0);
    }

    /// The process ends. A database also flushes by itself, whole batches in their order: so many of those that
    /// nobody had it flush are kept, if there are so many.
    pub fn crash_with(&self, batches: usize) {
        let mut state = self.state.lock();
        state.keep(batches);
        state.pending.clear();
        state.applied_mark = state.flushed_mark;
        state.failing = None;
    }

    /// From now on it does nothing but give this reason; `None` ends that.
    pub fn fail(&self, reason: Option<&str>) {
        self.state.lock().failing = reason.map(str::to_owned);
    }
}

impl State {
    fn keep(&mut self, batches: usize) {
        let kept = batches.min(self.pending.len());
        for (events, mark) in self.pending.drain(..kept) {
            for event in &events {
                self.flushed.apply(event);
            }
            self.flushed_mark = mark;
        }
    }

    fn check(&self, attempted: &'static str) -> Result<(), ProjectionError> {
        match &self.failing {
            Some(reason) => Err(ProjectionError { attempted, reason: reason.clone(), is_damage: false }),
            None => Ok(()),
        }
    }
}

impl Projection for MemoryProjection {
    fn apply(&self, records: &[Recorded]) -> Result<(), ProjectionError> {
        let mut state = self.state.lock();
        state.check("apply")?;
        for record in records {
            let (lsn, time) = state.applied_mark;
            assert_eq!(record.lsn, lsn.next(), "records follow each other without a gap");
            state.applied_mark = (record.lsn, time.max(record.event.at));
        }
        let batch = (records.iter().map(|record| record.event.clone()).collect(), state.applied_mark);
        state.pending.push(batch);
        Ok(())
    }

    fn flush(&self) -> Result<Lsn, ProjectionError> {
        let mut state = self.state.lock();
        state.check("flush")?;
        state.keep(usize::MAX);
        Ok(state.flushed_mark.0)
    }

    fn applied(&self) -> Lsn {
        self.state.lock().applied_mark.0
    }

    fn flushed(&self) -> Lsn {
        self.state.lock().flushed_mark.0
    }

    fn load(&self, window: Millis, take: &mut dyn FnMut(Event)) -> Result<Loaded, ProjectionError> {
        let state = self.state.lock();
        state.check("load")?;
        assert!(state.pending.is_empty(), "loaded before anything is applied");
        let (lsn, time) = state.flushed_mark;
        let horizon = Millis(time.0.saturating_sub(window.0));
        rows(&state.flushed, horizon, take);
        Ok(Loaded { lsn, time, digest: state.flushed.digest() })
    }

    fn forget(&self, horizon: Millis) -> Result<bool, ProjectionError> {
        let mut state = self.state.lock();
        state.check("forget")?;
        while state.flushed.forget_ended(horizon, usize::MAX, horizon).is_some() {}
        Ok(false)
    }
}

/// A ledger's rows as events that put them, settings before what is counted under them.
fn rows(ledger: &Ledger, horizon: Millis, take: &mut dyn FnMut(Event)) {
    let blank = |kind| Event::new(kind, Millis::default());
    for stock in ledger.skus() {
        let settings = stock.settings().cloned().unwrap_or_default();
        let change = Some(Box::new((stock.sku.clone(), SkuChange::Set(settings))));
        take(Event { sku: change, ..blank(EventKind::SkuSet) });
        for row in &stock.locations {
            let after = StockAfter { sku: stock.sku.clone(), row: row.clone() };
            take(Event { stock: [after].into_iter().collect(), ..blank(EventKind::StockSet) });
        }
    }
    for sale in ledger.sales() {
        let (id, settings) = (sale.id.clone(), Box::new(sale.settings.clone()));
        let set = SaleChange::Set { id, settings, version: sale.version };
        let told = SaleChange::Told(sale.id.clone(), sale.told);
        let retired = sale.retired.then(|| SaleChange::Retired(sale.id.clone()));
        for change in [set, told].into_iter().chain(retired) {
            take(Event { sale: Some(Box::new(change)), ..blank(EventKind::SaleSet) });
        }
    }
    for LimitAfter { key, taken } in ledger.limits() {
        take(Event { limits: vec![LimitAfter { key, taken }], ..blank(EventKind::SaleSet) });
    }
    for (made, at) in ledger.adjusted().filter(|(_, at)| *at >= horizon) {
        take(Event { adjustment: Some(Box::new(made.clone())), ..Event::new(EventKind::StockAdjusted, at) });
    }
    let mut reservations: Vec<_> = ledger.reservations().collect();
    reservations.sort_unstable_by(|one, other| (one.changed, &one.id).cmp(&(other.changed, &other.id)));
    for reservation in reservations.into_iter().filter(|row| row.state.is_live() || row.changed >= horizon) {
        take(Event { reservation: Some(Arc::new(reservation)), ..blank(EventKind::Held) });
    }
}
