//! Time and chance as values: nanoseconds on the caller's monotonic clock, and random bits that the caller drew.
//! Must not know a clock or a generator.

/// A point on a monotonic clock, or a span, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Nanos(pub u64);

impl Nanos {
    /// `millis` milliseconds.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// `seconds` seconds.
    #[must_use]
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1_000_000_000))
    }

    /// The time `span` later; stays at the end of time rather than wrap.
    #[must_use]
    pub const fn plus(self, span: Self) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// How much later than `earlier` this is; nothing when it is not. Threads read their clocks at
    /// their own moments, so that "later" may come in first.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Self {
        Self(self.0.saturating_sub(earlier.0))
    }

    /// In seconds.
    #[must_use]
    pub const fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// In whole seconds, rounded up: what a header may say so that nobody comes back too early.
    #[must_use]
    pub const fn as_secs_up(self) -> u64 {
        self.0.div_ceil(1_000_000_000)
    }
}

/// 64 evenly distributed random bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Random(pub u64);

impl Random {
    /// A number from 0 to `bound`, without `bound` itself; 0 when there is none.
    #[must_use]
    pub const fn below(self, bound: u64) -> u64 {
        // The high half of the product: even without a division (Lemire 2019).
        ((self.0 as u128 * bound as u128) >> 64) as u64
    }

    /// A part of `span`, from none of it to nearly all.
    #[must_use]
    pub const fn part_of(self, span: Nanos) -> Nanos {
        Nanos(self.below(span.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_saturate_at_both_ends() {
        assert_eq!(Nanos(5).since(Nanos(7)), Nanos(0));
        assert_eq!(Nanos(u64::MAX).plus(Nanos(1)), Nanos(u64::MAX));
        assert_eq!(Nanos(1_000_000_001).as_secs_up(), 2);
        assert_eq!(Nanos::from_secs(2), Nanos::from_millis(2_000));
    }

    #[test]
    fn a_random_part_is_below_its_bound_and_spreads() {
        assert_eq!(Random(u64::MAX).below(10), 9);
        assert_eq!(Random(u64::MAX / 2).below(10), 4);
        assert_eq!(Random(0).below(10), 0);
        assert_eq!(Random(u64::MAX).below(0), 0);
    }
}
