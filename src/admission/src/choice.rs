//! Which of several endpoints takes a call: the less loaded of two drawn at random, which is nearly as even as
//! asking all and does not send everyone to the same one. After Mitzenmacher, "The Power of Two Choices in
//! Randomized Load Balancing" (2001). Must not know what an endpoint is or which are healthy.

use crate::time::Random;

/// The place of the endpoint to use among `count`, by how many calls each has under way; none among none.
pub fn less_loaded_of_two(count: usize, load: impl Fn(usize) -> u32, random: Random) -> Option<usize> {
    let others = count.checked_sub(1)?;
    // Two parts of the same bits: the high ones draw the first, the low ones the second.
    let first = random.below(count as u64) as usize;
    let skip = 1 + Random(random.0.reverse_bits()).below(others as u64) as usize;
    let second = (first + skip) % count;
    Some(if load(second) < load(first) { second } else { first })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_none_among_none_and_one_among_one() {
        assert_eq!(less_loaded_of_two(0, |_| 0, Random(7)), None);
        assert_eq!(less_loaded_of_two(1, |_| 9, Random(u64::MAX)), Some(0));
    }

    #[test]
    fn the_fullest_is_never_chosen_and_the_rest_come_by() {
        let mut rng = fastrand::Rng::with_seed(1);
        let mut counts = [0u32; 4];
        for _ in 0..8_000 {
            let chosen = less_loaded_of_two(4, |endpoint| [5, 1, 9, 3][endpoint], Random(rng.u64(..))).unwrap();
            counts[chosen] += 1;
        }
        assert_eq!(counts[2], 0);
        // Of the six pairs, the emptiest wins three, the next two, the next one.
        assert!((3_700..4_300).contains(&counts[1]), "{counts:?}");
        assert!((2_400..2_900).contains(&counts[3]), "{counts:?}");
        assert!((1_150..1_550).contains(&counts[0]), "{counts:?}");
    }

    #[test]
    fn loads_stay_closer_than_by_chance_alone() {
        let mut rng = fastrand::Rng::with_seed(2);
        let mut loads = [0u32; 10];
        for _ in 0..10_000 {
            let chosen = less_loaded_of_two(10, |endpoint| loads[endpoint], Random(rng.u64(..))).unwrap();
            loads[chosen] += 1;
        }
        assert!(loads.iter().all(|load| load.abs_diff(1_000) < 10), "{loads:?}");
    }
}
