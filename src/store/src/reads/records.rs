//! The records of the log, as long as they are kept.

use crate::keys::Parts;
use crate::view::Wanted;
use crate::{RecordsError, Store};
use engine::Lsn;
use std::ops::ControlFlow;

impl Store {
    /// Hands out the bytes of the records after `after`, in their order, until there are no more or
    /// `take` breaks off.
    pub fn records(&self, after: Lsn, take: &mut dyn FnMut(Lsn, &[u8]) -> ControlFlow<()>) -> Result<(), RecordsError> {
        let view = self.view();
        let oldest = view.oldest()?.record;
        if after.next() < oldest {
            return Err(RecordsError::Gone { oldest });
        }
        let all = view.keys.all();
        let mut scan = view.scan_from(view.columns.events, &all, &view.keys.event(after.next()), Wanted::Few);
        while let Some((key, record)) = scan.row()? {
            let lsn = Lsn(Parts::behind(key, &all).number()?);
            if take(lsn, record).is_break() {
                break;
            }
            scan.advance();
        }
        Ok(())
    }
}
