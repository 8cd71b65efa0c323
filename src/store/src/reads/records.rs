//! The records of the log, as long as they are kept.

use crate::{RecordsError, Store};
use engine::Lsn;
use std::ops::ControlFlow;

impl Store {
    /// Hands out the bytes of the records after `after`, in their order, until there are no more or
    /// `take` breaks off.
    pub fn records(&self, after: Lsn, take: &mut dyn FnMut(Lsn, &[u8]) -> ControlFlow<()>) -> Result<(), RecordsError> {
        let _ = (after, take);
        unimplemented!()
    }

    /// The oldest record that is kept, or where there is none, the next one.
    pub fn oldest_record(&self) -> Lsn {
        unimplemented!()
    }
}
