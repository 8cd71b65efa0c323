//! Reservations of a batch: the last value of each, and where the stored one stands. A live one moves
//! among the ended ones, and back when its units or its name are taken again.

use super::sheet::Out;
use crate::StoreError;
use crate::reads::reservations;
use crate::rows;
use crate::view::View;
use engine::{Lsn, Recorded};
use ledger::{Event, EventKind, Millis, Reservation, ReservationId};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

struct Pending<'r> {
    stored: Stored,
    now: &'r Reservation,
    by: &'r Event,
    /// The record that made it: if that is none of this batch's, the stored one is the same.
    made: Lsn,
}

/// Where the store has one of this name.
#[derive(Clone, Copy)]
enum Stored {
    Nowhere,
    /// Among the live ones, with this hash.
    Live {
        made: Lsn,
        hash: u64,
    },
    /// Among those that ended at this time.
    Ended {
        made: Lsn,
        at: Millis,
    },
}

impl Stored {
    fn made(self) -> Option<Lsn> {
        match self {
            Self::Nowhere => None,
            Self::Live { made, .. } | Self::Ended { made, .. } => Some(made),
        }
    }
}

#[derive(Default)]
pub(super) struct Reservations<'r> {
    rows: HashMap<&'r ReservationId, Pending<'r>>,
}

impl<'r> Reservations<'r> {
    pub(super) fn put(
        &mut self,
        view: &View<'_>,
        recorded: &'r Recorded,
        now: &'r Reservation,
    ) -> Result<(), StoreError> {
        let by = &recorded.event;
        let made = (by.kind == EventKind::Held).then_some(recorded.lsn);
        match self.rows.entry(&now.id) {
            Entry::Occupied(mut row) => {
                let row = row.get_mut();
                row.now = now;
                row.by = by;
                row.made = made.unwrap_or(row.made);
            }
            Entry::Vacant(row) => {
                let stored = stored(view, &now.id)?;
                let made = made.or(stored.made()).unwrap_or(recorded.lsn);
                row.insert(Pending { stored, now, by, made });
            }
        }
        Ok(())
    }

    pub(super) fn finish(self, view: &View<'_>, out: &mut Out) -> Result<(), StoreError> {
        for row in self.rows.into_values() {
            list(view, &row, out)?;
            take_away(view, &row, out);
            put_down(view, &row, out);
        }
        Ok(())
    }
}

fn stored(view: &View<'_>, id: &ReservationId) -> Result<Stored, StoreError> {
    if let Some(row) = view.get(view.columns.live, &view.keys.live(id))? {
        let (made, row) = rows::made(&row)?;
        return Ok(Stored::Live { made, hash: rows::hash(row)? });
    }
    match reservations::ended(view, id)? {
        Some((at, row)) => Ok(Stored::Ended { made: rows::made(&row)?.0, at }),
        None => Ok(Stored::Nowhere),
    }
}

/// Lists one that is new, and takes another of the same name off the lists.
fn list(view: &View<'_>, row: &Pending<'_>, out: &mut Out) -> Result<(), StoreError> {
    if row.stored.made() == Some(row.made) {
        return Ok(());
    }
    let (index, id) = (view.columns.index, &row.now.id);
    if let (Some(made), Some(other)) = (row.stored.made(), reservations::found(view, id, None)?) {
        view.keys.listings(&other, made).iter().for_each(|key| out.batch.delete_cf(index, key));
    }
    view.keys.listings(row.now, row.made).iter().for_each(|key| out.batch.put_cf(index, key, id.as_str()));
    Ok(())
}

fn take_away(view: &View<'_>, row: &Pending<'_>, out: &mut Out) {
    let (columns, id) = (view.columns, &row.now.id);
    match row.stored {
        Stored::Live { hash, .. } => {
            out.count(Some(hash), 0);
            if !row.now.state.is_live() {
                out.batch.delete_cf(columns.live, view.keys.live(id));
            }
        }
        Stored::Ended { at, .. } => {
            out.batch.delete_cf(columns.ended, view.keys.ended(at, id));
            out.batch.delete_cf(columns.index, view.keys.index_ended(id));
        }
        Stored::Nowhere => {}
    }
}

fn put_down(view: &View<'_>, row: &Pending<'_>, out: &mut Out) {
    let (columns, now) = (view.columns, row.now);
    let event = rows::of_reservation(row.by.kind, row.by.at, now);
    if now.state.is_live() {
        let hash = out.digester.reservation(now);
        out.count(None, hash);
        out.batch.put_cf(columns.live, view.keys.live(&now.id), out.writer.live(row.made, hash, &event));
    } else {
        out.batch.put_cf(columns.ended, view.keys.ended(now.changed, &now.id), out.writer.ended(row.made, &event));
        out.batch.put_cf(columns.index, view.keys.index_ended(&now.id), now.changed.0.to_be_bytes());
    }
}
