//! What is asked of the store while it is applied to: every answer comes from one snapshot.

pub(crate) mod history;
pub(crate) mod records;
pub(crate) mod reservations;

use std::time::Instant;

/// Rows that a page looks at whatever the time is: who asks for pages must get on.
pub const LEAST_EXAMINED: usize = 100;

/// Whether a page that has looked at so many rows ends for want of time.
fn is_late(examined: usize, deadline: Option<Instant>) -> bool {
    examined >= LEAST_EXAMINED && deadline.is_some_and(|deadline| Instant::now() >= deadline)
}
