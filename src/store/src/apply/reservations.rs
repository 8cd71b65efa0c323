//! Reservations of a batch: the last value of each, and where the stored one stands. A live one moves
//! among the ended ones, and back when its units or its name are taken again.

use super::sheet::Out;
use crate::StoreError;
use crate::rows;
use crate::view::View;
use ledger::{Event, EventKind, Millis, Reservation, ReservationId};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

struct Pending<'r> {
    stored: Stored,
    now: &'r Reservation,
    by: &'r Event,
    /// Whether it was made in this batch: then a stored one was another of the same name.
    made: bool,
}

/// Where the store has one of this name.
#[derive(Clone, Copy)]
enum Stored {
    Nowhere,
    /// Among the live ones, with this hash.
    Live(u64),
    /// Among those that ended at this time.
    Ended(Millis),
}

#[derive(Default)]
pub(super) struct Reservations<'r> {
    rows: HashMap<&'r ReservationId, Pending<'r>>,
}

impl<'r> Reservations<'r> {
    pub(super) fn put(&mut self, view: &View<'_>, by: &'r Event, now: &'r Reservation) -> Result<(), StoreError> {
        let made = by.kind == EventKind::Held;
        match self.rows.entry(&now.id) {
            Entry::Occupied(mut row) => {
                let row = row.get_mut();
                row.now = now;
                row.by = by;
                row.made |= made;
            }
            Entry::Vacant(row) => {
                let stored = stored(view, &now.id)?;
                row.insert(Pending { stored, now, by, made: made || matches!(stored, Stored::Nowhere) });
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
        return Ok(Stored::Live(rows::hash(&row)?));
    }
    match view.get(view.columns.index, &view.keys.index_ended(id))? {
        Some(time) => Ok(Stored::Ended(rows::time(&time)?)),
        None => Ok(Stored::Nowhere),
    }
}

/// Lists one that is new, and takes another of the same name off the lists.
fn list(view: &View<'_>, row: &Pending<'_>, out: &mut Out) -> Result<(), StoreError> {
    if !row.made {
        return Ok(());
    }
    let index = view.columns.index;
    if let Some(other) = read(view, row)? {
        view.keys.listings(&other).iter().for_each(|key| out.batch.delete_cf(index, key));
    }
    view.keys.listings(row.now).iter().for_each(|key| out.batch.put_cf(index, key, []));
    Ok(())
}

/// The stored one, with its lines.
fn read(view: &View<'_>, row: &Pending<'_>) -> Result<Option<Reservation>, StoreError> {
    let id = &row.now.id;
    let event = match row.stored {
        Stored::Nowhere => return Ok(None),
        Stored::Live(_) => view.get(view.columns.live, &view.keys.live(id))?.map(|row| rows::hashed(&row)),
        Stored::Ended(at) => {
            let row = view.get(view.columns.ended, &view.keys.ended(at, id))?;
            row.map(|row| rows::plain(&row).map(|event| (0, event)))
        }
    };
    event.transpose()?.map(|(_, event)| rows::reservation(event)).transpose()
}

fn take_away(view: &View<'_>, row: &Pending<'_>, out: &mut Out) {
    let (columns, id) = (view.columns, &row.now.id);
    match row.stored {
        Stored::Live(hash) => {
            out.count(Some(hash), 0);
            if !row.now.state.is_live() {
                out.batch.delete_cf(columns.live, view.keys.live(id));
            }
        }
        Stored::Ended(at) => {
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
        out.batch.put_cf(columns.live, view.keys.live(&now.id), out.writer.hashed(hash, &event));
    } else {
        out.batch.put_cf(columns.ended, view.keys.ended(now.changed, &now.id), out.writer.plain(&event));
        out.batch.put_cf(columns.index, view.keys.index_ended(&now.id), now.changed.0.to_be_bytes());
    }
}
