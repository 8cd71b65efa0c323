//! How many retries there may be: a part of the traffic of the last while, so that a sick upstream is not asked twice
//! as much. After Finagle's and Linkerd's retry budgets, and Beyer et al., "Site Reliability Engineering" (2016),
//! chapter 21. Must not know which requests may be repeated at all.

use parking_lot::Mutex;

use crate::sliding::{Counts, Sliding};
use crate::time::Nanos;

/// The constants of a budget; may differ from one call to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// How many retries there may be for each hundred requests.
    pub percent: u32,
    /// Over how long both are counted.
    pub span: Nanos,
    /// So many retries within the span are always allowed, or a quiet upstream would have none.
    pub least: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { percent: 10, span: Nanos::from_secs(10), least: 10 }
    }
}

/// No more than this part of the budget within a tenth of the span: what was saved up while all went well must not
/// double the load in the second in which all fails. What a quiet upstream always has, it has at once.
const AT_ONCE: u64 = 5;

/// The retry budget of an upstream.
#[derive(Debug, Default)]
pub struct RetryBudget(Mutex<Sliding>);

impl RetryBudget {
    /// Counts a request, which is what retries are a part of. Its retries are not counted here.
    pub fn record(&self, settings: &Settings, now: Nanos) {
        self.0.lock().add(settings.span, Counts { all: 1, some: 0 }, now);
    }

    /// Takes one retry out of the budget; tells whether there was one.
    pub fn take(&self, settings: &Settings, now: Nanos) -> bool {
        let mut sliding = self.0.lock();
        let Counts { all, some } = sliding.sum(settings.span, now);
        let allowed = allowed(settings, all);
        let is_allowed = some < allowed && sliding.latest().some < (allowed / AT_ONCE).max(u64::from(settings.least));
        if is_allowed {
            sliding.add(settings.span, Counts { all: 0, some: 1 }, now);
        }
        is_allowed
    }

    /// How many retries are left at present.
    pub fn left(&self, settings: &Settings, now: Nanos) -> u64 {
        let Counts { all, some } = self.0.lock().sum(settings.span, now);
        allowed(settings, all).saturating_sub(some)
    }
}

fn allowed(settings: &Settings, requests: u64) -> u64 {
    (requests * u64::from(settings.percent) / 100).max(u64::from(settings.least))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: Settings = Settings { percent: 10, span: Nanos::from_secs(10), least: 3 };

    #[test]
    fn when_all_fail_a_tenth_is_retried() {
        let budget = RetryBudget::default();
        let mut retries = 0;
        for request in 0..30_000u64 {
            let now = Nanos::from_millis(request);
            budget.record(&SETTINGS, now);
            retries += u32::from(budget.take(&SETTINGS, now));
        }
        assert!((2_900..=3_000).contains(&retries), "{retries}");
    }

    #[test]
    fn a_quiet_upstream_has_a_few() {
        let budget = RetryBudget::default();
        budget.record(&SETTINGS, Nanos(0));
        let taken: Vec<_> = (0..6).map(|half| budget.take(&SETTINGS, Nanos::from_millis(half * 500))).collect();
        assert_eq!(taken, [true, true, true, false, false, false], "at once, if need be");
        assert!(!budget.take(&SETTINGS, Nanos::from_secs(5)), "three in ten seconds");
        assert_eq!(budget.left(&SETTINGS, Nanos::from_secs(9)), 0);
        assert_eq!(budget.left(&SETTINGS, Nanos::from_secs(12)), 3);
    }

    #[test]
    fn what_was_saved_up_is_not_spent_at_once() {
        let budget = RetryBudget::default();
        (0..1_000).for_each(|request| budget.record(&SETTINGS, Nanos::from_millis(request * 9)));
        let take = |second| (0..1_000).filter(|_| budget.take(&SETTINGS, Nanos::from_secs(second))).count();
        assert_eq!((take(9), take(9)), (20, 0));
    }

    #[test]
    fn old_traffic_earns_nothing() {
        let budget = RetryBudget::default();
        (0..1_000).for_each(|_| budget.record(&SETTINGS, Nanos(0)));
        assert_eq!(budget.left(&SETTINGS, Nanos::from_secs(9)), 100);
        assert_eq!(budget.left(&SETTINGS, Nanos::from_secs(11)), 3);
    }
}
