//! Which part of an upstream's limit each class may fill: less important classes cannot use the last of it, so that
//! a payment finds a place in the moment the limit is reached. Below that, nobody notices. After partitioned
//! limiters (Netflix, "concurrency-limits", 2018), with nested ceilings in place of a count for each partition.
//! Must not know what the limit is or how full it is.

use crate::class::{CLASSES, Class};

/// The part of the limit, in percent, up to which each class may fill it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shares([u8; CLASSES]);

impl Default for Shares {
    fn default() -> Self {
        Self([100, 90, 65, 55, 45])
    }
}

impl Shares {
    /// The shares of the classes, the most important first: the first is 100, none is above the one before it or 0.
    pub fn new(percent: [u8; CLASSES]) -> Option<Self> {
        let falls = percent.windows(2).all(|pair| pair[0] >= pair[1]);
        (percent[0] == 100 && falls && percent[CLASSES - 1] > 0).then_some(Self(percent))
    }

    /// How many calls may be under way for one more of this class to begin; at least one may always.
    pub fn ceiling(&self, class: Class, limit: u32) -> u32 {
        let ceiling = u64::from(limit) * u64::from(self.0[class as usize]) / 100;
        (ceiling as u32).max(1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn shares_fall_from_all_to_something() {
        assert!(Shares::new([100, 100, 50, 50, 1]).is_some());
        assert!(Shares::new([99, 90, 50, 50, 1]).is_none());
        assert!(Shares::new([100, 50, 60, 50, 1]).is_none());
        assert!(Shares::new([100, 50, 40, 30, 0]).is_none());
    }

    #[test]
    fn the_last_of_the_limit_is_for_payment() {
        let ceilings = Class::ALL.map(|class| Shares::default().ceiling(class, 40));
        assert_eq!(ceilings, [40, 36, 26, 22, 18]);
    }

    proptest! {
        #[test]
        fn a_class_never_has_less_than_the_next_and_never_nothing(limit in prop_oneof![1..100u32, 1..=u32::MAX]) {
            let ceilings = Class::ALL.map(|class| Shares::default().ceiling(class, limit));
            prop_assert!(ceilings.windows(2).all(|pair| pair[0] >= pair[1]));
            prop_assert_eq!(ceilings[0], limit);
            prop_assert!(ceilings[CLASSES - 1] >= 1);
        }
    }
}
