//! Forgets what is older than the horizon, a bounded piece at a time: records, from the oldest on,
//! each with the balance before its own, so that what is left of the history always has something to
//! begin with; ended reservations and known adjustments, unless they are still in the window.

use crate::keys::{Key, Parts};
use crate::meta::{self, Oldest};
use crate::reads::history::each_location;
use crate::rows;
use crate::store::Writing;
use crate::view::{Scan, View, Wanted};
use crate::{Store, StoreError};
use engine::Lsn;
use ledger::{Event, EventKind, Millis, ReservationId};
use rocksdb::WriteBatch;

/// Rows that one call forgets at most, of each kind.
const MOST: usize = 4_096;

/// One piece of forgetting.
struct Piece<'v> {
    view: &'v View<'v>,
    batch: WriteBatch,
    /// Whether there is more.
    more: bool,
}

impl Store {
    pub(crate) fn forget_some(&self, horizon: Millis) -> Result<bool, StoreError> {
        let mut writing = self.writing();
        let view = self.view();
        let mut piece = Piece { view: &view, batch: WriteBatch::default(), more: false };
        let oldest = piece.forget_records(horizon)?;
        let window = self.idempotency_window.0;
        let known = horizon.min(Millis(writing.marks.time.0.saturating_sub(window)));
        let ended = piece.forget_ended(writing.forgotten, known)?;
        let adjusted = piece.forget_adjusted(writing.forgotten, known)?;
        let Piece { mut batch, more, .. } = piece;
        meta::put_oldest(&mut batch, view.columns.meta, self.keys, oldest);
        self.db.write_opt(batch, &meta::unlogged()).map_err(StoreError::rocks("forget history"))?;
        self.note_oldest(oldest.record);
        let Writing { forgotten, .. } = &mut *writing;
        *forgotten = (*forgotten).max(ended.min(adjusted));
        Ok(more)
    }
}

impl<'v> Piece<'v> {
    fn forget_records(&mut self, horizon: Millis) -> Result<Oldest, StoreError> {
        let (view, events) = (self.view, self.view.columns.events);
        let mut oldest = view.oldest()?;
        let all = view.keys.all();
        let mut bases = Bases { scan: view.scan(view.columns.history, &all, Wanted::Few) };
        let mut scan = view.scan_from(events, &all, &view.keys.event(oldest.record), Wanted::Few);
        let mut forgotten = 0;
        while let Some((key, record)) = scan.row()? {
            let event = rows::plain(record)?;
            if event.at >= horizon {
                break;
            }
            if forgotten == MOST {
                self.more = true;
                break;
            }
            let lsn = Lsn(Parts::behind(key, &all).number()?);
            self.forget_before(&mut bases, lsn, &event)?;
            self.batch.delete_cf(events, key);
            oldest = Oldest { record: lsn.next(), history: oldest.history.max(event.at) };
            forgotten += 1;
            scan.advance();
        }
        Ok(oldest)
    }

    /// Forgets the balances before those that an event left.
    fn forget_before(&mut self, bases: &mut Bases<'v>, lsn: Lsn, event: &Event) -> Result<(), StoreError> {
        let (keys, history) = (self.view.keys, self.view.columns.history);
        for after in &event.stock {
            let place = keys.history_at(&after.sku, &after.row.location);
            if let Some(before) = bases.before(&place, &place.clone().moment(event.at, lsn))? {
                self.batch.delete_cf(history, before);
            }
        }
        let Some((sku, _)) = event.sku.as_deref().filter(|_| event.kind == EventKind::SkuDeleted) else {
            return Ok(());
        };
        // Nothing is left of it at the end: the end need not be told either.
        let batch = &mut self.batch;
        each_location(self.view, sku, |location, scan| {
            let place = keys.history_at(sku, location);
            let end = place.clone().moment(event.at, lsn);
            scan.seek(&end);
            if scan.row()?.is_some_and(|(key, _)| key == end.as_ref()) {
                bases.before(&place, &end)?.into_iter().for_each(|before| batch.delete_cf(history, before));
                batch.delete_cf(history, end);
            }
            Ok(())
        })
    }

    fn forget_ended(&mut self, from: Millis, until: Millis) -> Result<Millis, StoreError> {
        let (view, columns) = (self.view, self.view.columns);
        let all = view.keys.all();
        let mut scan = view.scan_from(columns.ended, &all, &view.keys.ended_from(from), Wanted::Few);
        for _ in 0..MOST {
            let Some((key, row)) = scan.row()? else { return Ok(until) };
            let mut parts = Parts::behind(key, &all);
            if Millis(parts.number()?) >= until {
                return Ok(until);
            }
            let id = parts.name(ReservationId::parse)?;
            let (made, row) = rows::made(row)?;
            let reservation = rows::reservation(rows::plain(row)?)?;
            self.batch.delete_cf(columns.ended, key);
            self.batch.delete_cf(columns.index, view.keys.index_ended(&id));
            view.keys.listings(&reservation, made).iter().for_each(|key| self.batch.delete_cf(columns.index, key));
            scan.advance();
        }
        self.reached(&scan, &all)
    }

    fn forget_adjusted(&mut self, from: Millis, until: Millis) -> Result<Millis, StoreError> {
        let (view, columns) = (self.view, self.view.columns);
        let all = view.keys.all();
        let mut scan = view.scan_from(columns.keys, &all, &view.keys.adjusted_from(from), Wanted::Few);
        for _ in 0..MOST {
            let Some((key, _)) = scan.row()? else { return Ok(until) };
            let mut parts = Parts::behind(key, &all);
            if Millis(parts.number()?) >= until {
                return Ok(until);
            }
            self.batch.delete_cf(columns.index, view.keys.index_adjusted(&parts.adjustment()));
            self.batch.delete_cf(columns.keys, key);
            scan.advance();
        }
        self.reached(&scan, &all)
    }

    /// The time at which there is more.
    fn reached(&mut self, scan: &Scan<'_>, all: &Key) -> Result<Millis, StoreError> {
        let Some((key, _)) = scan.row()? else { return Ok(Millis(u64::MAX)) };
        self.more = true;
        Ok(Millis(Parts::behind(key, all).number()?))
    }
}

/// Finds the balance before another.
struct Bases<'v> {
    scan: Scan<'v>,
}

impl Bases<'_> {
    fn before(&mut self, place: &Key, moment: &Key) -> Result<Option<Key>, StoreError> {
        self.scan.seek_back(moment);
        if self.scan.row()?.is_some_and(|(key, _)| key == moment.as_ref()) {
            self.scan.retreat();
        }
        let before = self.scan.row()?.map(|(key, _)| key).filter(|key| key.starts_with(place.as_ref()));
        Ok(before.map(Key::from))
    }
}
