//! What is asked of the store while it is applied to: every answer comes from one snapshot.

pub(crate) mod history;
pub(crate) mod records;
pub(crate) mod reservations;
