//! How long somebody waits for the projection to reach an LSN: as long as it goes on. Pure arithmetic; who waits, and on
//! which clock, is not known here.

use std::time::{Duration, Instant};

use wal::Lsn;

/// How long a projection that does not go on is waited for.
const STANDSTILL: Duration = Duration::from_secs(60);

/// Somebody who waits.
#[derive(Debug)]
pub(crate) struct Patience {
    wanted: Lsn,
    applied: Lsn,
    deadline: Instant,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outlook {
    /// It has come.
    Reached,
    /// Look again.
    GoesOn,
    /// It does not go on, and so many records are missing.
    StandsStill(u64),
}

impl Patience {
    pub(crate) fn new(wanted: Lsn, applied: Lsn, now: Instant) -> Self {
        Self { wanted, applied, deadline: now + STANDSTILL }
    }

    /// How it looks with the projection applied so far.
    pub(crate) fn look(&mut self, applied: Lsn, now: Instant) -> Outlook {
        if applied > self.applied {
            *self = Self::new(self.wanted, applied, now);
        }
        if self.applied >= self.wanted {
            Outlook::Reached
        } else if now >= self.deadline {
            Outlook::StandsStill(self.wanted.0 - self.applied.0)
        } else {
            Outlook::GoesOn
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Outlook, Patience, STANDSTILL};
    use std::time::{Duration, Instant};
    use wal::Lsn;

    /// A moment short of it.
    const NEARLY: Duration = Duration::from_millis(STANDSTILL.as_millis() as u64 - 1);

    #[test]
    fn it_waits_however_long_for_what_goes_on_and_ends_when_it_has_come() {
        let mut now = Instant::now();
        let mut patience = Patience::new(Lsn(1_000), Lsn(0), now);
        for applied in 1..1_000 {
            now += NEARLY;
            assert_eq!(patience.look(Lsn(applied), now), Outlook::GoesOn, "{applied}");
        }
        assert_eq!(patience.look(Lsn(1_000), now + STANDSTILL), Outlook::Reached);
        assert_eq!(patience.look(Lsn(1_200), now + 2 * STANDSTILL), Outlook::Reached, "more came meanwhile");
    }

    #[test]
    fn it_gives_up_when_nothing_has_moved_for_long() {
        let now = Instant::now();
        let mut patience = Patience::new(Lsn(10), Lsn(3), now);
        assert_eq!(patience.look(Lsn(3), now + NEARLY), Outlook::GoesOn);
        assert_eq!(patience.look(Lsn(3), now + STANDSTILL), Outlook::StandsStill(7));
    }

    #[test]
    fn what_has_come_already_is_not_waited_for() {
        let now = Instant::now();
        assert_eq!(Patience::new(Lsn(3), Lsn(3), now).look(Lsn(3), now), Outlook::Reached);
    }
}
