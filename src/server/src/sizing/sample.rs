//! How long a stage takes, as quantiles of many samples. It knows no stage by name.

use std::time::{Duration, Instant};

use super::stages::Run;
use crate::error::ServerError;

/// How long a sample of a short stage should take: long enough for the clock, short enough to be undisturbed.
const SAMPLE: Duration = Duration::from_millis(2);
/// How often a stage is doubled at most until it takes as long.
const MOST_RUNS: u64 = 1 << 20;

/// What the samples of a stage came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quantiles {
    /// Half of them took no longer, in nanoseconds a run.
    pub p50_ns: f64,
    /// One of a hundred took longer.
    pub p99_ns: f64,
}

impl Quantiles {
    /// Of samples in any order; there must be one.
    fn of(mut samples_ns: Vec<f64>) -> Self {
        samples_ns.sort_by(f64::total_cmp);
        let at = |share: f64| samples_ns[((samples_ns.len() - 1) as f64 * share).round() as usize];
        Self { p50_ns: at(0.5), p99_ns: at(0.99) }
    }
}

/// Samples of as many runs as take a moment together: for what takes no time by itself.
pub fn of_many(run: &mut Run, samples: usize) -> Result<Quantiles, ServerError> {
    let mut runs = 1;
    while run(runs)? < SAMPLE && runs < MOST_RUNS {
        runs *= 2;
    }
    let sample = |_| run(runs).map(|taken| taken.as_nanos() as f64 / runs as f64);
    (0..samples.max(1)).map(sample).collect::<Result<_, _>>().map(Quantiles::of)
}

/// Single runs, each a sample, until there are so many or the time is up; one at least.
pub fn of_each(run: &mut Run, samples: usize, at_most: Duration) -> Result<Quantiles, ServerError> {
    let begun = Instant::now();
    let mut samples_ns = Vec::with_capacity(samples);
    while samples_ns.is_empty() || (samples_ns.len() < samples && begun.elapsed() < at_most) {
        samples_ns.push(run(1)?.as_nanos() as f64);
    }
    Ok(Quantiles::of(samples_ns))
}

#[cfg(test)]
mod tests {
    use super::{Quantiles, SAMPLE, of_each, of_many};
    use crate::sizing::stages::Run;
    use std::time::Duration;

    /// A stage that takes 1, 2, 3... microseconds a run, in its own words.
    fn rising() -> Run {
        let mut next = 0;
        Box::new(move |times| {
            next += 1;
            Ok(Duration::from_micros(next) * times as u32)
        })
    }

    #[test]
    fn quantiles_are_those_of_the_sorted_samples() {
        let samples: Vec<f64> = (0..=100).rev().map(f64::from).collect();
        assert_eq!(Quantiles::of(samples), Quantiles { p50_ns: 50.0, p99_ns: 99.0 });
        assert_eq!(Quantiles::of(vec![7.0]), Quantiles { p50_ns: 7.0, p99_ns: 7.0 });
    }

    #[test]
    fn each_run_is_a_sample_until_there_are_enough_or_time_is_up() {
        let quantiles = of_each(&mut rising(), 101, Duration::MAX).expect("it runs");
        assert_eq!(quantiles, Quantiles { p50_ns: 51_000.0, p99_ns: 100_000.0 });
        let once = of_each(&mut rising(), 101, Duration::ZERO).expect("it runs");
        assert_eq!(once, Quantiles { p50_ns: 1_000.0, p99_ns: 1_000.0 });
    }

    #[test]
    fn what_takes_no_time_is_run_until_it_does_and_told_by_the_run() {
        let mut most = 0;
        let mut run: Run = Box::new(move |times| {
            assert!(times <= 2 * most.max(1), "it is doubled");
            most = most.max(times);
            Ok(Duration::from_nanos(500) * times as u32)
        });
        assert_eq!(of_many(&mut run, 5).expect("it runs"), Quantiles { p50_ns: 500.0, p99_ns: 500.0 });
        let taken = run(4096).expect("it runs");
        assert!(taken >= SAMPLE, "4096 runs are the first that take as long as a sample should: {taken:?}");
    }
}
