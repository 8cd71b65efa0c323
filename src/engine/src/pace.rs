//! How long the projector rests between two batches: a rush of reservations is not the time to catch up with them. Pure
//! arithmetic; who rests, and on which clock, is not known here.

use std::time::Duration;

/// In a rush it rests so many times as long as it worked.
const RESTS: u32 = 19;
/// It rests no longer than this at a time: on a machine that has no time for it, a batch takes long by itself.
const LONGEST: Duration = Duration::from_millis(250);
/// A batch with fewer records is no rush: who reads history waits for it.
const RUSH_RECORDS: u64 = 1_024;
/// It does not rest when it is so many records behind, which a restart would have to replay.
const MOST_BEHIND: u64 = 2_000_000;

/// After a batch of so many records that took so long, with the projection so far behind before and after it.
pub(crate) fn rest(records: u64, behind_before: u64, behind_after: u64, worked: Duration) -> Duration {
    let more_came = behind_after + records > behind_before;
    if more_came && records >= RUSH_RECORDS && behind_after < MOST_BEHIND {
        (worked * RESTS).min(LONGEST)
    } else {
        Duration::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, MOST_BEHIND, rest};
    use std::time::Duration;

    const WORKED: Duration = Duration::from_millis(10);

    #[test]
    fn in_a_rush_it_rests_most_of_the_time_but_never_long() {
        assert_eq!(rest(4_096, 100_000, 100_000, WORKED), 19 * WORKED);
        assert_eq!(rest(4_096, 100_000, 95_905, WORKED), 19 * WORKED, "one came meanwhile");
        assert_eq!(rest(4_096, 100_000, 100_000, Duration::from_secs(9)), LONGEST);
    }

    #[test]
    fn it_does_not_rest_when_nothing_comes_or_little_does() {
        assert_eq!(rest(4_096, 100_000, 95_904, WORKED), Duration::ZERO, "it only catches up");
        assert_eq!(rest(1_023, 1_023, 2_000, WORKED), Duration::ZERO);
    }

    #[test]
    fn it_does_not_rest_when_it_is_far_behind() {
        assert_eq!(rest(4_096, MOST_BEHIND, MOST_BEHIND, WORKED), Duration::ZERO);
        assert_eq!(rest(4_096, MOST_BEHIND, MOST_BEHIND - 1, WORKED), 19 * WORKED);
    }
}
