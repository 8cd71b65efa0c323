//! The limiter against a small upstream of so many places, and its known failures one by one.

use super::*;

/// An upstream with so many places, each taking so long, and a queue before them; as a formula, not as events.
struct Upstream {
    places: f64,
    service_ms: f64,
}

impl Upstream {
    fn latency(&self, in_flight: u32) -> Nanos {
        let ms = self.service_ms * (f64::from(in_flight) / self.places).max(1.0);
        Nanos((ms * 1e6) as u64)
    }
}

/// Keeps as many calls under way as are wanted and the limit allows, and lets one after another be answered.
struct Run {
    limiter: Limiter,
    settings: Settings,
    now: Nanos,
    under_way: u32,
}

impl Run {
    fn new(settings: Settings) -> Self {
        Self { limiter: Limiter::new(&settings), settings, now: Nanos(0), under_way: 0 }
    }

    fn fill(&mut self, wanted: u32) {
        let shares = Shares::default();
        while self.under_way < wanted && self.limiter.try_acquire(&self.settings, &shares, Class::Payment) {
            self.under_way += 1;
        }
    }

    fn answer(&mut self, outcome: Outcome, after: Nanos) {
        self.now = self.now.plus(after);
        self.limiter.release(&self.settings, outcome, self.now);
        self.under_way -= 1;
    }

    /// For so long, with so many callers.
    fn play(&mut self, upstream: &Upstream, seconds: u64, wanted: u32) {
        let end = self.now.plus(Nanos::from_secs(seconds));
        while self.now < end {
            self.fill(wanted);
            let latency = upstream.latency(self.under_way);
            self.answer(Outcome::Served(latency), Nanos(latency.0 / u64::from(self.under_way)));
        }
    }

    fn limit(&self) -> u32 {
        self.limiter.status(&self.settings).limit
    }
}

const HEALTHY: Upstream = Upstream { places: 25.0, service_ms: 50.0 };
const SLOW: Upstream = Upstream { places: 25.0, service_ms: 500.0 };

fn settled() -> Run {
    let mut run = Run::new(Settings::default());
    run.play(&HEALTHY, 20, 1_000);
    run
}

#[test]
fn it_finds_the_places_and_a_small_queue() {
    let limit = settled().limit();
    assert!((27..=40).contains(&limit), "{limit}");
}

#[test]
fn a_standing_queue_does_not_become_the_base() {
    let mut run = settled();
    for _ in 0..60 {
        run.play(&HEALTHY, 10, 1_000);
        assert!((25..=40).contains(&run.limit()), "at {:?}: {}", run.now, run.limit());
    }
    let base = run.limiter.status(&run.settings).base.unwrap();
    assert_eq!(base, Nanos::from_millis(50));
}

/// A processor that sixty connections share makes each of them wait, and refusing them would only keep it busier.
#[test]
fn a_few_milliseconds_are_nobodys_queue() {
    let fast = Upstream { places: 16.0, service_ms: 1.0 };
    let mut run = Run::new(Settings::default());
    run.play(&fast, 20, 64);
    assert!(run.limit() >= 64, "{}", run.limit());
    let mut run = Run::new(Settings { tolerated: Nanos(0), ..Settings::default() });
    run.play(&fast, 20, 64);
    assert!(run.limit() < 40, "{}", run.limit());
}

#[test]
fn it_measures_the_base_for_moments_only() {
    let mut run = settled();
    let mut low = 0;
    for _ in 0..3_000 {
        run.play(&HEALTHY, 0, 1_000);
        let before = run.now;
        run.fill(1_000);
        run.answer(Outcome::Served(run_latency(&run)), Nanos::from_millis(20));
        low += u64::from(run.limiter.limit_of(&run.settings, Class::Payment) < 25) * run.now.since(before).0;
    }
    let part = low as f64 / 60e9;
    assert!(part < 0.05, "{part}");
}

fn run_latency(run: &Run) -> Nanos {
    HEALTHY.latency(run.under_way)
}

#[test]
fn ten_times_slower_it_falls_within_five_seconds_and_is_back_within_thirty() {
    let mut run = settled();
    let before = run.limit();
    run.play(&SLOW, 5, 1_000);
    assert!(run.limit() * 2 <= before, "{} of {before}", run.limit());
    run.play(&SLOW, 10, 1_000);
    run.play(&HEALTHY, 30, 1_000);
    assert!(f64::from(run.limit()) >= 0.9 * f64::from(before), "{} of {before}", run.limit());
}

#[test]
fn an_upstream_that_is_slower_for_good_gets_its_limit_back() {
    let mut run = settled();
    run.play(&SLOW, 120, 1_000);
    assert!(run.limit() >= 25, "{}", run.limit());
}

#[test]
fn a_slow_drift_of_the_latency_leaves_the_limit_where_it_was() {
    let mut run = settled();
    for percent in 0..200 {
        let upstream = Upstream { places: 25.0, service_ms: 50.0 + f64::from(percent) / 2.0 };
        run.play(&upstream, 3, 1_000);
        assert!((20..=45).contains(&run.limit()), "at {percent}: {}", run.limit());
    }
}

#[test]
fn when_all_times_out_it_falls_and_never_rises() {
    let mut run = settled();
    let mut last = run.limit();
    for _ in 0..200 {
        run.fill(1_000);
        run.answer(Outcome::Dropped, Nanos::from_millis(100));
        assert!(run.limit() <= last);
        last = run.limit();
    }
    assert_eq!(last, run.settings.least);
}

#[test]
fn one_timeout_in_many_costs_little() {
    let mut run = settled();
    for answer in 0..5_000 {
        run.fill(1_000);
        let latency = run_latency(&run);
        let outcome = if answer % 200 == 0 { Outcome::Dropped } else { Outcome::Served(latency) };
        run.answer(outcome, Nanos(latency.0 / u64::from(run.under_way)));
    }
    assert!(run.limit() >= 25, "{}", run.limit());
}

#[test]
fn fast_failures_say_nothing() {
    let mut run = settled();
    let before = run.limiter.status(&run.settings);
    for answer in 0..1_000 {
        run.fill(1_000);
        let latency = run_latency(&run);
        let outcome = if answer % 3 != 0 { Outcome::Ignored } else { Outcome::Served(latency) };
        run.answer(outcome, Nanos(latency.0 / u64::from(run.under_way)));
    }
    let after = run.limiter.status(&run.settings);
    assert!(after.limit.abs_diff(before.limit) < 10, "{after:?}, {before:?}");
    assert_eq!(after.base, before.base);
}

#[test]
fn a_few_answers_from_beside_the_queue_do_not_hide_it() {
    let mut run = settled();
    for answer in 0..10_000 {
        run.fill(1_000);
        let latency = run_latency(&run);
        let seen = if answer % 5 == 0 { Nanos::from_millis(1) } else { latency };
        run.answer(Outcome::Served(seen), Nanos(latency.0 / u64::from(run.under_way)));
    }
    assert!((25..=45).contains(&run.limit()), "{}", run.limit());
}

#[test]
fn an_unused_limit_does_not_grow() {
    let mut run = Run::new(Settings { initial: 50, ..Settings::default() });
    run.play(&HEALTHY, 20, 20);
    assert_eq!(run.limit(), 50);
}

#[test]
fn it_is_never_above_five_times_what_is_under_way() {
    let mut run = Run::new(Settings::default());
    run.play(&Upstream { places: 1e6, service_ms: 50.0 }, 20, 200);
    assert!(run.limit() > 300, "nothing waits, so it grows: {}", run.limit());
    run.play(&Upstream { places: 1e6, service_ms: 50.0 }, 5, 10);
    assert_eq!(run.limit(), 50);
}

#[test]
fn it_stays_within_its_bounds() {
    let mut run = Run::new(Settings { most: 100, ..Settings::default() });
    run.play(&Upstream { places: 1e6, service_ms: 50.0 }, 20, 1_000);
    assert_eq!(run.limit(), 100);
}

#[test]
fn a_fixed_limit_is_fixed_and_counts() {
    let mut run = Run::new(Settings { fixed: NonZeroU32::new(7), ..Settings::default() });
    run.fill(1_000);
    assert_eq!(run.under_way, 7);
    (0..7).for_each(|_| run.answer(Outcome::Dropped, Nanos::from_secs(1)));
    assert_eq!(run.limit(), 7);
    assert_eq!(run.limiter.status(&run.settings).in_flight, 0);
}

#[test]
fn the_last_places_are_for_what_matters_most() {
    let settings = Settings { fixed: NonZeroU32::new(40), ..Settings::default() };
    let limiter = Limiter::new(&settings);
    let taken = Class::ALL
        .iter()
        .rev()
        .map(|class| (0..100).filter(|_| limiter.try_acquire(&settings, &Shares::default(), *class)).count());
    // Admin fills its part, then each class the part that the one before could not use.
    assert_eq!(taken.collect::<Vec<_>>(), [18, 4, 4, 10, 4]);
}

#[test]
fn threads_never_take_more_than_there_is() {
    let settings = Settings { fixed: NonZeroU32::new(10), ..Settings::default() };
    let limiter = Limiter::new(&settings);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..20_000 {
                    if limiter.try_acquire(&settings, &Shares::default(), Class::Payment) {
                        assert!(limiter.status(&settings).in_flight <= 10);
                        limiter.release(&settings, Outcome::Ignored, Nanos(0));
                    }
                }
            });
        }
    });
    assert_eq!(limiter.status(&settings).in_flight, 0);
}
