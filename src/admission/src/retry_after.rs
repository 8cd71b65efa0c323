//! When a refused client may come back, spread so that those who were refused together do not return together.
//! After Beyer et al., "Site Reliability Engineering" (2016), chapter 22: retries that are in step are a second
//! overload. Must not know headers.

use crate::time::{Nanos, Random};

/// `Retry-After` in whole seconds: at least `least` and at least a second, later by up to `spread`.
pub fn retry_after_seconds(least: Nanos, spread: Nanos, random: Random) -> u64 {
    least.plus(random.part_of(spread)).as_secs_up().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_spread_evenly_over_whole_seconds_and_never_early() {
        let mut rng = fastrand::Rng::with_seed(3);
        let mut counts = [0u32; 6];
        for _ in 0..4_000 {
            let seconds = retry_after_seconds(Nanos::from_secs(1), Nanos::from_secs(4), Random(rng.u64(..)));
            counts[seconds as usize] += 1;
        }
        assert_eq!(counts[0] + counts[1], 0, "1 s exactly is drawn once in 2^32");
        assert!(counts[2..].iter().all(|count| (850..1_150).contains(count)), "{counts:?}");
        assert_eq!(retry_after_seconds(Nanos(0), Nanos(0), Random(9)), 1);
        assert_eq!(retry_after_seconds(Nanos::from_millis(2_100), Nanos(0), Random(9)), 3);
    }
}
