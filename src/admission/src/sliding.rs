//! Two counts over the last while, in slots of time that fall out one by one. What retry budgets and breakers
//! count with; must not know what is counted.

use crate::time::Nanos;

/// How many slots the span is divided into: it ends to a tenth.
const SLOTS: u64 = 10;

/// All of something, and some of it, over the last `span`.
#[derive(Debug, Default)]
pub(crate) struct Sliding {
    slots: [Counts; SLOTS as usize],
    /// The number of the slot that was counted in last, since the beginning of time.
    last: u64,
    /// What the slots are a tenth of.
    span: Nanos,
}

/// How many there were, and how many of them were special.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Counts {
    pub(crate) all: u64,
    pub(crate) some: u64,
}

impl Sliding {
    /// Adds to the counts of this moment.
    pub(crate) fn add(&mut self, span: Nanos, counts: Counts, now: Nanos) {
        self.forget(span, now);
        let slot = &mut self.slots[(self.last % SLOTS) as usize];
        slot.all += counts.all;
        slot.some += counts.some;
    }

    /// The counts over the span.
    pub(crate) fn sum(&mut self, span: Nanos, now: Nanos) -> Counts {
        self.forget(span, now);
        let add = |sum: Counts, slot: &Counts| Counts { all: sum.all + slot.all, some: sum.some + slot.some };
        self.slots.iter().fold(Counts::default(), add)
    }

    /// The counts of the latest slot alone.
    pub(crate) fn latest(&self) -> Counts {
        self.slots[(self.last % SLOTS) as usize]
    }

    /// Empties the slots that time has come round to, or all of them if they were slots of another span. A thread whose
    /// clock was read a little earlier counts in the latest slot.
    fn forget(&mut self, span: Nanos, now: Nanos) {
        let number = now.0 / (span.0 / SLOTS).max(1);
        if self.span != span {
            *self = Self { slots: Default::default(), last: number, span };
        }
        let passed = number.saturating_sub(self.last).min(SLOTS);
        for step in 0..passed {
            self.slots[((number - step) % SLOTS) as usize] = Counts::default();
        }
        self.last = self.last.max(number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPAN: Nanos = Nanos::from_secs(10);
    const ONE: Counts = Counts { all: 1, some: 1 };

    #[test]
    fn slots_fall_out_one_by_one() {
        let mut sliding = Sliding::default();
        for second in 0..10 {
            sliding.add(SPAN, ONE, Nanos::from_secs(second));
        }
        assert_eq!(sliding.sum(SPAN, Nanos::from_millis(9_999)).all, 10);
        assert_eq!(sliding.sum(SPAN, Nanos::from_secs(10)).all, 9);
        assert_eq!(sliding.latest(), Counts::default());
        assert_eq!(sliding.sum(SPAN, Nanos::from_secs(14)).some, 5);
        assert_eq!(sliding.sum(SPAN, Nanos::from_secs(500)), Counts::default());
    }

    #[test]
    fn another_span_begins_anew_and_its_slots_fall_out_too() {
        let mut sliding = Sliding::default();
        sliding.add(SPAN, ONE, Nanos::from_secs(7_200));
        for longer in [Nanos::from_secs(60), SPAN] {
            assert_eq!(sliding.sum(longer, Nanos::from_secs(7_201)), Counts::default());
            sliding.add(longer, ONE, Nanos::from_secs(7_201));
            assert_eq!(sliding.sum(longer, Nanos::from_secs(7_202)).all, 1);
        }
        assert_eq!(sliding.sum(SPAN, Nanos::from_secs(7_212)).all, 0);
    }

    #[test]
    fn a_clock_that_is_behind_neither_forgets_nor_is_lost() {
        let mut sliding = Sliding::default();
        sliding.add(SPAN, ONE, Nanos::from_secs(20));
        sliding.add(SPAN, ONE, Nanos::from_millis(19_999));
        assert_eq!(sliding.sum(SPAN, Nanos::from_secs(20)).all, 2);
    }
}
