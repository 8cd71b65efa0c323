//! Applies records: what they come to is worked out on a sheet, where the last value of each row
//! wins, and written at once.

mod adjustments;
mod buckets;
mod reservations;
mod sales;
mod settings;
mod sheet;

use crate::{Store, StoreError, meta};
use engine::{Lsn, Recorded};
use sheet::Sheet;

impl Store {
    pub(crate) fn apply_all(&self, records: &[Recorded]) -> Result<(), StoreError> {
        let mut writing = self.writing();
        let mut marks = writing.marks;
        let view = self.view();
        let mut sheet = Sheet::new(&view);
        for recorded in records {
            follows(marks.lsn, recorded.lsn)?;
            sheet.put(recorded)?;
            marks.lsn = recorded.lsn;
            marks.time = marks.time.max(recorded.event.at);
        }
        let (mut batch, change) = sheet.finish()?;
        marks.digest = marks.digest.wrapping_add(change);
        meta::put_marks(&mut batch, view.columns.meta, self.keys, &marks);
        self.db.write_opt(batch, &meta::unlogged()).map_err(StoreError::rocks("apply records"))?;
        writing.marks = marks;
        self.note_applied(marks.lsn);
        Ok(())
    }
}

fn follows(applied: Lsn, found: Lsn) -> Result<(), StoreError> {
    let expected = applied.next();
    if found == expected { Ok(()) } else { Err(StoreError::Gap { expected, found }) }
}
